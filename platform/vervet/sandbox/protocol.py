"""What every sandbox backend can do. The only place that starts untrusted processes."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vervet.sandbox.job import Job, OnCheck, Report

__all__ = ["Sandbox"]


@runtime_checkable
class Sandbox(Protocol):
    """Runs jobs in isolation. One instance per worker process."""

    @property
    def weakness(self) -> str:
        """Why isolation is less than it could be on this host, and what to do; else empty."""
        ...

    def environment(self) -> dict[str, str]:
        """What decides outcomes here (interpreter, runner version), for the digest."""
        ...

    def layers(self) -> tuple[str, ...]:
        """The layers of isolation in force on this host."""
        ...

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """Run every check until `on_check` says stop; leaves no process behind.

        Raises `JobError` for a job that cannot be run as written. A failure of the sandbox
        itself is reported in `Report.infra`, never raised as a verdict.
        """
        ...

    def close(self) -> None:
        """End whatever is still running; calling it twice is harmless."""
        ...
