"""Owns the embedded default: bubblewrap around a Python that forks once per check.

Never runs anything untrusted without isolation, unless it was constructed for that by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vervet.core.errors import JobError, NoIsolationError, UnknownNameError
from vervet.core.limits import Limits, Usage
from vervet.sandbox.bubblewrap import ROOT, Bwrap, bwrap_argv, find_bwrap
from vervet.sandbox.guest import (
    Guest,
    GuestGoneError,
    GuestSilentError,
    boot_argv,
    boot_blob,
    runner_digest,
)
from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.settle import Stage, settle
from vervet.sandbox.stage import Direct
from vervet.sandbox.wire import (
    ProtocolError,
    artifacts_of,
    ask_artifacts,
    ask_check,
    check_report,
    frame,
    job_body,
    job_head,
)

__all__ = ["JailSandbox"]

LAYERS = ("userns", "pidns", "netns", "mountns", "ipcns", "utsns", "rlimits", "nonewprivs")
START_S = 20.0
GRACE_S = 5.0
MARGIN = 1 << 20
"""Room in the check's file system beyond the job's files, its input and what it may write."""
PROFILES = ("python",)
FIX = (
    "Allow unprivileged user namespaces (Ubuntu: sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap), or "
    "install the package bubblewrap; --unsafe-no-isolation runs candidates unprotected."
)


@dataclass
class _Progress:
    """What a job has come to: reports so far, whether to go on, what failed."""

    checks: list[CheckReport] = field(default_factory=list)
    going: bool = True
    infra: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)


class JailSandbox:
    """One per worker process. `unsafe_no_isolation` runs everything with rlimits alone.

    Raises `NoIsolationError` if no bubblewrap works on this host and unsafe was not asked for.
    """

    def __init__(self, *, unsafe_no_isolation: bool = False, bwrap: Bwrap | None = None) -> None:
        self._python = current_interpreter()
        self._unsafe = unsafe_no_isolation
        self._bwrap: Bwrap | None = None
        self._stage: Stage = Direct()
        if not unsafe_no_isolation:
            words = settle([bwrap] if bwrap else find_bwrap(), self._python, self._take, self.run)
            if words:
                raise NoIsolationError(
                    f"bubblewrap does not work here ({'; '.join(words)})", hint=FIX
                )

    def _take(self, bwrap: Bwrap, stage: Stage) -> None:
        self._bwrap, self._stage = bwrap, stage

    def environment(self) -> dict[str, str]:
        """What decides outcomes here: interpreter, runner, kind of sandbox."""
        return {
            "kind": "none" if self._unsafe else "jail",
            "interpreter": self._python.version,
            "runner": runner_digest(),
        }

    def layers(self) -> tuple[str, ...]:
        """The layers in force; none where isolation was given up by name."""
        return () if self._unsafe else LAYERS

    @property
    def bwrap(self) -> Bwrap | None:
        """The bubblewrap in use."""
        return self._bwrap

    def close(self) -> None:
        """End the staging thread; no guest outlives its `run`."""
        self._stage.close()

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`. Raises `JobError` before anything is started."""
        if job.program.profile not in PROFILES:
            raise JobError(
                str(UnknownNameError("jail profile", job.program.profile, PROFILES).message),
                hint=f"The jail knows: {', '.join(PROFILES)}.",
            )
        if job.peer is not None:
            raise JobError("pairs of programs are not supported by the jail yet")
        progress = _Progress()
        if self._unsafe:
            with tempfile.TemporaryDirectory(prefix="vervet-unsafe-") as root:
                self._run_in(job, on_check, progress, root)
        else:
            self._run_in(job, on_check, progress, ROOT)
        usage = sum((check.usage for check in progress.checks), Usage())
        return Report(
            tuple(progress.checks), usage, self.layers(), progress.infra, progress.artifacts
        )

    def _run_in(self, job: Job, on_check: OnCheck, progress: _Progress, root: str) -> None:
        """Start guests, one after the other, until the checks are done."""
        head = job_head(
            job, root=root, contained=not self._unsafe, count_processes=not self._unsafe
        )
        size = MARGIN + sum(len(file.data) for file in job.program.files)
        size += max((len(check.stdin) for check in job.checks), default=0)
        opening = boot_blob() + frame(head, job_body(job))
        while progress.going and not progress.infra and len(progress.checks) < len(job.checks):
            before = len(progress.checks)
            if self._unsafe:
                shutil.rmtree(root)
                Path(root).mkdir(mode=0o700)
            with self._guest(job.limits, size) as guest:
                self._converse(guest, opening, job, on_check, progress)
            if len(progress.checks) == before and not progress.infra:
                progress.infra = f"a fresh sandbox was not usable for check {before + 1}"

    def _converse(
        self, guest: Guest, opening: bytes, job: Job, on_check: OnCheck, progress: _Progress
    ) -> None:
        """Ask one guest for checks until it is spent, all are done or something fails."""
        started = False
        limits = job.limits
        patience = limits.compile_s + limits.wall_s + GRACE_S
        try:
            guest.ask(opening, seconds=START_S)
            guest.ready(seconds=START_S)
            started = True
            for check in job.checks[len(progress.checks) :]:
                guest.ask(ask_check(check.stdin), seconds=patience)
                head, body = guest.answer(body_cap=limits.output, seconds=patience)
                if head["answer"] == "spent":
                    return
                report = check_report(check.name, head, body)
                progress.checks.append(report)
                progress.going = on_check(report)
                if not progress.going:
                    break
            self._fetch(guest, job, progress)
        except (GuestGoneError, GuestSilentError, ProtocolError) as failure:
            progress.infra = _words(failure, started, len(progress.checks) + 1)

    def _fetch(self, guest: Guest, job: Job, progress: _Progress) -> None:
        if job.artifacts and progress.checks:
            guest.ask(ask_artifacts(), seconds=START_S)
            cap = sum(spec.max_size for spec in job.artifacts)
            progress.artifacts = artifacts_of(job, *guest.answer(body_cap=cap, seconds=START_S))

    def _guest(self, limits: Limits, size: int) -> Guest:
        options: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "bufsize": 0,
            "env": {},
            "cwd": "/",
        }
        if self._bwrap is None:
            base = str(
                next(t.source for t in self._python.trees if t.inside == self._python.executable)
            )
            return Guest(self._stage.start([base, *boot_argv()], start_new_session=True, **options))
        if self._bwrap.libraries:
            options["env"] = {"LD_LIBRARY_PATH": self._stage.place(self._bwrap.libraries)}
        info, told = os.pipe()
        try:
            argv = bwrap_argv(
                self._bwrap,
                self._python,
                self._stage.place,
                space=2 * limits.file_size + size,
                info=told,
            )
            process = self._stage.start([*argv, *boot_argv()], pass_fds=(told,), **options)
        except BaseException:
            os.close(info)
            raise
        finally:
            os.close(told)
        return Guest(process, info)


def _words(failure: Exception, started: bool, check: int) -> str:
    if not started:
        return f"the sandbox did not start: {failure or 'no answer in time'}"
    if isinstance(failure, GuestSilentError):
        return f"the sandbox stopped answering during check {check}"
    if isinstance(failure, ProtocolError):
        return f"the sandbox answered nonsense during check {check}: {failure}"
    return f"the sandbox died during check {check}"
