"""Owns problems of kind "answer": a completion that ends in `#### answer`.

Compares text with text on the host, with bounds on its length; nothing is ever evaluated and
no job is run.

    spec = {"answer": str, "pattern": "hash"}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from vervet.core.errors import ProblemError, UnknownNameError
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem, Solution
from vervet.verification import extraction, judging, spec
from vervet.verification.identity import verifier_digest
from vervet.verification.protocol import Steps

__all__ = ["AnswerVerifier", "equivalent", "make", "normalise"]

KIND = "answer"
PATTERNS = {"hash": "####"}
LONGEST = 256
MOST_DIGITS = 64
NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d*)(?:\.(?P<part>\d*))?(?:/(?P<below>\d+))?")
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")


def normalise(answer: str) -> str:
    """One spelling of an answer: no outer blanks, currency, per cent, grouping or full stop."""
    text = " ".join(answer[:LONGEST].split()).lower()
    text = text.replace("\\$", "").replace("$", "").replace("\\%", "").replace("%", "")
    text = GROUPED.sub(lambda found: found[0].replace(",", ""), text)
    return text.strip().rstrip(".").strip()


def equivalent(expected: str, actual: str) -> bool:
    """Whether two answers are the same text or the same number after normalisation."""
    one, other = normalise(expected), normalise(actual)
    if one == other:
        return bool(one)
    number = _number(one)
    return number is not None and number == _number(other)


def _number(text: str) -> Fraction | None:
    """The number that the whole text is: digits with a point or a fraction bar, no exponent."""
    found = NUMBER.fullmatch(text.replace(" ", ""))
    if found is None or sum(map(str.isdigit, text)) > MOST_DIGITS or not text.isascii():
        return None
    whole, part, below = found["whole"] or "", found["part"] or "", found["below"]
    if not whole + part or (below is not None and int(below) == 0):
        return None
    value = Fraction(int(whole + part), 10 ** len(part) * int(below or 1))
    return -value if found["sign"] == "-" else value


@dataclass(frozen=True, slots=True)
class AnswerVerifier:
    """Judges answers by equality after normalisation."""

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return KIND

    def digest(self) -> str:
        """See `Verifier.digest`."""
        modules = (__name__, extraction.__name__, judging.__name__, spec.__name__)
        return verifier_digest(KIND, modules, {})

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        spec.known_keys(problem, problem.spec, {"answer", "pattern"}, "the spec")
        pattern = spec.text_of(problem, problem.spec, "pattern", "hash")
        if pattern not in PATTERNS:
            error = UnknownNameError("pattern", pattern, PATTERNS)
            raise ProblemError(f"problem {problem.id}: {error.message}", hint=error.hint)
        answer = spec.text_of(problem, problem.spec, "answer")
        if not normalise(answer) or len(answer) > LONGEST:
            raise ProblemError(f"problem {problem.id}: the answer is empty or too long")

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """See `Verifier.extract`; equal spellings become one solution."""
        mark = PATTERNS[problem.spec.get("pattern", "hash")]
        found = extraction.extract_marked(KIND, completion, mark=mark, stop=problem.stop, cut=cut)
        text = normalise(found.text)
        return Solution(KIND, text) if text else extraction.nothing(KIND, cut=cut)

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """No job: the answer is compared at once."""
        yield from ()
        if solution.malformed:
            return judging.malformed_attempt(solution, 1)
        if equivalent(problem.spec["answer"], solution.text):
            return Attempt(Status.PASSED, outcomes=(Outcome.PASSED,))
        evidence = CheckEvidence(
            0,
            "answer",
            Outcome.FAILED,
            "another answer",
            expected=problem.spec["answer"].encode("utf-8", "surrogatepass"),
            actual=judging.capped(solution.text.encode("utf-8", "surrogatepass")),
        )
        return Attempt(
            Status.FAILED,
            code="wrong_answer",
            outcomes=(Outcome.FAILED,),
            evidence=(evidence,),
            message="another answer",
        )


def make() -> AnswerVerifier:
    """The entry point."""
    return AnswerVerifier()
