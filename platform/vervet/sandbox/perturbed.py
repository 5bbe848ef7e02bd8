"""Owns how a condition is brought about in a sandbox: what is changed around the jobs, and in them.

Never judges: what cannot be brought about is refused when a job comes, not left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace

from vervet.core.conditions import Condition
from vervet.core.errors import JobError, SandboxError
from vervet.core.limits import Limits
from vervet.sandbox.job import Job, OnCheck, Program, Report
from vervet.sandbox.load import Load, competitors
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.registry import kind_of_sandbox, make_sandbox, settings_of
from vervet.sandbox.wrapped import RefusingSandbox, WrappedSandbox

__all__ = ["MakeSandbox", "factors_of", "perturbed"]

ROOM = 2.0
"""How much longer a program may take for its CPU time than an even share of the processor asks:
one that computes to its end meets the limit on CPU time, as it does alone, and is not starved."""

PARTS = ("hashseed", "order", "tz", "load", "fresh", "limits")

MakeSandbox = Callable[[], Sandbox]


def factors_of(name: str) -> tuple[str, ...]:
    """Which parts of a condition can be varied with the sandbox of that name.

    The order of tests is no matter of sandboxes, and any can be given a time zone and limits.
    Raises `UnknownNameError`.
    """
    settings = settings_of(name)
    able = {
        "hashseed": "hash_seed" in settings,
        "load": _feels_load(name) and hasattr(os, "sched_setaffinity"),
        "fresh": "fresh" in settings,
    }
    return tuple(part for part in PARTS if able.get(part, True))


@contextmanager
def perturbed(
    condition: Condition, name: str = "jail", *, unsafe_no_isolation: bool = False
) -> Iterator[MakeSandbox]:
    """What makes sandboxes of that name under a condition, until the end of the block.

    Each is the caller's to close. Where none can be made so, its `run` raises why: `JobError`
    for a condition that this kind of sandbox cannot bring about. The order of a problem's tests
    is no matter of sandboxes.
    """

    def make() -> Sandbox:
        try:
            if refused is not None:
                raise refused
            with load.here() if load else nullcontext():
                made = make_sandbox(
                    name,
                    unsafe_no_isolation=unsafe_no_isolation,
                    hash_seed=condition.hashseed or 0,
                    fresh=condition.fresh,
                )
        except SandboxError as error:
            return RefusingSandbox(error)
        return _Perturbed(made, condition, load)

    load: Load | None = None
    refused: SandboxError | None = None
    with ExitStack() as stack:
        try:
            load = stack.enter_context(_load(condition, name)) if condition.load else None
        except SandboxError as error:
            refused = error
        yield make


@contextmanager
def _load(condition: Condition, name: str) -> Iterator[Load]:
    """The condition's load. Raises `JobError` where what is in the sandbox would not feel it."""
    if not _feels_load(name):
        raise JobError(
            f"what runs in the sandbox {name} cannot be tied to a busy processor from here",
            hint="The condition load is for the sandbox jail.",
        )
    with competitors(condition.load) as load:
        yield load


def _feels_load(name: str) -> bool:
    return bool(getattr(kind_of_sandbox(name), "own_children", False))


class _Perturbed(WrappedSandbox):
    """A sandbox whose jobs run in a time zone, with limits and on a processor of their own."""

    def __init__(self, sandbox: Sandbox, condition: Condition, load: Load | None) -> None:
        super().__init__(sandbox)
        self._condition, self._load = condition, load

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`."""
        with self._load.here() if self._load else nullcontext():
            return super().run(_changed(job, self._condition), on_check)


def _changed(job: Job, condition: Condition) -> Job:
    return replace(
        job,
        program=_in_zone(job.program, condition.tz),
        limits=_limits(job.limits, condition),
        peer=job.peer and _in_zone(job.peer, condition.tz),
        peer_limits=job.peer_limits and _limits(job.peer_limits, condition),
    )


def _in_zone(program: Program, zone: str) -> Program:
    return replace(program, env=(*program.env, ("TZ", zone))) if zone else program


def _limits(limits: Limits, condition: Condition) -> Limits:
    """Time limits times the factor; under load, wall time for a share of the processor.

    A program that never waits would have met its limit on CPU time first, whatever its wall
    limit is: it must do so here, where it gets one part in (load + 1).
    """
    factor, parts = condition.limits, condition.load + 1
    cpu_s, wall_s = factor * limits.cpu_s, factor * limits.wall_s
    if condition.load:
        wall_s = parts * max(wall_s, ROOM * cpu_s)
    return replace(limits, cpu_s=cpu_s, wall_s=wall_s, compile_s=factor * limits.compile_s)
