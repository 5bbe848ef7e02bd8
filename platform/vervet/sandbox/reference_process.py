"""Owns one jailed process of reference mode, followed from outside to its certain end.

Knows nothing of jobs and verdicts. Never waits without a deadline, and never returns while a
process of the jail is alive.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vervet.core.errors import SandboxError
from vervet.sandbox.delay import scheduled
from vervet.sandbox.first import First
from vervet.sandbox.job import LimitHit

__all__ = ["Ended", "Seen", "follow"]

START_S = 20.0
CHUNK = 1 << 16
TOLD_CAP = 4096
LAST_WORDS = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """What the kernel said of a process: its wait status, CPU seconds, bytes at its peak."""

    status: int
    user_s: float
    system_s: float
    peak: int


@dataclass(slots=True)
class Seen:
    """What was seen of one process, from outside.

    `told` is what the process beside it says: that it starts, and how it ended. Where the wall
    limit ended it, `ran_s` is how long its threads had a processor in all, and `waited_s` how
    long the one that waited longest was ready and had none.
    """

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    told: bytearray = field(default_factory=bytearray)
    limit: LimitHit | None = None
    known_by: str = ""
    wall_s: float = 0.0
    ran_s: float = 0.0
    waited_s: float = 0.0

    @property
    def started(self) -> bool:
        """Whether the candidate's process was about to be made."""
        return self.told.startswith(b"S")

    @property
    def ended(self) -> Ended | None:
        """How it ended; None if the one that waits for it did not live to say so."""
        if not self.told.endswith(b"\n"):
            return None
        status, user_s, system_s, peak = bytes(self.told[1:]).split()
        return Ended(int(status), float(user_s), float(system_s), int(peak))


def follow(
    process: subprocess.Popen[bytes], info: int, told: int, *, output: int, wall_s: float
) -> Seen:
    """Read until the process has ended or met a limit; nothing of its jail is left then.

    `info` is bwrap's pipe and `told` the one of the process beside; both are closed here.
    `output` bytes may be written and `wall_s` seconds pass. Raises `SandboxError` if it did
    not even start, or will not end.
    """
    seen, first = Seen(), First(info)
    streams = _Streams(process, told, seen, output)
    try:
        first.hold(START_S)
        streams.listen(START_S, lambda: seen.started)
        began = time.monotonic()
        if seen.started and not streams.listen(wall_s, lambda: seen.told.endswith(b"\n")):
            seen.limit, seen.known_by = LimitHit.WALL, "deadline"
            seen.ran_s, seen.waited_s = _scheduled(first.pid)
        seen.wall_s = time.monotonic() - began
    finally:
        _end(process, first)
        streams.close()
    if not seen.started:
        words = bytes(seen.err[-LAST_WORDS:]).decode(errors="replace").strip()
        last = words.rpartition("\n")[2]
        raise SandboxError(f"the sandbox did not start: {last or 'no answer in time'}")
    return seen


def _end(process: subprocess.Popen[bytes], first: First) -> None:
    try:
        first.end()
    finally:
        first.close()
        process.kill()
        process.wait()


def _scheduled(first: int) -> tuple[float, float]:
    """Seconds that the candidate's threads ran and waited; zeros where nobody says.

    It is the child of the process beside it, which is the only child of the namespace's first.
    """
    pids = [first]
    for _ in range(2):
        pids = [child for pid in pids for child in _children(pid)]
    ran, waited = scheduled(pids[0]) if pids else ([], [])
    return sum(ran), max(waited, default=0.0)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


class _Streams:
    """The three pipes out of a jail: what the candidate writes, and what is told about it."""

    def __init__(
        self, process: subprocess.Popen[bytes], told: int, seen: Seen, output: int
    ) -> None:
        assert process.stdout
        assert process.stderr
        self._seen, self._told, self._output = seen, told, output
        self._pipes = (process.stdout, process.stderr)
        out, err = (pipe.fileno() for pipe in self._pipes)
        self._sinks = {out: seen.out, err: seen.err, told: seen.told}
        self._open = set(self._sinks)
        self._poll = select.poll()
        for descriptor in self._sinks:
            os.set_blocking(descriptor, False)
            self._poll.register(descriptor, select.POLLIN)

    def listen(self, seconds: float, over: Callable[[], bool]) -> bool:
        """Read what comes until `over`, a limit, or nothing more is told; False: out of time."""
        deadline = time.monotonic() + seconds
        while not over() and self._seen.limit is None and self._told in self._open:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for descriptor, _ in self._poll.poll(left * 1000 + 1):
                self._read(descriptor)
        return True

    def close(self) -> None:
        """Take what is left in the pipes, within the limit, and close them."""
        for descriptor in self._sinks:
            while self._seen.limit is not LimitHit.OUTPUT and self._read(descriptor):
                pass
        os.close(self._told)
        for pipe in self._pipes:
            pipe.close()

    def _read(self, descriptor: int) -> bool:
        """Take what is there; False if that is nothing."""
        seen = self._seen
        try:
            part = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return False
        if not part and descriptor in self._open:
            self._open.remove(descriptor)
            self._poll.unregister(descriptor)
        self._sinks[descriptor] += part
        del seen.told[TOLD_CAP:]
        if len(seen.out) + len(seen.err) > self._output and seen.limit is None:
            seen.limit, seen.known_by = LimitHit.OUTPUT, "pipe"
        return bool(part)
