"""Owns problems of kind "answer": a completion that gives one answer, judged by stages.

`answers_extraction` finds the answer, `answers_normal` and `answers_numeric` compare it on the
host, where nothing is ever evaluated, and what they cannot decide goes to `answers_symbolic`,
in a jail. Two answers are the same only if a stage says so whichever of them is the truth.

    spec = {"answer": str, "pattern": "hash" | "boxed" | "minerva" | ..., "choices": [str, ...],
            "limits": {...}}

| code                                             | status          | meaning                |
|--------------------------------------------------|-----------------|------------------------|
| `same_exact`, `same_numeric`, `same_symbolic`    | passed          | by which stage         |
| `other_exact`, `other_numeric`, `other_symbolic` | failed          | by which stage         |
| `unread`          | failed          | math-verify cannot read one of the two                |
| `other_unit`      | failed, flagged | the same but for the unit, the base or the name       |
| `one_sided`       | failed, flagged | the same to math-verify in one order of the two alone |
| `stages_disagree` | failed, flagged | one stage says the same, another that it is not       |
| `not_comparable`  | failed, flagged | the expected answer alone is too much for math-verify |
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from vervet.core.errors import ProblemError, UnknownNameError
from vervet.core.limits import Limits, Usage
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem, Solution
from vervet.sandbox.job import Report
from vervet.verification import (
    answers_extraction,
    answers_normal,
    answers_numeric,
    answers_symbolic,
    answers_tables,
    extraction,
    judging,
    spec,
)
from vervet.verification.answers_normal import NOTHING, Normal, normalise
from vervet.verification.identity import verifier_digest
from vervet.verification.protocol import Step, Steps

__all__ = ["AnswerVerifier", "equivalent", "make"]

KIND = "answer"
MOST_CHOICES = 26
WORDS = {
    "other_unit": "the same but for its unit, its base or its name",
    "one_sided": "the same to math-verify in one order of the two alone",
    "stages_disagree": "the same to one stage, but not to another",
    "not_comparable": "the expected answer is too much for math-verify",
    "unread": "math-verify cannot read one of the two answers",
}
SUSPICIOUS = frozenset({"other_unit", "one_sided", "stages_disagree", "not_comparable"})


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What a stage says: whether two answers are the same (None: it cannot tell), and why."""

    same: bool | None
    stage: str
    doubt: str = ""

    @property
    def code(self) -> str:
        return self.doubt or f"{'same' if self.same else 'other'}_{self.stage}"


def equivalent(expected: str, actual: str) -> bool:
    """Whether the stages on the host say that two answers are the same."""
    if max(len(expected), len(actual)) > answers_normal.LONGEST:
        return False
    one, other = (normalise(answers_extraction.tidy(text)) for text in (expected, actual))
    return _on_host(one, other).same is True


def _on_host(expected: Normal, actual: Normal) -> _Opinion:
    """By the text, then by numbers. Never evaluates anything."""
    if NOTHING in (expected, actual):
        return _Opinion(False, "exact")
    if answers_normal.differ_in_unit(expected, actual):
        same_core = expected.core == actual.core
        return _Opinion(False, "exact", "other_unit" if same_core else "")
    if answers_normal.same_text(expected, actual):
        return _Opinion(True, "exact")
    same = answers_numeric.same_number(expected, actual)
    if same is not None:
        return _Opinion(same, "numeric")
    return _Opinion(None, "exact")


@dataclass(frozen=True, slots=True)
class AnswerVerifier:
    """Judges answers by stages. `all_stages` asks math-verify of answers decided before, too."""

    limits: Limits = answers_symbolic.LIMITS
    all_stages: bool = False

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return KIND

    def digest(self) -> str:
        """See `Verifier.digest`."""
        modules = (
            __name__, answers_extraction.__name__, answers_normal.__name__,
            answers_numeric.__name__, answers_symbolic.__name__,
            answers_tables.__name__, extraction.__name__, judging.__name__, spec.__name__,
        )  # fmt: skip
        return verifier_digest(KIND, modules, asdict(self) | answers_symbolic.inside())

    def thorough(self) -> AnswerVerifier:
        """See `Thorough.thorough`."""
        return replace(self, all_stages=True)

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        known = {"answer", "pattern", "choices", "limits"}
        spec.known_keys(problem, problem.spec, known, "the spec")
        _ways(problem)
        spec.limits_of(problem, self.limits)
        answer = spec.text_of(problem, problem.spec, "answer")
        choices = _choices(problem)
        if len(answer) > answers_normal.LONGEST or not answers_extraction.tidy(answer):
            raise ProblemError(f"problem {problem.id}: the answer is empty or too long")
        if normalise(answer) == NOTHING:
            raise ProblemError(f"problem {problem.id}: the answer is {answer!r}, equal to nothing")
        letters = [chr(ord("A") + at) for at in range(len(choices))]
        if choices and answer not in letters:
            raise ProblemError(
                f"problem {problem.id}: the answer {answer!r} names none of its choices",
                hint=f"It is one of the letters {letters[0]} to {letters[-1]}.",
            )

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """See `Verifier.extract`; equal spellings become one solution."""
        text = extraction.until_stop(completion, problem.stop)
        found, why_not = answers_extraction.find_answer(text, _ways(problem), _choices(problem))
        if found:
            return Solution(KIND, found)
        if why_not == extraction.NOTHING:
            return extraction.nothing(KIND, cut=cut)
        return Solution(KIND, "", malformed=why_not)

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """At most one job, for what the host cannot decide; one more where that is too much."""
        if solution.malformed:
            return judging.malformed_attempt(solution, 1)
        given = answers_extraction.tidy(problem.spec["answer"])
        expected, actual = normalise(given), normalise(solution.text)
        opinion = _on_host(expected, actual)
        texts = (given, solution.text)
        if not self._goes_on(opinion, expected, actual):
            return _attempt(opinion, texts)
        limits = spec.limits_of(problem, self.limits)
        report = yield _step(expected, actual, limits)
        if report.infra:
            return judging.infra_attempt(report, 1)
        check = report.checks[0]
        symbolic = answers_symbolic.read_symbolic(check)
        end = judging.ending(check)
        if end is None and symbolic is not None:
            return _attempt(_together(opinion, symbolic), texts, report)
        if opinion.same is not None:
            return _attempt(opinion, texts, report)
        control = yield _step(expected, expected, limits)
        if control.infra:
            return judging.infra_attempt(control, 1)
        if judging.ending(control.checks[0]) is not None:
            return _attempt(_Opinion(False, "symbolic", "not_comparable"), texts, report)
        return _ended(end or (Status.CRASHED, "no_answer"), report, limits, texts)

    def _goes_on(self, opinion: _Opinion, expected: Normal, actual: Normal) -> bool:
        """Whether math-verify is to be asked, and can be."""
        if not (answers_symbolic.askable(expected) and answers_symbolic.askable(actual)):
            return False
        if opinion.same is None or self.all_stages:
            return not opinion.doubt
        whole = answers_numeric.is_whole(expected) and answers_numeric.is_whole(actual)
        return opinion.same is False and opinion.stage == "numeric" and not whole


def _together(host: _Opinion, symbolic: answers_symbolic.Symbolic) -> _Opinion:
    """The opinion of all stages; where they contradict each other, a person is to look."""
    if not all(symbolic.read):
        return host if host.same is not None else _Opinion(False, "symbolic", "unread")
    if host.same is not None:
        agree = host.same == symbolic.same
        return host if agree else _Opinion(False, "symbolic", "stages_disagree")
    if symbolic.forward != symbolic.backward:
        return _Opinion(False, "symbolic", "one_sided")
    if symbolic.doubtful:
        return _Opinion(False, "symbolic", "stages_disagree")
    return _Opinion(symbolic.same, "symbolic")


def _step(expected: Normal, actual: Normal, limits: Limits) -> Step:
    return answers_symbolic.job_for(expected, actual, limits), lambda _: True


def _attempt(opinion: _Opinion, texts: tuple[str, str], report: Report | None = None) -> Attempt:
    words = WORDS.get(opinion.code, "another answer")
    flags = {Flag.FLAGGED} if opinion.code in SUSPICIOUS else set()
    if report is not None and not report.layers:
        flags.add(Flag.UNSAFE)
    return Attempt(
        Status.PASSED if opinion.same else Status.FAILED,
        code=opinion.code,
        flags=frozenset(flags),
        outcomes=(Outcome.PASSED if opinion.same else Outcome.FAILED,),
        evidence=() if opinion.same else _evidence(texts, Outcome.FAILED, words),
        usage=report.usage if report is not None else Usage(),
        message="" if opinion.same else words,
        layers=report.layers if report is not None else (),
    )


def _ended(end: judging.Ending, report: Report, limits: Limits, texts: tuple[str, str]) -> Attempt:
    """The attempt of an answer that is too much for math-verify, where the expected one is not."""
    status, code = end
    words = judging.limit_words(report.checks[0]) or f"math-verify: {code.replace('_', ' ')}"
    return Attempt(
        status,
        code=code,
        flags=judging.flags_of(report, limits),
        outcomes=(Outcome.ERROR,),
        evidence=_evidence(texts, Outcome.ERROR, words),
        usage=report.usage,
        message=words,
        layers=report.layers,
    )


def _evidence(texts: tuple[str, str], outcome: Outcome, words: str) -> tuple[CheckEvidence, ...]:
    expected, actual = (judging.capped(text.encode("utf-8", "surrogatepass")) for text in texts)
    return (CheckEvidence(0, "answer", outcome, words, expected=expected, actual=actual),)


def _ways(problem: Problem) -> tuple[str, ...]:
    try:
        return answers_extraction.ways_of(spec.text_of(problem, problem.spec, "pattern", "hash"))
    except UnknownNameError as error:
        raise ProblemError(f"problem {problem.id}: {error.message}", hint=error.hint) from error


def _choices(problem: Problem) -> tuple[str, ...]:
    choices: Any = problem.spec.get("choices", ())
    if not isinstance(choices, list | tuple) or len(choices) > MOST_CHOICES:
        raise ProblemError(f"problem {problem.id}: 'choices' is no list of at most 26 texts")
    if not all(isinstance(choice, str) for choice in choices):
        raise ProblemError(f"problem {problem.id}: one of the 'choices' is no text")
    return tuple(choices)


def make() -> AnswerVerifier:
    """The entry point."""
    return AnswerVerifier()
