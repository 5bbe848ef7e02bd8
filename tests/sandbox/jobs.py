"""Short ways to write jobs down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vervet.core.limits import Limits
from vervet.sandbox.job import Check, CheckReport, File, Job, Program, Report
from vervet.sandbox.protocol import Sandbox

__all__ = ["forking", "job", "run"]


def job(source: str | bytes, *stdins: bytes, **limits: Any) -> Job:
    """A job of one file; a check for each input, or one without any."""
    data = source if isinstance(source, bytes) else source.encode()
    checks = tuple(Check(f"check {i}", given) for i, given in enumerate(stdins or (b"",)))
    program = Program("python", (File("main.py", data),), ("main.py",))
    return Job(program, checks, Limits(**{"wall_s": 30.0, **limits}))


def forking(asked: Job) -> Job:
    """The same job, whose program may start processes."""
    return replace(asked, program=replace(asked.program, processes_allowed=True))


def run(sandbox: Sandbox, asked: Job) -> Report:
    """Every check of the job."""

    def go_on(_: CheckReport) -> bool:
        return True

    return sandbox.run(asked, go_on)
