"""Owns what a sandbox around another one passes on, and what stands where there is none."""

from __future__ import annotations

from vervet.core.errors import SandboxError
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox

__all__ = ["RefusingSandbox", "WrappedSandbox"]


class WrappedSandbox:
    """A sandbox that is another one in everything; made to be given a `run` of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.weakness = sandbox.weakness
        self.environment = sandbox.environment
        self.layers = sandbox.layers
        self.close = sandbox.close

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`."""
        return self._sandbox.run(job, on_check)


class RefusingSandbox:
    """A sandbox that runs nothing and says why."""

    weakness = ""

    def __init__(self, why: SandboxError) -> None:
        self._why = why

    def environment(self) -> dict[str, str]:
        """See `Sandbox.environment`."""
        return {}

    def layers(self) -> tuple[str, ...]:
        """See `Sandbox.layers`."""
        return ()

    def run(self, job: Job, on_check: OnCheck) -> Report:  # noqa: ARG002
        """Raises what stood in the way."""
        raise self._why

    def close(self) -> None:
        """Nothing to end."""
