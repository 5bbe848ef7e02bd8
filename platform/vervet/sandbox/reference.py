"""Owns reference mode: every check in a jail and an interpreter of its own, started by exec.

Slow on purpose: what a fork server could get wrong is absent here. Its attempts are compared
with the normal ones and never settle a verdict. See docs/reference.md.
"""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from vervet.core.digests import digest_text
from vervet.core.errors import JobError, NoIsolationError, SandboxError, UnknownNameError
from vervet.core.limits import Usage
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.bubblewrap import Bwrap, bwrap_argv, find_bwrap
from vervet.sandbox.interpreter import current_interpreter, seeded
from vervet.sandbox.job import Check, CheckReport, Job, LimitHit, OnCheck, Report
from vervet.sandbox.memory import says_memory_error
from vervet.sandbox.reference_process import Ended, Seen, follow
from vervet.sandbox.rlimits import rlimits
from vervet.sandbox.settle import settle
from vervet.sandbox.stage import Direct

__all__ = ["ReferenceSandbox", "unfit"]

LAYERS = ("userns", "pidns", "netns", "mountns", "ipcns", "utsns", "rlimits", "nonewprivs")
PROFILES = ("python",)
MARGIN = 1 << 20
OWN_PROCESSES = 3
"""bwrap's two, and the one that waits for the candidate."""
PRELUDE_OPTIONS = ("-S", "-s", "-P", "-B", "-c")
OPTIONS = ("-S", "-s", "-B", "-X", "utf8")
"""`-I` without its `-E`, which would ignore PYTHONHASHSEED, and without its `-P`: a program
finds the files beside it, as in the fork server. Nothing else of the environment is set."""
COMPILE = "import sys;n=sys.argv[1];compile(open(n,'rb').read(),n,'exec',dont_inherit=True)"
STARTING = Usage(wall_s=0.5, cpu_user_s=0.1)
"""Comes on top of a check's limits: in the fork server the interpreter has started before."""
NOT_COMPILED = (
    b"SyntaxError", b"IndentationError", b"TabError", b"ValueError", b"UnicodeDecodeError",
    b"MemoryError", b"RecursionError", b"OverflowError", b"SystemError",
)  # fmt: skip
"""What the interpreter raises for a text that it cannot compile."""
LAST_LINE = 4096


@cache
def _prelude() -> str:
    return (sandboxes_dir() / "python" / "reference.py").read_text()


def unfit(job: Job) -> str:
    """Why reference mode cannot run this job; empty if it can."""
    if job.program.profile not in PROFILES:
        return str(UnknownNameError("jail profile", job.program.profile, PROFILES).message)
    if job.peer is not None:
        return "reference mode runs no pairs of programs"
    if job.artifacts:
        return "reference mode hands out no artifacts"
    if not job.program.argv or job.program.argv[0] not in {f.path for f in job.program.files}:
        return f"a job starts {job.program.argv[:1]}, which is none of its files"
    return ""


class _StarvedError(SandboxError):
    """Raised when a check met its wall limit for want of a processor."""


class ReferenceSandbox:
    """Fresh process per check. Raises `NoIsolationError` where no bubblewrap works.

    There is no unsafe kind of it: asked for one, it raises `NoIsolationError` too.
    """

    weakness = ""

    def __init__(self, *, unsafe_no_isolation: bool = False) -> None:
        if unsafe_no_isolation:
            raise NoIsolationError("reference mode never runs without isolation")
        self._python = current_interpreter()
        words = settle(find_bwrap(), self._python, self._take, self.run)
        if words:
            raise NoIsolationError(
                f"reference mode does not work here ({'; '.join(words)})",
                hint="Allow unprivileged user namespaces, or install the package bubblewrap.",
            )

    def _take(self, bwrap: Bwrap, stage: Direct) -> None:
        self._bwrap, self._stage = bwrap, stage

    def environment(self) -> dict[str, str]:
        """See `Sandbox.environment`."""
        return {
            "kind": "reference",
            "interpreter": self._python.version,
            "runner": digest_text(_prelude()),
        }

    def layers(self) -> tuple[str, ...]:
        """See `Sandbox.layers`."""
        return LAYERS

    def close(self) -> None:
        """See `Sandbox.close`; no process outlives `run`."""
        self._stage.close()

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`. Raises `JobError` for pairs, artifacts and unknown profiles."""
        if words := unfit(job):
            raise JobError(words)
        checks: list[CheckReport] = []
        infra, starved = "", False
        try:
            for report in self._reports(job):
                checks.append(report)
                if not on_check(report):
                    break
        except SandboxError as error:
            infra, starved = error.message, isinstance(error, _StarvedError)
        usage = sum((check.usage for check in checks), Usage())
        return Report(tuple(checks), usage, LAYERS, infra, starved=starved)

    def _reports(self, job: Job) -> Iterator[CheckReport]:
        """Check after check, as they are asked for.

        Whether a program that fails at once failed to compile is found out by compiling it
        apart, which would be half the time of those that do not.
        """
        before = STARTING
        for at, check in enumerate(job.checks):
            report = self._check(job, check, before)
            if at == 0 and _may_not_compile(report):
                compiled = self._compile(job)
                if compiled.limit is not None or compiled.exit_code != 0:
                    yield from (replace(compiled, name=each.name) for each in job.checks)
                    return
                if compiled.usage.cpu_s > before.cpu_s:
                    before = compiled.usage
                    report = self._check(job, check, before)
            yield report

    def _compile(self, job: Job) -> CheckReport:
        """The end of a process that compiles the program and never runs it."""
        limits = job.limits
        seen = self._process(
            job, ("-c", COMPILE, job.program.argv[0]), b"", limits.compile_s,
            limits.compile_s + limits.wall_s,
        )  # fmt: skip
        return _report("compile", seen, limits.compile_s, "compile")

    def _check(self, job: Job, check: Check, before: Usage) -> CheckReport:
        """A check; what starting and compiling may take comes on top of its limits.

        Raises `SandboxError` if the host gave it no processor for most of its wall limit.
        """
        cpu_s = job.limits.cpu_s + before.cpu_s
        wall_s = job.limits.wall_s + before.wall_s
        seen = self._process(job, job.program.argv, check.stdin, cpu_s, wall_s)
        if seen.ran_s >= cpu_s:  # the kernel looks at whole seconds alone
            seen.limit, seen.known_by = LimitHit.CPU, "schedstat"
        elif seen.waited_s > job.limits.wall_s / 2 > seen.ran_s:
            raise _StarvedError(
                f"starved: check {check.name!r} waited {seen.waited_s:.1f} s of its "
                f"{job.limits.wall_s:g} s for a processor"
            )
        return _report(check.name, seen, cpu_s, "run")

    def _process(
        self, job: Job, argv: tuple[str, ...], stdin: bytes, cpu_s: float, wall_s: float
    ) -> Seen:
        """Start a jail and follow the one process in it to its end or a limit."""
        files = job.program.files
        head = _head(job, argv, cpu_s, self._python.library_path)
        space = MARGIN + 2 * job.limits.file_size + len(stdin)
        space += sum(len(file.data) for file in files)
        order = os.memfd_create("vervet-check", os.MFD_CLOEXEC)
        info, info_end = os.pipe()
        told, told_end = os.pipe()
        try:
            with os.fdopen(os.dup(order), "wb") as writer:
                writer.write(len(head).to_bytes(4, "big") + head)
                writer.writelines(file.data for file in files)
                writer.write(stdin)
            os.lseek(order, 0, os.SEEK_SET)
            process = self._start(order, info_end, told_end, space)
        except BaseException:
            os.close(info)
            os.close(told)
            raise
        finally:
            for descriptor in (order, info_end, told_end):
                os.close(descriptor)
        return follow(process, info, told, output=job.limits.output, wall_s=wall_s)

    def _start(self, order: int, info: int, told: int, space: int) -> subprocess.Popen[bytes]:
        argv = bwrap_argv(self._bwrap, self._python, self._stage.place, space=space, info=info)
        environment = {}
        if self._bwrap.libraries:
            environment["LD_LIBRARY_PATH"] = self._stage.place(self._bwrap.libraries)
        return self._stage.start(
            [*argv, *PRELUDE_OPTIONS, _prelude(), str(told)],
            stdin=order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            pass_fds=(info, told), env=environment, cwd="/",
        )  # fmt: skip


def _may_not_compile(report: CheckReport) -> bool:
    """Whether a program ended as one that does not compile, or met a limit, maybe there."""
    last = report.stderr[-LAST_LINE:].rstrip().rpartition(b"\n")[2]
    return report.limit is not None or (report.exit_code == 1 and last.startswith(NOT_COMPILED))


def _head(job: Job, argv: tuple[str, ...], cpu_s: float, library_path: str) -> bytes:
    """What is told inside; the interpreter there is of the version of this one."""
    environment = [*job.program.env, seeded()]
    if library_path:
        environment.append(("LD_LIBRARY_PATH", library_path))
    processes = job.limits.processes + OWN_PROCESSES
    head = {
        "files": [(file.path, len(file.data)) for file in job.program.files],
        "argv": argv,
        "options": OPTIONS,
        "env": environment,
        "rlimits": rlimits(job.limits, cpu_s=cpu_s, processes=processes),
    }
    return marshal.dumps(head)


def _report(name: str, seen: Seen, cpu_s: float, stage: str) -> CheckReport:
    """How one process ended; where a limit or the candidate ended its waiter, by SIGKILL."""
    end = seen.ended or Ended(int(signal.SIGKILL), 0.0, 0.0, 0)
    code = os.waitstatus_to_exitcode(end.status)
    usage = Usage(
        wall_s=seen.wall_s,
        cpu_user_s=end.user_s,
        cpu_system_s=end.system_s,
        peak_memory=end.peak,
        output=len(seen.out) + len(seen.err),
    )
    limit, known_by = seen.limit, seen.known_by
    if limit is None and usage.cpu_s >= cpu_s:
        limit, known_by = LimitHit.CPU, "rusage"
    if limit is None and code == 1 and says_memory_error(bytes(seen.err)):
        limit, known_by = LimitHit.MEMORY, "exception"
    return CheckReport(
        name=name,
        exit_code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        stdout=bytes(seen.out),
        stderr=bytes(seen.err),
        usage=usage,
        limit=limit,
        known_by=known_by,
        truncated=limit is LimitHit.OUTPUT,
        stage=stage,
    )
