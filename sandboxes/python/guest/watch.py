"""Owns one check seen from outside: fork, watch the clocks and streams, kill, account.

Believes the kernel (wait status, rusage, clocks, offsets) and never what the candidate says.
"""

from __future__ import annotations

import os
import select
import time

from guest.candidate import TOLD, UNUSABLE, Candidate
from guest.streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from collections.abc import Callable
    from typing import Any

    Sweep = Callable[[int], tuple[int, Any]]

__all__ = ["Finding", "Watch"]

POLL = select.POLLIN | select.POLLHUP
CORES = len(os.sched_getaffinity(0))
LOOK_S = 0.1
"""How often the streams are looked at, which no descriptor can be waited on for."""
UNSEEN_S = 0.002
"""Where the kernel cannot wait for a process (no pidfd), how often its end is looked for."""


class Finding:
    """What was seen of one check; `streams` hold what it wrote, and are to be closed."""

    def __init__(self, streams: Streams, compiled: bool) -> None:
        self.streams, self.compiled = streams, compiled
        self.told = b""
        self.compile_cpu = 0.0
        """CPU seconds that went before the candidate's own code."""
        self.limit: str | None = None
        self.known_by = ""
        self.status, self.wall, self.user, self.system, self.peak = 0, 0.0, 0.0, 0.0, 0

    @property
    def started(self) -> bool:
        """Whether the candidate's own code was reached."""
        return self.compiled or len(self.told) == TOLD.size

    @property
    def code_size(self) -> int:
        """Bytes of the compiled program that were left for the next check; 0 for none."""
        return int(TOLD.unpack(self.told)[1]) if len(self.told) == TOLD.size else 0


class Watch:
    """Runs one program once.

    `sweep` ends all that the check has left and waits for the first; `late` is called with a
    pidfd (or -1) at the wall limit, before the kill; `control` is the descriptor on which the
    host may ask for an early stop of a check that has a peer.
    """

    def __init__(
        self, candidate: Candidate, sweep: Sweep, late: Callable[[int, int], None], control: int
    ) -> None:
        self.candidate, self.job = candidate, candidate.job
        self.sweep, self.late, self.control = sweep, late, control

    def run(self, stdin: int, pair: list[int]) -> Finding:
        """Fork the candidate, wait for its end or a limit, sweep, and say what was found.

        `pair` are the ends of the pipes to a peer, if any; they and `stdin` are closed here.
        """
        found = Finding(Streams(self.job["output"]), compiled=self.candidate.code_size > 0)
        told, told_end = (-1, -1) if found.compiled else os.pipe()
        begin = time.monotonic()
        pid = os.fork()
        if pid == 0:
            given = (stdin, found.streams.out, found.streams.err, *pair)
            self.candidate.become(given, told_end)
        for descriptor in (stdin, *pair, told_end):
            if descriptor >= 0:
                os.close(descriptor)
        self._follow(pid, told, self.control if pair else -1, found, begin)
        found.wall = time.monotonic() - begin
        found.status, usage = self.sweep(pid)
        if told >= 0:
            _hear(told, found, usage.ru_utime + usage.ru_stime)
            os.close(told)
        self._account(found, usage)
        return found

    def _follow(self, pid: int, told: int, control: int, found: Finding, begin: float) -> None:
        """Watch until the candidate has ended, met a limit or is to be stopped."""
        poll = select.poll()
        alive = _hold(pid)
        for descriptor in (alive, told, control):
            if descriptor >= 0:
                poll.register(descriptor, POLL)
        try:
            while True:
                pause = self._pause(found, time.monotonic() - begin, _cpu_of(pid))
                if found.limit is None and found.streams.over():
                    found.limit, found.known_by = "output", "memfd"
                if found.limit == "wall":
                    self.late(pid, alive)
                if found.limit is not None:
                    return
                pause = min(pause, LOOK_S if alive >= 0 else UNSEEN_S)
                ready = [descriptor for descriptor, _ in poll.poll(pause * 1000 + 1)]
                if alive in ready:
                    return
                if control in ready:
                    found.known_by = "stop"
                    return
                if told in ready:
                    _hear(told, found, _cpu_of(pid))
                    poll.unregister(told)
                if alive < 0 and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    return
        finally:
            if alive >= 0:
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
        return float(min(wall_left, max(cpu_left / CORES, 0.002)))

    def _account(self, found: Finding, usage: Any) -> None:
        """What only the account after the end shows."""
        if not found.started and os.waitstatus_to_exitcode(found.status) == UNUSABLE:
            raise RuntimeError("the check's process could not be prepared")
        found.user, found.system = usage.ru_utime, usage.ru_stime
        found.peak = usage.ru_maxrss * 1024
        if found.limit is not None:
            return
        cpu = found.user + found.system
        allowed = self.job["cpu_s"] + found.compile_cpu if found.started else self.job["compile_s"]
        if found.streams.over():
            found.limit, found.known_by = "output", "memfd"
        elif cpu >= allowed:
            found.limit, found.known_by = "cpu", "rusage"


def _hear(told: int, found: Finding, cpu: float) -> None:
    """What the child tells of its compilation, once and in one piece; nothing if it never did.

    It cannot have taken more than `cpu`, which the kernel has counted so far.
    """
    if not found.told:
        found.told = os.read(told, TOLD.size)
        if found.started:
            found.compile_cpu = min(float(TOLD.unpack(found.told)[0]), cpu)


def _hold(pid: int) -> int:
    """A descriptor that can be waited on for the end of a child; -1 where there is none."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def _cpu_of(pid: int) -> float:
    """CPU seconds of a running process, by the kernel's name for its clock."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0  # it has just ended, and its account will come with its status
