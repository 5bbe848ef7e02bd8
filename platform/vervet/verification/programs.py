"""Owns problems of kind "program": a program reads its input and writes the expected output.

Expected outputs never enter the sandbox; comparison is the host's. Never runs anything itself.

    spec = {"template": {"prefix": str, "suffix": str},
            "tests": [{"input": str, "output": str}, ...],
            "checker": "exact" | "tokens", "limits": {"cpu_s": 1.0, ...},
            "processes_allowed": bool}

Only "tests" is required; the program is prefix + solution + suffix. One that may start
processes gets a sandbox for itself, which costs time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from vervet.core.errors import ProblemError, UnknownNameError
from vervet.core.limits import Limits
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem, Solution
from vervet.sandbox.job import Check, CheckReport, File, Job, OnCheck, Program, Report
from vervet.sandbox.wire import JOB_CAP
from vervet.verification import comparison, extraction, judging, spec
from vervet.verification.identity import verifier_digest
from vervet.verification.protocol import Steps

__all__ = ["ProgramVerifier", "make"]

SOLUTION = "solution.py"
KIND = "program"
EVIDENCE_ROWS = 3


@dataclass(frozen=True, slots=True)
class ProgramVerifier:
    """Judges programs by their output. `all_tests` goes on after the first failure."""

    limits: Limits = Limits()
    all_tests: bool = False
    fence: extraction.Fence = "first"

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return KIND

    def digest(self) -> str:
        """See `Verifier.digest`."""
        modules = (
            __name__, comparison.__name__, extraction.__name__, judging.__name__, spec.__name__
        )  # fmt: skip
        return verifier_digest(KIND, modules, asdict(self))

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        known = {"template", "tests", "checker", "limits", "processes_allowed"}
        spec.known_keys(problem, problem.spec, known, "the spec")
        _template(problem)
        _checker(problem)
        spec.limits_of(problem, self.limits)
        spec.flag_of(problem, problem.spec, "processes_allowed")
        tests = _tests(problem)
        if not tests:
            raise ProblemError(
                f"problem {problem.id} has no tests", hint="A program needs at least one test."
            )
        if _size(_source(problem, ""), tests) > JOB_CAP:
            raise ProblemError(
                f"problem {problem.id}: template and largest input are larger than {JOB_CAP} bytes",
                hint="That is the cap on what goes into a sandbox.",
            )

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """See `Verifier.extract`."""
        return extraction.extract_code(
            KIND, completion, stop=problem.stop, cut=cut, fence=self.fence
        )

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """One job: a check per test, compared as it comes."""
        tests = _tests(problem)
        source = _source(problem, solution.text)
        if not solution.malformed and _size(source, tests) > JOB_CAP:
            solution = replace(solution, malformed="too_large")
        if solution.malformed:
            return judging.malformed_attempt(solution, len(tests))
        program = Program(
            "python",
            (File(SOLUTION, source),),
            (SOLUTION,),
            processes_allowed=spec.flag_of(problem, problem.spec, "processes_allowed"),
        )
        checks = tuple(Check(f"test {i}", given) for i, (given, _) in enumerate(tests, 1))
        limits = spec.limits_of(problem, self.limits)
        comparing = _Comparing(tests, _checker(problem), go_on=self.all_tests)
        report = yield Job(program, checks, limits), comparing.on_check
        if report.infra:
            return judging.infra_attempt(report, len(tests))
        return comparing.attempt(report, limits)


@dataclass(slots=True)
class _Comparing:
    """The host's side of a job: expected outputs, and what has come of each check."""

    tests: list[tuple[bytes, bytes]]
    same: comparison.Checker
    go_on: bool
    outcomes: list[Outcome] = field(default_factory=list)
    evidence: list[CheckEvidence] = field(default_factory=list)
    first: judging.Ending = (Status.PASSED, "")

    @property
    def on_check(self) -> OnCheck:
        return self._take

    def _take(self, check: CheckReport) -> bool:
        ordinal = len(self.outcomes)
        expected = self.tests[ordinal][1]
        end = judging.ending(check)
        if end is None and self.same(expected, check.stdout):
            self.outcomes.append(Outcome.PASSED)
            return True
        outcome = Outcome.FAILED if end is None else Outcome.ERROR
        end = end or (Status.FAILED, "wrong_output")
        self.outcomes.append(outcome)
        if self.first[0] is Status.PASSED:
            self.first = end
        if len(self.evidence) < EVIDENCE_ROWS:
            self.evidence.append(_evidence(ordinal, check, end, outcome, expected))
        return self.go_on and check.stage == "run"

    def attempt(self, report: Report, limits: Limits) -> Attempt:
        rest = len(self.tests) - len(self.outcomes)
        status, code = self.first
        message = f"{self.evidence[0].name}: {self.evidence[0].message}" if self.evidence else ""
        return Attempt(
            status,
            code=code,
            flags=judging.flags_of(report, limits),
            outcomes=(*self.outcomes, *(Outcome.NOT_RUN,) * rest),
            evidence=tuple(self.evidence),
            usage=report.usage,
            message=message,
            layers=report.layers,
        )


def _evidence(
    ordinal: int, check: CheckReport, end: judging.Ending, outcome: Outcome, expected: bytes
) -> CheckEvidence:
    words = end[1].replace("_", " ")
    if outcome is Outcome.ERROR:
        words = judging.limit_words(check) or judging.last_line(check.stderr) or words
    return CheckEvidence(
        ordinal,
        check.name,
        outcome,
        message=words,
        expected=judging.capped(expected),
        actual=judging.capped(check.stdout),
    )


def _template(problem: Problem) -> tuple[str, str]:
    template = problem.spec.get("template", {})
    if not isinstance(template, Mapping):
        raise ProblemError(f"problem {problem.id}: 'template' is not a mapping")
    spec.known_keys(problem, template, {"prefix", "suffix"}, "template")
    return spec.text_of(problem, template, "prefix", ""), spec.text_of(
        problem, template, "suffix", ""
    )


def _tests(problem: Problem) -> list[tuple[bytes, bytes]]:
    tests = problem.spec.get("tests")
    if not isinstance(tests, list | tuple):
        raise ProblemError(f"problem {problem.id}: 'tests' is missing or not a list")
    return [_test(problem, test) for test in tests]


def _source(problem: Problem, solution: str) -> bytes:
    prefix, suffix = _template(problem)
    return (prefix + solution + suffix).encode("utf-8", "surrogatepass")


def _size(source: bytes, tests: list[tuple[bytes, bytes]]) -> int:
    """Bytes that go into the sandbox at once."""
    return len(source) + max(len(given) for given, _ in tests)


def _test(problem: Problem, test: Any) -> tuple[bytes, bytes]:
    if not isinstance(test, Mapping):
        raise ProblemError(f"problem {problem.id}: a test is not a mapping")
    spec.known_keys(problem, test, {"input", "output"}, "a test")
    given, expected = (spec.text_of(problem, test, key) for key in ("input", "output"))
    return given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")


def _checker(problem: Problem) -> comparison.Checker:
    name = spec.text_of(problem, problem.spec, "checker", "exact")
    try:
        return comparison.checker(name)
    except UnknownNameError as error:
        raise ProblemError(f"problem {problem.id}: {error.message}", hint=error.hint) from error


def make() -> ProgramVerifier:
    """The entry point."""
    return ProgramVerifier()
