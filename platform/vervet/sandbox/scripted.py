"""Owns a sandbox in memory that answers from a function: for tests of what calls sandboxes.

Never runs anything, and no configuration can reach it.
"""

from __future__ import annotations

from collections.abc import Callable

from vervet.core.limits import Usage
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report

__all__ = ["ScriptedSandbox", "Starved", "prints"]


class Starved(str):
    """What failed in the sandbox: the host gave the check no processor."""

    __slots__ = ()


Script = Callable[[bytes, bytes], CheckReport | str]
"""From the program's text and a check's input to its report, or to what failed in the sandbox."""


def prints(output: bytes, exit_code: int = 0) -> CheckReport:
    """The report of a check that printed `output` and ended."""
    return CheckReport("", exit_code, None, output, b"", Usage(output=len(output)))


class ScriptedSandbox:
    """Plays every check by the script; `jobs` are those that it was given."""

    weakness = ""

    def __init__(self, script: Script) -> None:
        self.jobs: list[Job] = []
        self._script = script

    def environment(self) -> dict[str, str]:
        """See `Sandbox.environment`."""
        return {"kind": "scripted"}

    def layers(self) -> tuple[str, ...]:
        """See `Sandbox.layers`."""
        return ("script",)

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`."""
        self.jobs.append(job)
        checks: list[CheckReport] = []
        infra = ""
        for check in job.checks:
            played = self._script(job.program.files[0].data, check.stdin)
            if isinstance(played, str):
                infra = played
                break
            checks.append(played)
            if not on_check(played):
                break
        usage = sum((check.usage for check in checks), Usage())
        return Report(
            tuple(checks), usage, self.layers(), infra, starved=isinstance(infra, Starved)
        )

    def close(self) -> None:
        """See `Sandbox.close`."""
