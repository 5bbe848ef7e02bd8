"""Sandboxes that do what no real one can be made to do when a test wants it."""

from __future__ import annotations

from vervet.core.limits import Usage
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report

ENVIRONMENT = {"kind": "double"}


class NoSandbox:
    """Stands where orders never reach a sandbox."""

    weakness = ""

    def environment(self) -> dict[str, str]:
        return ENVIRONMENT

    def layers(self) -> tuple[str, ...]:
        return ("double",)

    def run(self, job: Job, on_check: OnCheck) -> Report:  # noqa: ARG002
        raise AssertionError("nothing was to be run")

    def close(self) -> None:
        pass


class Broken(NoSandbox):
    """Fails every job, as a host without memory would."""

    def run(self, job: Job, on_check: OnCheck) -> Report:  # noqa: ARG002
        return Report((), Usage(), self.layers(), infra="the guest did not answer")


class Answering(NoSandbox):
    """Answers every check with what the control expects."""

    answer = b"42\n"

    def run(self, job: Job, on_check: OnCheck) -> Report:
        checks = [
            CheckReport(check.name, 0, None, self.answer, b"", Usage()) for check in job.checks
        ]
        for check in checks:
            on_check(check)
        return Report(tuple(checks), Usage(), self.layers())


class Lying(Answering):
    """Runs, but not what it was given."""

    answer = b"41\n"
