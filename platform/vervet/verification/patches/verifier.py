"""Owns the verifier of problems of kind "patch": from a completion to its attempt.

Never runs anything itself: a job with an instance's image goes to the docker sandbox.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vervet.core.digests import digest_file
from vervet.core.errors import ProblemError
from vervet.core.limits import Limits
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.job import Report
from vervet.verification import extraction, judging, spec
from vervet.verification.identity import verifier_digest
from vervet.verification.patches import facts, grading, validation
from vervet.verification.patches.facts import FACTS, facts_of
from vervet.verification.patches.outcome import attempt_of, tests_of
from vervet.verification.patches.script import script_of
from vervet.verification.patches.text import Unusable, read_patch
from vervet.verification.patches.text_extraction import extract_patch
from vervet.verification.patches.trial import Trial
from vervet.verification.protocol import Step, Steps

__all__ = ["LIMITS", "PatchVerifier", "make"]

KIND = "patch"
MIB = 1 << 20
LIMITS = Limits(
    cpu_s=3600.0,
    wall_s=1800.0,
    memory=4096 * MIB,
    output=32 * MIB,
    file_size=1024 * MIB,
    processes=512,
    open_files=4096,
)
"""Of every step in the container; 1,800 s is the official harness's timeout."""
KEYS = {
    "repo", "base_commit", "image", "eval_script", "log_parser", "eval_type", "FAIL_TO_PASS",
    "PASS_TO_PASS", "test_patch", "version", "environment_setup_commit", "limits", FACTS,
}  # fmt: skip
MODULES = (extraction.__name__, judging.__name__, spec.__name__)


@cache
def _sources() -> dict[str, str]:
    """Digests of all modules of this package: each decides verdicts."""
    return {path.name: digest_file(path) for path in sorted(Path(__file__).parent.glob("*.py"))}


@dataclass(frozen=True, slots=True)
class PatchVerifier:
    """Judges patches by the official eval script, log parser and grading, in a container.

    `gold_runs` is how often gold must resolve an instance before anything else is judged on it.
    """

    limits: Limits = LIMITS
    gold_runs: int = 3

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return KIND

    def digest(self) -> str:
        """See `Verifier.digest`."""
        settings = asdict(self) | {"swebench": _grader(), "patches": _sources()}
        return verifier_digest(KIND, MODULES, settings)

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        spec.known_keys(problem, problem.spec, KEYS, "the spec")
        script_of(problem)
        facts_of(problem)
        spec.limits_of(problem, self.limits)
        spec.text_of(problem, problem.spec, "image")
        if not problem.spec.get("FAIL_TO_PASS"):
            raise ProblemError(f"problem {problem.id} has no tests that are to come to pass")

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:  # noqa: ARG002
        """See `Verifier.extract`."""
        return extract_patch(completion, cut=cut)

    def prepare(self, problem: Problem) -> Generator[Step, Report, Problem]:
        """The problem with what running gold and no patch shows: see `validation`.

        Raises `SandboxError` where the sandbox fails.
        """
        limits = spec.limits_of(problem, self.limits)
        return (yield from validation.validate(problem, limits, self.gold_runs))

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """One container: the patch applied, installed, tested, and doubted if it resolves."""
        tests = tests_of(problem)
        if solution.malformed:
            return judging.malformed_attempt(solution, len(tests))
        patch = read_patch(solution.text)
        if isinstance(patch, Unusable):
            return _unusable(patch, len(tests))
        known = facts_of(problem)
        if known is None or not known.valid:
            return _not_validated(known, len(tests))
        limits = spec.limits_of(problem, self.limits)
        grading.get_ready()
        tried = Trial(problem, patch, known, limits, problem.spec["image"])
        report = yield tried.job, tried.on_check
        if report.infra:
            return judging.infra_attempt(report, len(tests))
        return attempt_of(tried, report, limits)


def _unusable(patch: Unusable, count: int) -> Attempt:
    return Attempt(
        Status.MALFORMED,
        code=patch.code,
        outcomes=(Outcome.NOT_RUN,) * count,
        message=patch.words if not patch.line else f"line {patch.line}: {patch.words}",
    )


def _not_validated(known: facts.Facts | None, count: int) -> Attempt:
    """No verdict can be had of an instance that gold does not resolve: that is nobody's fault."""
    why = known.problem if known else "it was not validated"
    return Attempt(
        Status.INFRA_ERROR,
        code=known.code if known and known.code else "not_validated",
        outcomes=(Outcome.NOT_RUN,) * count,
        message=f"the instance cannot judge: {why}; see vervet swebench validate",
    )


def _grader() -> str:
    """The version of `swebench` that grades; empty where it is not installed."""
    try:
        return version("swebench")
    except PackageNotFoundError:
        return ""


def make() -> PatchVerifier:
    """The entry point."""
    return PatchVerifier()
