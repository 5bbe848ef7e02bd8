"""Owns what a sandbox around another one passes on, so that only `run` is its own."""

from __future__ import annotations

from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox

__all__ = ["WrappedSandbox"]


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
