"""Limits of time from what known-correct solutions take on this host.

Runs references in the sandbox, one at a time, with wider limits than the problem's. Judges
nothing and records nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from vervet.core.errors import JobError
from vervet.core.limits import Limits
from vervet.core.status import Status
from vervet.core.values import Problem, Suite
from vervet.pipeline.config import RunConfig
from vervet.pipeline.prepared import prepared_suite
from vervet.pipeline.session import verifiers_of
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.wrapped import WrappedSandbox
from vervet.verification.protocol import Verifier
from vervet.verification.registry import verify
from vervet.verification.spec import limits_of

__all__ = ["Measured", "measure", "with_limits"]

WIDER = 4.0
"""By how much the limits of time are widened while references are measured."""
CPU_FLOOR_S = 0.5
"""No limit is below this, however fast the references are: starting alone varies by less."""
WALL_TO_CPU = 4.0
"""Wall time that is given for each second of CPU time at least: hosts are shared."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the references of one problem took: the longest check, in seconds.

    `passing` of `references` passed in every one of the runs and were measured; with none
    (`why`), or where nothing was run, the problem keeps its limits.
    """

    problem: str
    references: int
    passing: int
    cpu_s: float | None = None
    wall_s: float | None = None
    why: str = ""


def measure(
    suite: Suite,
    references: dict[str, list[str]],
    config: RunConfig,
    sandbox: Sandbox,
    *,
    runs: int,
) -> Iterator[Measured]:
    """Run every reference of every problem `runs` times, in the suite's order.

    Raises `SandboxError` if the sandbox cannot do its work.
    """
    verifiers = verifiers_of(suite)
    prepared = prepared_suite(suite, verifiers, sandbox, config.prepared_dir)
    for problem in prepared.problems:
        known = references.get(problem.id, [])
        yield _measure(problem, verifiers[problem.kind], known, sandbox, runs)


def with_limits(problem: Problem, measured: Measured, times: float) -> Problem:
    """The problem with limits of `times` what was measured, or as it was if nothing was.

    A limit of CPU time is at least `CPU_FLOOR_S`, one of wall time at least `WALL_TO_CPU` of it.
    """
    if measured.cpu_s is None or measured.wall_s is None:
        return problem
    cpu_s = max(CPU_FLOOR_S, _up(times * measured.cpu_s))
    wall_s = max(WALL_TO_CPU * cpu_s, _up(times * measured.wall_s))
    limits = {**problem.spec.get("limits", {}), "cpu_s": cpu_s, "wall_s": wall_s}
    return replace(problem, spec={**problem.spec, "limits": limits})


def _up(seconds: float) -> float:
    return math.ceil(seconds * 100) / 100


def _measure(
    problem: Problem, verifier: Verifier, references: Sequence[str], sandbox: Sandbox, runs: int
) -> Measured:
    default = getattr(verifier, "limits", Limits())
    limits = limits_of(problem, default)
    wide = replace(limits, cpu_s=limits.cpu_s * WIDER, wall_s=limits.wall_s * WIDER)
    widened = replace(problem, spec={**problem.spec, "limits": asdict(wide)})
    watch = _Stopwatch(sandbox, wide)
    passing, why = 0, "" if references else "no reference"
    cpu_s = wall_s = 0.0
    for text in references:
        watch.reset()
        said = _failure(widened, verifier, text, watch, runs)
        if said:
            why = why or said
            continue
        passing += 1
        cpu_s, wall_s = max(cpu_s, watch.cpu_s), max(wall_s, watch.wall_s)
    if not passing:
        return Measured(problem.id, len(references), 0, why=why)
    if not wall_s:
        return Measured(problem.id, len(references), passing, why="nothing has to be run")
    return Measured(problem.id, len(references), passing, cpu_s, wall_s)


def _failure(problem: Problem, verifier: Verifier, text: str, sandbox: Sandbox, runs: int) -> str:
    """Why a reference does not pass every time, or nothing."""
    solution = verifier.extract(problem, text, cut=False)
    for _ in range(runs):
        try:
            attempt = verify(verifier, sandbox, problem, solution)
        except JobError as error:
            return error.message
        if attempt.status is not Status.PASSED:
            status = attempt.status.replace("_", " ")
            return f"{status}: {attempt.message}" if attempt.message else status
    return ""


class _Stopwatch(WrappedSandbox):
    """Keeps the longest check, of the program or of its peer, under the limits in question.

    What runs under others is not the candidate: a compiler, a judge.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        super().__init__(sandbox)
        self._limits = limits
        self.cpu_s = self.wall_s = 0.0

    def reset(self) -> None:
        """Forget what was measured."""
        self.cpu_s = self.wall_s = 0.0

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`."""
        report = super().run(job, on_check)
        if job.limits.cpu_s == self._limits.cpu_s:
            for check in report.checks:
                self._take(check)
        return report

    def _take(self, check: CheckReport) -> None:
        for one in (check, check.peer):
            if one is not None and one.stage == "run":
                self.cpu_s = max(self.cpu_s, one.usage.cpu_s)
                self.wall_s = max(self.wall_s, one.usage.wall_s)
