"""Owns one check seen from outside: fork, watch the clocks and pipes, kill, account.

Believes the kernel (wait status, rusage, clocks, pipes) and never what the candidate says,
but for a traceback that ends in MemoryError, which is reported as known by exception.
"""

from __future__ import annotations

import os
import select
import time

from guest.candidate import TOLD, UNUSABLE, become

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from collections.abc import Callable
    from typing import Any

    Sweep = Callable[[int], tuple[int, Any]]

__all__ = ["Finding", "Watch"]

CODE_CAP = 64 << 20
CHUNK = 1 << 16
POLL = select.POLLIN | select.POLLHUP
CORES = len(os.sched_getaffinity(0))


class Finding:
    """What was seen of one check; `code` is the compiled program where it could be kept."""

    def __init__(self) -> None:
        self.out, self.err, self.told = bytearray(), bytearray(), bytearray()
        self.limit: str | None = None
        self.known_by = ""
        self.status, self.wall, self.user, self.system, self.peak = 0, 0.0, 0.0, 0.0, 0

    @property
    def started(self) -> bool:
        """Whether the candidate's own code was reached."""
        return len(self.told) >= TOLD.size + self._size

    @property
    def _size(self) -> int:
        return int(TOLD.unpack_from(self.told)[1]) if len(self.told) >= TOLD.size else 0

    @property
    def compile_cpu(self) -> float:
        """CPU seconds that went before the candidate's own code."""
        return float(TOLD.unpack_from(self.told)[0]) if self.started else 0.0

    @property
    def code(self) -> bytes | None:
        """The compiled program, if it can be kept for the next check."""
        return bytes(self.told[TOLD.size :]) if self.started and self._size else None


class Watch:
    """Runs one program once. `sweep` ends all that the check has left and waits for the first."""

    def __init__(self, job: dict[str, Any], root: str, sweep: Sweep) -> None:
        self.job, self.root, self.sweep = job, root, sweep

    def run(self, source: bytes, code: bytes | None) -> Finding:
        """Fork the candidate, wait for its end or a limit, sweep, and say what was found."""
        found = Finding()
        if code is not None:
            found.told += TOLD.pack(0.0, 0)
        pipes = [os.pipe() for _ in range(3)]
        begin = time.monotonic()
        pid = os.fork()
        if pid == 0:
            become(self.job, self.root, source, code, [end for _, end in pipes])
        for _, end in pipes:
            os.close(end)
        sinks = dict(
            zip((end for end, _ in pipes), (found.out, found.err, found.told), strict=True)
        )
        self._follow(pid, sinks, found, begin)
        found.wall = time.monotonic() - begin
        found.status, usage = self.sweep(pid)
        self._drain(sinks, found)
        if not found.started and os.waitstatus_to_exitcode(found.status) == UNUSABLE:
            raise RuntimeError("the check's process could not be prepared")
        found.user, found.system = usage.ru_utime, usage.ru_stime
        found.peak = usage.ru_maxrss * 1024
        self._account(found)
        return found

    def _follow(self, pid: int, sinks: dict[int, bytearray], found: Finding, begin: float) -> None:
        """Read and keep time until the candidate has ended or met a limit."""
        alive = os.pidfd_open(pid)
        poll = select.poll()
        for descriptor in (*sinks, alive):
            poll.register(descriptor, POLL)
        try:
            while found.limit is None:
                pause = self._pause(found, time.monotonic() - begin, _cpu_of(pid))
                if found.limit is not None:
                    return
                for descriptor, _ in poll.poll(pause * 1000 + 1):
                    if descriptor == alive:
                        return
                    if not self._read(descriptor, sinks[descriptor], found):
                        poll.unregister(descriptor)
        finally:
            os.close(alive)

    def _pause(self, found: Finding, wall: float, cpu: float) -> float:
        """Seconds until the next limit can be met; sets the limit that has been."""
        job = self.job
        wall_left = job["wall_s"] + (job["compile_s"] if not found.started else found.compile_cpu)
        wall_left -= wall
        cpu_left = job["cpu_s"] + found.compile_cpu if found.started else job["compile_s"]
        cpu_left -= cpu
        if cpu_left <= 0:
            found.limit, found.known_by = "cpu", "rusage"
        elif wall_left <= 0:
            found.limit, found.known_by = "wall", "deadline"
        return min(wall_left, max(cpu_left / CORES, 0.002))

    def _read(self, descriptor: int, sink: bytearray, found: Finding) -> bool:
        """Take what is there, up to the cap; False at the end of the pipe."""
        part = os.read(descriptor, CHUNK)
        sink += part
        if sink is found.told:
            if len(sink) > CODE_CAP:
                found.limit, found.known_by = "memory", "pipe"
        elif len(found.out) + len(found.err) > self.job["output"]:
            found.limit, found.known_by = "output", "pipe"
        return bool(part)

    def _drain(self, sinks: dict[int, bytearray], found: Finding) -> None:
        """Everyone who could write is dead: what is left in the pipes is all there is."""
        for descriptor, sink in sinks.items():
            while found.limit != "output" and self._read(descriptor, sink, found):
                pass
            os.close(descriptor)

    def _account(self, found: Finding) -> None:
        """Limits that only the account after the end shows."""
        if found.limit is not None:
            return
        cpu = found.user + found.system
        allowed = self.job["cpu_s"] + found.compile_cpu if found.started else self.job["compile_s"]
        if cpu >= allowed:
            found.limit, found.known_by = "cpu", "rusage"
        elif os.WIFEXITED(found.status) and os.WEXITSTATUS(found.status) == 1:
            last = bytes(found.err[-4096:]).rstrip().rpartition(b"\n")[2]
            if last.startswith(b"MemoryError"):
                found.limit, found.known_by = "memory", "exception"


def _cpu_of(pid: int) -> float:
    """CPU seconds of a running process, by the kernel's name for its clock."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0  # it has just ended, and its account will come with its status
