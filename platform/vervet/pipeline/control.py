"""The known-good control: a trivial program that fails only where the sandbox itself fails."""

from __future__ import annotations

from collections.abc import Callable

from vervet.core.errors import SandboxError
from vervet.core.limits import Limits
from vervet.sandbox.job import Check, CheckReport, File, Job, Program
from vervet.sandbox.protocol import Sandbox

__all__ = ["control_failure"]

# Generous limits: the control must pass wherever any candidate could.
_JOB = Job(
    program=Program(
        profile="python",
        files=(File("control.py", b"print(sum(int(word) for word in input().split()))\n"),),
        argv=("control.py",),
    ),
    checks=(Check("control", b"19 23\n"),),
    limits=Limits(cpu_s=10.0, wall_s=30.0),
)
_EXPECTED = b"42\n"


def control_failure(fresh_sandbox: Callable[[], Sandbox]) -> str:
    """Empty if a known-good program runs in a sandbox of its own, or what became of it."""
    try:
        sandbox = fresh_sandbox()
        try:
            report = sandbox.run(_JOB, lambda _: True)
        finally:
            sandbox.close()
    except (SandboxError, OSError) as error:
        return f"the control could not be run: {error}"
    if report.infra:
        return f"the control failed, too: {report.infra}"
    if len(report.checks) != 1 or not _passed(report.checks[0]):
        return f"the control gave a wrong result: {report.checks!r}"[:500]
    return ""


def _passed(check: CheckReport) -> bool:
    return check.exit_code == 0 and check.stdout == _EXPECTED and check.limit is None
