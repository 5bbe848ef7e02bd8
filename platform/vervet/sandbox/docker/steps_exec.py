"""Owns one step: a program started in a running container, its limits, and its end.

Standard output and error go to one descriptor, so that their order is the true one. Time is the
host's. Never judges, and never asks the container how the step went.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vervet.core.errors import JobError
from vervet.core.limits import Limits, Usage
from vervet.sandbox.docker.steps_group import Used, host_sees
from vervet.sandbox.docker.steps_pipe import Pipe, attached
from vervet.sandbox.docker.steps_room import DISK, WAITERS_GROUP, Room
from vervet.sandbox.guest import GuestGoneError
from vervet.sandbox.job import Check, CheckReport, LimitHit

if TYPE_CHECKING:
    import docker

__all__ = ["NotStartedError", "ids_of", "run_step"]

ONE_PIPE = ("/bin/sh", "-c", 'exec "$@" 2>&1', "sh")
ASK_S, LAST_S, KILLED_S, SHORT_S = 0.25, 10.0, 2.0, 0.005
"""How often the engine is asked for what this host cannot see; how long the end of a step may take
to be known, and its last output where it was killed at a limit."""
DISK_S, DISK_SHARE = 2.0, 20
"""How often the disk is measured, at most; measuring takes less than this share of the time."""
REFUSED = "OCI runtime exec failed"
BY_THE_DISK = (
    "no such file",
    "permission denied",
    "ot a directory",
    "s a directory",
    "too many levels",
    "format error",
)
"""What the engine says where the container's own disk does not let a step begin."""


class NotStartedError(Exception):
    """Raised when the container's disk lets no step start (say, no shell); holds what was said."""


@dataclass
class _Step:
    """One step under way: how to tell that it has ended, and what it has used before it."""

    room: Room
    limits: Limits
    pipe: Pipe
    exec_id: str
    start: float
    before: Used
    held: int = -1
    """A pidfd of the step's first process; -1 where this host cannot see it."""
    limit: LimitHit | None = None
    known_by: str = ""
    asked: float = 0.0
    counted: float = 0.0
    measured: float = 0.0
    disk_pause: float = DISK_S

    @property
    def api(self) -> docker.APIClient:
        return self.room.engine.client.api

    def state(self) -> dict[str, Any]:
        """What the engine says of the step."""
        said: dict[str, Any] = self.api.exec_inspect(self.exec_id)
        return said

    def ended(self) -> bool:
        """Whether the first process has ended; asked of the kernel, else of the engine."""
        if self.held >= 0:
            return bool(select.select([self.held], [], [], 0)[0])
        now = time.monotonic()
        if now - self.asked < ASK_S and self.pipe.open:
            return False
        self.asked = now
        said = self.state()
        if said["Running"] and said["Pid"] and self.room.pid:
            self._hold(int(said["Pid"]))
        return not said["Running"] and said["ExitCode"] is not None

    def _hold(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            held = os.pidfd_open(pid)
            if host_sees(self.room.container, pid):
                self.held = held
            else:
                os.close(held)

    def wait(self, seconds: float) -> None:
        """Until something is to be read or has ended, or the time is over."""
        poll = select.poll()
        if self.pipe.open:
            poll.register(self.pipe.link, self.pipe.events())
        if self.held >= 0:
            poll.register(self.held, select.POLLIN)
        for descriptor, _ in poll.poll(max(0.0, seconds) * 1000):
            if descriptor != self.held:
                self.pipe.turn()

    def passed(self) -> tuple[LimitHit, str] | None:
        """The limit that the step has met by now, and how that is known."""
        if self.pipe.truncated:
            return LimitHit.OUTPUT, "pipe"
        now = time.monotonic()
        if now - self.start > self.limits.wall_s:
            return LimitHit.WALL, "deadline"
        if now - self.counted > self.room.group.tick_s:
            self.counted = now
            if self.room.group.used().cpu_s - self.before.cpu_s > self.limits.cpu_s:
                return LimitHit.CPU, "cgroup" if self.room.pid else "engine"
        if not self.room.bounded and now - self.measured > self.disk_pause:
            grown = self.room.grown()
            self.measured = time.monotonic()
            self.disk_pause = max(DISK_S, DISK_SHARE * (self.measured - now))
            if grown > DISK:
                return LimitHit.DISK, "engine"
        return None

    def drain(self) -> None:
        """Read what the pipe still holds, once all who could write to it are gone.

        Raises `GuestGoneError` where it does not come to its end: what is missing is not known.
        """
        deadline = time.monotonic() + (KILLED_S if self.limit else LAST_S)
        while self.pipe.open and time.monotonic() < deadline:
            self.wait(ASK_S)
        if self.pipe.open and not self.limit:
            raise GuestGoneError("the engine does not end the output of a step")

    def exit_code(self) -> int:
        """Raises `GuestGoneError` if the engine does not learn of the end."""
        deadline = time.monotonic() + LAST_S
        while (said := self.state())["Running"] or said["ExitCode"] is None:
            if time.monotonic() > deadline:
                raise GuestGoneError("the engine does not learn that a step has ended")
            time.sleep(SHORT_S)
        if not said["Pid"]:
            words = self.pipe.output.decode(errors="replace").strip()
            if words.startswith(REFUSED) and any(each in words for each in BY_THE_DISK):
                raise NotStartedError(words)
            raise GuestGoneError(f"the engine could not start a step: {words}")
        return int(said["ExitCode"])


def ids_of(user: str) -> str:
    """The numbers of "root", "UID" or "UID:GID": names would be looked up in the container's files.

    Raises `JobError` for any other, and for the group of the container's own processes.
    """
    words = ("0:0" if user == "root" else user).split(":")
    if len(words) > 2 or not all(word.isascii() and word.isdigit() for word in words):
        raise JobError(f"user {user!r} of a step", hint='Say "root", "UID" or "UID:GID".')
    uid, gid = int(words[0]), int(words[-1])
    if gid == WAITERS_GROUP:
        raise JobError(f"the group {gid} is the container's own", hint="Name another group.")
    return f"{uid}:{gid}"


def run_step(room: Room, check: Check, limits: Limits, env: dict[str, str]) -> CheckReport:
    """Run a check's program to its end or its limit; afterwards none of its processes is left.

    Raises `NotStartedError`, `GuestGoneError`, and what the engine raises.
    """
    room.group.begin()
    before = room.group.used()
    made = room.engine.client.api.exec_create(
        room.container,
        [*ONE_PIPE, *check.argv],
        stdin=bool(check.stdin),
        environment=env,
        workdir=check.folder,
        user=ids_of(check.user),
    )
    start = time.monotonic()
    with attached(room.engine, made["Id"]) as (link, early):
        pipe = Pipe(link, limits.output, check.stdin)
        step = _Step(room, limits, pipe, made["Id"], start, before, counted=start, measured=start)
        try:
            pipe.feed(early)
            return _follow(step, check.name)
        finally:
            if step.held >= 0:
                os.close(step.held)


def _follow(step: _Step, name: str) -> CheckReport:
    tick = step.room.group.tick_s
    while not step.ended():
        step.wait(min(tick, step.start + step.limits.wall_s - time.monotonic() + 0.001))
        hit = step.passed()
        if hit is not None:
            step.limit, step.known_by = hit
            break
    wall = time.monotonic() - step.start
    code: int | None = None
    if step.limit is None and not step.room.pid:
        code = step.exit_code()  # what ends the others makes the engine forget the step
    used = step.room.group.used()
    _clear(step)
    if step.limit is None and code is None:
        code = step.exit_code()
    return _report(step, name, code, wall, used)


def _clear(step: _Step) -> None:
    """End all processes, one that was still being started as its time ran out, too.

    Raises `GuestGoneError` where it does not end.
    """
    if not step.room.pid:
        if step.limit:
            step.pipe.leave()
        step.room.group.clear()
        step.drain()
        return
    deadline = time.monotonic() + LAST_S
    step.room.group.clear()
    step.drain()
    while step.limit and step.state()["Running"]:
        if time.monotonic() > deadline:
            raise GuestGoneError("a step does not end")
        time.sleep(SHORT_S)
        step.room.group.clear()


def _report(step: _Step, name: str, code: int | None, wall: float, used: Used) -> CheckReport:
    before, pipe = step.before, step.pipe
    limit, known_by = step.limit, step.known_by
    if used.kills > before.kills:
        limit, known_by = LimitHit.MEMORY, "cgroup" if step.room.pid else "engine"
    elif limit is None and pipe.truncated:
        limit, known_by = LimitHit.OUTPUT, "pipe"
    return CheckReport(
        name=name,
        exit_code=code,
        signal=signal.SIGKILL if code is None else None,
        stdout=bytes(pipe.output),
        stderr=b"",
        usage=Usage(
            wall_s=wall,
            cpu_user_s=max(0.0, used.user_s - before.user_s),
            cpu_system_s=max(0.0, used.system_s - before.system_s),
            peak_memory=used.peak,
            output=len(pipe.output),
        ),
        limit=limit,
        known_by=known_by,
        truncated=pipe.truncated,
    )
