"""Owns problems of kind "program": a program reads its input and writes the expected output.

Expected outputs never enter the candidate's sandbox; comparison is the host's, or that of a
special judge in a sandbox of its own. Never runs anything itself.

    spec = {"tests": [{"input": str, "output": str}, ...],
            "checker": "exact" | "tokens" | "codecontests" | "float" | "lines-unordered"
                       | {"judge": source},
            "tolerance": 1e-6,
            "template": {"prefix": str, "suffix": str}, "limits": {"cpu_s": 1.0, ...},
            "processes_allowed": bool, "language": "python"}

Only "tests" is required; "tolerance" goes with "float". The program is prefix + solution +
suffix. One that may start processes gets a sandbox for itself, which costs time.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from vervet.core.errors import ProblemError, UsageError
from vervet.core.limits import Limits
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.job import Check, CheckReport, Job, OnCheck
from vervet.sandbox.wire import JOB_CAP
from vervet.verification import (
    comparison,
    extraction,
    judging,
    languages,
    programs_build,
    programs_judge,
    programs_rounds,
    programs_tally,
    spec,
)
from vervet.verification.identity import verifier_digest
from vervet.verification.ordering import Places, shuffled
from vervet.verification.programs_build import build
from vervet.verification.programs_judge import Judge
from vervet.verification.programs_rounds import Rounds
from vervet.verification.programs_tally import WRONG_OUTPUT, Tally, Test
from vervet.verification.protocol import Steps

__all__ = ["ProgramVerifier", "make"]

KIND = "program"
KEYS = {
    "tests", "checker", "tolerance", "template", "limits", "processes_allowed", "language"
}  # fmt: skip


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
            __name__, comparison.__name__, extraction.__name__, judging.__name__,
            languages.__name__, programs_build.__name__, programs_judge.__name__,
            programs_rounds.__name__, programs_tally.__name__, spec.__name__,
        )  # fmt: skip
        inside = programs_judge.inside() | programs_build.inside()
        return verifier_digest(KIND, modules, asdict(self) | inside)

    def thorough(self) -> ProgramVerifier:
        """See `Thorough.thorough`."""
        return replace(self, all_tests=True)

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        spec.known_keys(problem, problem.spec, KEYS, "the spec")
        _template(problem)
        _checker(problem)
        _language(problem)
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

    def reordered(self, problem: Problem, seed: int) -> tuple[Problem, Places]:
        """See `Reorderable.reordered`."""
        places = shuffled(range(len(_tests(problem))), random.Random(seed))
        tests = [problem.spec["tests"][place] for place in places]
        return replace(problem, spec={**problem.spec, "tests": tests}), places

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """One job with a check per test, compared as it comes; or that and a judge's, in turn.

        A language that is compiled takes one job more, before them.
        """
        tests = _tests(problem)
        source = _source(problem, solution.text)
        if not solution.malformed and _size(source, tests) > JOB_CAP:
            solution = replace(solution, malformed="too_large")
        if solution.malformed:
            return judging.malformed_attempt(solution, len(tests))
        alone = spec.flag_of(problem, problem.spec, "processes_allowed")
        language = _language(problem)
        program = yield from build(language, source, len(tests), processes_allowed=alone)
        if isinstance(program, Attempt):
            return program
        limits, checker = spec.limits_of(problem, self.limits), _checker(problem)
        limits = replace(limits, memory=limits.memory + language.overhead)
        if isinstance(checker, Judge):
            rounds = Rounds(problem.id, checker, program, limits, tests, go_on=self.all_tests)
            return (yield from rounds.steps())
        comparing = _Comparing(Tally([expected for _, expected in tests]), checker, self.all_tests)
        checks = tuple(Check(f"test {i}", given) for i, (given, _) in enumerate(tests, 1))
        report = yield Job(program, checks, limits), comparing.on_check
        if report.infra:
            return judging.infra_attempt(report, len(tests))
        comparing.tally.heard(report, limits)
        return comparing.tally.attempt()


@dataclass(slots=True)
class _Comparing:
    """The host's side of a job: each output is compared as it comes."""

    tally: Tally
    same: comparison.Checker
    go_on: bool
    ordinal: int = 0

    @property
    def on_check(self) -> OnCheck:
        return self._take

    def _take(self, check: CheckReport) -> bool:
        ordinal, self.ordinal = self.ordinal, self.ordinal + 1
        end = judging.ending(check)
        if end is None and self.same(self.tally.expected[ordinal], check.stdout):
            self.tally.passed(ordinal)
            return True
        self.tally.missed(ordinal, check, end or WRONG_OUTPUT)
        return self.go_on and check.stage == "run"


def _template(problem: Problem) -> tuple[str, str]:
    template = problem.spec.get("template", {})
    if not isinstance(template, Mapping):
        raise ProblemError(f"problem {problem.id}: 'template' is not a mapping")
    spec.known_keys(problem, template, {"prefix", "suffix"}, "template")
    return spec.text_of(problem, template, "prefix", ""), spec.text_of(
        problem, template, "suffix", ""
    )


def _source(problem: Problem, solution: str) -> bytes:
    prefix, suffix = _template(problem)
    return (prefix + solution + suffix).encode("utf-8", "surrogatepass")


def _tests(problem: Problem) -> list[Test]:
    tests = problem.spec.get("tests")
    if not isinstance(tests, list | tuple):
        raise ProblemError(f"problem {problem.id}: 'tests' is missing or not a list")
    return [_test(problem, test) for test in tests]


def _test(problem: Problem, test: Any) -> Test:
    if not isinstance(test, Mapping):
        raise ProblemError(f"problem {problem.id}: a test is not a mapping")
    spec.known_keys(problem, test, {"input", "output"}, "a test")
    given, expected = (spec.text_of(problem, test, key) for key in ("input", "output"))
    return given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")


def _size(source: bytes, tests: list[Test]) -> int:
    """Bytes that go into the sandbox at once."""
    return len(source) + max(len(given) for given, _ in tests)


def _checker(problem: Problem) -> comparison.Checker | Judge:
    named = problem.spec.get("checker", "exact")
    tolerance = problem.spec.get("tolerance")
    if tolerance is not None and named != "float":
        raise ProblemError(f"problem {problem.id}: a 'tolerance' goes with the checker float alone")
    if isinstance(named, Mapping):
        spec.known_keys(problem, named, {"judge"}, "checker")
        return Judge(spec.text_of(problem, named, "judge"))
    try:
        if tolerance is None:
            return comparison.checker(spec.text_of(problem, problem.spec, "checker", "exact"))
        if isinstance(tolerance, bool) or not isinstance(tolerance, int | float):
            raise ProblemError(f"problem {problem.id}: 'tolerance' is not a number")
        return comparison.same_numbers(float(tolerance))
    except UsageError as error:
        raise ProblemError(f"problem {problem.id}: {error.message}", hint=error.hint) from error


def _language(problem: Problem) -> languages.Language:
    try:
        return languages.language(spec.text_of(problem, problem.spec, "language", "python"))
    except UsageError as error:
        raise ProblemError(f"problem {problem.id}: {error.message}", hint=error.hint) from error


def make() -> ProgramVerifier:
    """The entry point."""
    return ProgramVerifier()
