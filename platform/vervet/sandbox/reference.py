"""Owns reference mode: every check in a jail and an interpreter of its own, started by exec.

Slow on purpose: what a fork server could get wrong is absent here. Its attempts are compared
with the normal ones and never settle a verdict. See docs/reference.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from functools import cache

from vervet.core.digests import digest_text
from vervet.core.errors import JobError, NoIsolationError, SandboxError, UnknownNameError
from vervet.core.limits import Limits, Usage
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.bubblewrap import Bwrap, bwrap_argv, find_bwrap
from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.job import Check, CheckReport, Job, LimitHit, OnCheck, Report
from vervet.sandbox.settle import Stage, settle

__all__ = ["ReferenceSandbox"]

LAYERS = ("userns", "pidns", "netns", "mountns", "ipcns", "utsns", "rlimits", "nonewprivs")
PROFILES = ("python",)
START_S = 20.0
END_S = 30.0
MARGIN = 1 << 20
CHUNK = 1 << 16
TOLD_CAP = 4096
PRELUDE_OPTIONS = ("-S", "-s", "-P", "-B", "-c")
OPTIONS = ("-S", "-s", "-B", "-X", "utf8")
"""`-I` without its `-E`, which would ignore PYTHONHASHSEED, and without its `-P`: a program
finds the files beside it, as in the fork server. Nothing else of the environment is set."""
COMPILE = "import sys;n=sys.argv[1];compile(open(n,'rb').read(),n,'exec',dont_inherit=True)"
SEEDED = ("PYTHONHASHSEED", "0")


@cache
def _prelude() -> str:
    return (sandboxes_dir() / "python" / "reference.py").read_text()


@dataclass
class _Run:
    """What was seen of one process, from outside."""

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    told: bytearray = field(default_factory=bytearray)
    limit: LimitHit | None = None
    known_by: str = ""
    wall_s: float = 0.0

    @property
    def started(self) -> bool:
        return self.told.startswith(b"S")

    @property
    def ended(self) -> bool:
        return self.told.endswith(b"}")


class ReferenceSandbox:
    """Fresh process per check. Raises `NoIsolationError` where no bubblewrap works.

    There is no unsafe kind of it: asked for one, it raises `NoIsolationError` too.
    """

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

    def _take(self, bwrap: Bwrap, stage: Stage) -> None:
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
        _see_that_it_can_run(job)
        checks: list[CheckReport] = []
        infra = ""
        try:
            compiled = self._compile(job)
            for check in job.checks:
                if compiled.exit_code == 0 and compiled.limit is None:
                    report = self._check(job, check, compiled.usage)
                else:
                    report = replace(compiled, name=check.name)
                checks.append(report)
                if not on_check(report):
                    break
        except SandboxError as error:
            infra = str(error)
        usage = sum((check.usage for check in checks), Usage())
        return Report(tuple(checks), usage, LAYERS, infra)

    def _compile(self, job: Job) -> CheckReport:
        """The end of a process that compiles the program and never runs it."""
        limits = job.limits
        seen = self._process(
            job, ("-c", COMPILE, job.program.argv[0]), b"", limits.compile_s,
            limits.compile_s + limits.wall_s,
        )  # fmt: skip
        return _report("compile", seen, limits.compile_s, "compile")

    def _check(self, job: Job, check: Check, before: Usage) -> CheckReport:
        """A check; what starting the interpreter and compiling took comes on top of the limits."""
        cpu_s = job.limits.cpu_s + before.cpu_s
        wall_s = job.limits.wall_s + before.wall_s
        seen = self._process(job, job.program.argv, check.stdin, cpu_s, wall_s)
        return _report(check.name, seen, cpu_s, "run")

    def _process(
        self, job: Job, argv: tuple[str, ...], stdin: bytes, cpu_s: float, wall_s: float
    ) -> _Run:
        """Start a jail, follow the one process in it to its end or a limit, end the jail."""
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
        return _follow(process, info, told, job.limits, wall_s)

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


def _see_that_it_can_run(job: Job) -> None:
    if job.program.profile not in PROFILES:
        raise JobError(str(UnknownNameError("jail profile", job.program.profile, PROFILES).message))
    if job.peer is not None:
        raise JobError("reference mode runs no pairs of programs")
    if job.artifacts:
        raise JobError("reference mode hands out no artifacts")
    if not job.program.argv or job.program.argv[0] not in {f.path for f in job.program.files}:
        raise JobError(f"a job starts {job.program.argv[:1]}, which is none of its files")


def _head(job: Job, argv: tuple[str, ...], cpu_s: float, library_path: str) -> bytes:
    limits = job.limits
    environment = [*job.program.env, SEEDED]
    if library_path:
        environment.append(("LD_LIBRARY_PATH", library_path))
    head = {
        "files": [[file.path, len(file.data)] for file in job.program.files],
        "argv": argv,
        "options": OPTIONS,
        "env": environment,
        "cpu_s": cpu_s,
        "memory": limits.memory,
        "file_size": limits.file_size,
        "open_files": limits.open_files,
        "processes": limits.processes,
    }
    return json.dumps(head).encode()


def _follow(
    process: subprocess.Popen[bytes], info: int, told: int, limits: Limits, wall_s: float
) -> _Run:
    """Read until the process has ended or met a limit; nothing of the jail is left then."""
    seen = _Run()
    assert process.stdout
    assert process.stderr
    sinks = {process.stdout.fileno(): seen.out, process.stderr.fileno(): seen.err, told: seen.told}
    poll = select.poll()
    for descriptor in sinks:
        os.set_blocking(descriptor, False)
        poll.register(descriptor, select.POLLIN)
    begin, patience = time.monotonic(), START_S
    try:
        while not seen.ended and seen.limit is None:
            left = patience - (time.monotonic() - begin)
            if left <= 0 and not seen.started:
                break
            if left <= 0:
                seen.limit, seen.known_by = LimitHit.WALL, "deadline"
                break
            started = seen.started
            for descriptor, _ in poll.poll(left * 1000 + 1):
                if not _read(descriptor, sinks[descriptor], seen, limits.output):
                    poll.unregister(descriptor)
                    if descriptor == told:
                        patience = -1.0 if not seen.ended else patience
            if patience < 0:
                break
            if seen.started and not started:
                begin, patience = time.monotonic(), wall_s
        seen.wall_s = time.monotonic() - begin
    finally:
        _end(process, info)
        for descriptor, sink in sinks.items():
            while seen.limit is not LimitHit.OUTPUT and _read(
                descriptor, sink, seen, limits.output
            ):
                pass
        os.close(told)
        process.stdout.close()
        process.stderr.close()
    if not seen.started:
        words = bytes(seen.err).decode(errors="replace").strip().rpartition("\n")[2]
        raise SandboxError(f"the sandbox did not start: {words or 'no answer in time'}")
    return seen


def _read(descriptor: int, sink: bytearray, seen: _Run, cap: int) -> bool:
    try:
        part = os.read(descriptor, CHUNK)
    except BlockingIOError:
        return False
    sink += part
    if sink is seen.told:
        del sink[TOLD_CAP:]
    elif len(seen.out) + len(seen.err) > cap and seen.limit is None:
        seen.limit, seen.known_by = LimitHit.OUTPUT, "pipe"
    return bool(part)


def _end(process: subprocess.Popen[bytes], info: int) -> None:
    """Kill the first process of the namespace, with which all others end, and wait for it."""
    first = -1
    try:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            os.set_blocking(info, False)
            first = os.pidfd_open(json.loads(os.read(info, TOLD_CAP))["child-pid"])
        if first >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(first, signal.SIGKILL)
            poll = select.poll()
            poll.register(first, select.POLLIN)
            if not poll.poll(END_S * 1000):
                raise SandboxError("processes of a sandbox do not end after being killed")
        process.kill()
        process.wait()
    finally:
        os.close(info)
        if first >= 0:
            os.close(first)


def _report(name: str, seen: _Run, cpu_s: float, stage: str) -> CheckReport:
    """How one process ended; where a limit or the candidate ended its waiter, by SIGKILL."""
    end = {"status": int(signal.SIGKILL), "user": 0.0, "system": 0.0, "peak": 0}
    if seen.ended:
        end = json.loads(bytes(seen.told[1:]))
    code = os.waitstatus_to_exitcode(int(end["status"]))
    usage = Usage(
        wall_s=seen.wall_s,
        cpu_user_s=float(end["user"]),
        cpu_system_s=float(end["system"]),
        peak_memory=int(end["peak"]),
        output=len(seen.out) + len(seen.err),
    )
    limit, known_by = seen.limit, seen.known_by
    if limit is None and usage.cpu_s >= cpu_s:
        limit, known_by = LimitHit.CPU, "rusage"
    last = bytes(seen.err[-4096:]).rstrip().rpartition(b"\n")[2]
    if limit is None and code == 1 and last.startswith(b"MemoryError"):
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
