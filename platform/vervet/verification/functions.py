"""Owns problems of kind "function": HumanEval's convention, a test text that defines `check`.

The tests run beside the candidate, in its process, where it could forge their result: hence
the flag `beside` on every attempt. Never runs anything itself.

    spec = {"prompt": str, "entry_point": str, "test": str, "limits": {...}}
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

from vervet.core.errors import ProblemError
from vervet.core.limits import Limits
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem, Solution
from vervet.sandbox.job import Check, CheckReport, File, Job, Program
from vervet.verification import extraction, judging, spec
from vervet.verification.identity import verifier_digest
from vervet.verification.protocol import Steps

__all__ = ["FunctionVerifier", "make"]

KIND = "function"
SOLUTION = "solution.py"
KEYS = ("prompt", "entry_point", "test")


@dataclass(frozen=True, slots=True)
class FunctionVerifier:
    """Judges functions by running the suite's own test beside them."""

    limits: Limits = Limits(cpu_s=3.0, wall_s=10.0)
    fence: extraction.Fence = "first"

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return KIND

    def digest(self) -> str:
        """See `Verifier.digest`."""
        modules = (__name__, extraction.__name__, judging.__name__, spec.__name__)
        return verifier_digest(KIND, modules, asdict(self))

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        spec.known_keys(problem, problem.spec, {*KEYS, "limits"}, "the spec")
        for key in KEYS:
            spec.text_of(problem, problem.spec, key)
        spec.limits_of(problem, self.limits)
        if not problem.spec["entry_point"].isidentifier():
            raise ProblemError(
                f"problem {problem.id}: entry_point {problem.spec['entry_point']!r} is no name"
            )
        if "def check(" not in problem.spec["test"]:
            raise ProblemError(
                f"problem {problem.id} has no tests", hint="The test text defines check(candidate)."
            )

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """See `Verifier.extract`."""
        return extraction.extract_code(
            KIND, completion, stop=problem.stop, cut=cut, fence=self.fence
        )

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """One job with one check: prompt, completion, test, and a word only the host knows."""
        if solution.malformed:
            return judging.malformed_attempt(solution, 1)
        nonce = secrets.token_hex(16).encode()
        source = _source(problem, solution.text, nonce)
        program = Program("python", (File(SOLUTION, source),), (SOLUTION,))
        limits = spec.limits_of(problem, self.limits)
        report = yield Job(program, (Check("check"),), limits), lambda _: True
        if report.infra:
            return judging.infra_attempt(report, 1)
        check = report.checks[0]
        status, code = _judge(check, nonce)
        outcome = _outcome(status)
        words = judging.limit_words(check) or judging.last_line(check.stderr)
        words = words or code.replace("_", " ")
        evidence = CheckEvidence(
            0, check.name, outcome, words, actual=judging.capped(check.stderr[-4096:])
        )
        return Attempt(
            status,
            code=code,
            flags=judging.flags_of(report, limits, [Flag.BESIDE]),
            outcomes=(outcome,),
            evidence=() if status is Status.PASSED else (evidence,),
            usage=report.usage,
            message="" if status is Status.PASSED else words,
            layers=report.layers,
        )


def _source(problem: Problem, solution: str, nonce: bytes) -> bytes:
    prompt, name, test = (problem.spec[key] for key in KEYS)
    closing = f"__import__('sys').stdout.flush()\n__import__('os').write(1, {nonce!r})\n"
    text = f"{prompt}{solution}\n{test}\ncheck({name})\n{closing}"
    return text.encode("utf-8", "surrogatepass")


def _judge(check: CheckReport, nonce: bytes) -> judging.Ending:
    end = judging.ending(check)
    if end is None:
        reached = check.stdout.endswith(nonce)
        return (Status.PASSED, "") if reached else (Status.FAILED, "ended_early")
    if end == (Status.CRASHED, "AssertionError"):
        return Status.FAILED, "assertion"
    return end


def _outcome(status: Status) -> Outcome:
    match status:
        case Status.PASSED:
            return Outcome.PASSED
        case Status.FAILED:
            return Outcome.FAILED
    return Outcome.ERROR


def make() -> FunctionVerifier:
    """The entry point."""
    return FunctionVerifier()
