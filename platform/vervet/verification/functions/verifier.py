"""Owns the verifier of problems of kind "function": from a completion to its attempt.

Never runs anything itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace

from vervet.core.limits import Limits
from vervet.core.status import Flag, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.job import Job, Report
from vervet.verification import extraction, judging, spec
from vervet.verification.functions import account, jobs, preparation, tests
from vervet.verification.functions.account import Account, account_of, attempt_of, ending_of
from vervet.verification.functions.jobs import Way, beside_job, court_digest, pair_job
from vervet.verification.functions.ordering import reordered
from vervet.verification.functions.tests import Tests, tests_of
from vervet.verification.identity import verifier_digest
from vervet.verification.ordering import Places
from vervet.verification.protocol import Step, Steps

__all__ = ["FunctionVerifier", "make"]

KIND = "function"
MODULES: tuple[str, ...] = (
    *(__name__, account.__name__, jobs.__name__, preparation.__name__, tests.__name__),
    *(extraction.__name__, judging.__name__, spec.__name__),
)


@dataclass(frozen=True, slots=True)
class FunctionVerifier:
    """Judges functions by the suite's tests, run where no candidate's code is.

    `all_tests` goes on after an assert that fails.
    """

    limits: Limits = Limits(cpu_s=3.0, wall_s=10.0)
    all_tests: bool = False
    fence: extraction.Fence = "first"

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return KIND

    def digest(self) -> str:
        """See `Verifier.digest`."""
        return verifier_digest(KIND, MODULES, asdict(self) | {"inside": court_digest()})

    def thorough(self) -> FunctionVerifier:
        """See `Thorough.thorough`."""
        return replace(self, all_tests=True)

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        tests_of(problem)
        spec.limits_of(problem, self.limits)

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """See `Verifier.extract`."""
        return extraction.extract_code(
            KIND, completion, stop=problem.stop, cut=cut, fence=self.fence
        )

    def prepare(self, problem: Problem) -> Generator[Step, Report, Problem]:
        """The problem with what its first reference shows that its tests need: see `preparation`.

        Raises `SandboxError` where the sandbox fails.
        """
        if not problem.references:
            return problem
        reference = self.extract(problem, problem.references[0], cut=False)
        limits = spec.limits_of(problem, self.limits)
        return (yield from preparation.prepare(problem, reference, limits))

    def reordered(self, problem: Problem, seed: int) -> tuple[Problem, Places | None]:
        """See `Reorderable.reordered`."""
        return reordered(problem, seed)

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """One check of the tests; another one where a change in place might have been seen."""
        asked = tests_of(problem)
        if solution.malformed:
            return judging.malformed_attempt(solution, asked.reaches)
        limits = spec.limits_of(problem, self.limits)
        way = Way(mirror=asked.mirror, handles=asked.handles, go_on=self.all_tests)
        job, word = _job(asked, solution, way, limits)
        report = yield job, lambda _: True
        if report.infra:
            return judging.infra_attempt(report, asked.reaches)
        told = account_of(report.checks[0], word)
        attempt = _attempt(report, told, asked, limits)
        if attempt.status is not Status.PASSED or asked.beside or asked.mirror:
            return attempt
        if told is None or not told.changed:
            return attempt
        job, word = _job(asked, solution, replace(way, mirror=True), limits)
        again = yield job, lambda _: True
        if again.infra:
            return judging.infra_attempt(again, asked.reaches)
        seen = _attempt(again, account_of(again.checks[0], word), asked, limits)
        return _with_change(attempt, seen)


def _job(asked: Tests, solution: Solution, way: Way, limits: Limits) -> tuple[Job, str]:
    if not asked.beside:
        return pair_job(asked, solution, way, limits), ""
    word = secrets.token_hex(16)
    return beside_job(asked, solution, way, limits, word), word


def _attempt(report: Report, told: Account | None, asked: Tests, limits: Limits) -> Attempt:
    end = ending_of(report.checks[0], told, asked)
    return attempt_of(report, told, asked, limits, end)


def _with_change(attempt: Attempt, seen: Attempt) -> Attempt:
    """A pass that changed its arguments in place, and what the tests say where they see that."""
    usage = attempt.usage + seen.usage
    if seen.status is Status.PASSED:
        return replace(attempt, usage=usage)
    return replace(
        attempt,
        usage=usage,
        flags=attempt.flags | {Flag.FLAGGED},
        message="changed an argument in place, with which the tests would not pass: "
        f"{seen.message}",
    )


def make() -> FunctionVerifier:
    """The entry point."""
    return FunctionVerifier()
