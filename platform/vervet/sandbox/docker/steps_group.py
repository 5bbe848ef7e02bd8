"""Owns what the host sees and does of a container's processes: counts, clears, never asks them.

Two ways. Where the host may (root, on the engine's own machine) it reads the control group and
kills by pidfd; elsewhere the engine is asked, and a restart ends every process.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vervet.sandbox.guest import GuestGoneError

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["EngineGroup", "Group", "HostGroup", "Used", "host_sees"]

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
TICKS = os.sysconf("SC_CLK_TCK")
EASY, PAUSE_S = 5, 0.002
"""Rounds of killing before the container is paused for it, and the wait between rounds."""
END_S = 20.0
OWN = 2


@dataclass(frozen=True, slots=True)
class Used:
    """What a container has used since it was started: seconds, bytes, kills for memory."""

    user_s: float = 0.0
    system_s: float = 0.0
    peak: int = 0
    kills: int = 0

    @property
    def cpu_s(self) -> float:
        """User and system time together."""
        return self.user_s + self.system_s


class Group(Protocol):
    """All processes of one container."""

    tick_s: float
    """How often it is worth asking what has been used."""

    def used(self) -> Used:
        """Counts since the container's start; of the peak, since `begin` where that can be."""
        ...

    def begin(self) -> None:
        """A step is about to start: measure the peak of memory from here."""
        ...

    def clear(self) -> None:
        """End every process but the container's init and what it waits with."""
        ...


def host_sees(container: str, pid: int) -> bool:
    """Whether the container's first process is `pid` here, too, and this process may kill it."""
    try:
        os.kill(pid, 0)
        return pid > 0 and container in (PROC / str(pid) / "cgroup").read_text()
    except OSError:
        return False


class HostGroup:
    """By the kernel's files. `pid` is the container's first process as this host numbers it.

    What runs now is spared from `clear`. No candidate can be behind it: the steps' processes are
    of another group id, so that the kernel lets none of them trace or write these.
    """

    tick_s = 0.05

    def __init__(self, engine: Engine, container: str, pid: int) -> None:
        self._engine, self._container = engine, container
        self._folders = _folders(pid)
        self._spared = self._waiting()

    def begin(self) -> None:
        """See `Group`. Where the kernel keeps one peak for good (v2), that one is reported."""
        with contextlib.suppress(OSError):
            (self._folders["memory"] / "memory.max_usage_in_bytes").write_text("0")

    def used(self) -> Used:
        """See `Group`. Raises `GuestGoneError` if the container has ended."""
        memory, cpu = self._folders["memory"], self._folders["cpuacct"]
        try:
            if (memory / "memory.oom_control").exists():
                user, system = _numbers(cpu / "cpuacct.stat", "user", "system")
                peak = int((memory / "memory.max_usage_in_bytes").read_text())
                (kills,) = _numbers(memory / "memory.oom_control", "oom_kill")
                return Used(user / TICKS, system / TICKS, peak, kills)
            user, system = _numbers(cpu / "cpu.stat", "user_usec", "system_usec")
            (kills,) = _numbers(memory / "memory.events", "oom_kill")
        except OSError as error:
            raise GuestGoneError("the container ended") from error
        peak = 0
        with contextlib.suppress(OSError):  # before Linux 5.19
            peak = int((memory / "memory.peak").read_text())
        return Used(user / 1e6, system / 1e6, peak, kills)

    def clear(self) -> None:
        """See `Group`. Raises `GuestGoneError` if one does not end within 20 s of being killed.

        So it does if a step has ended what waits, and with it the container.
        """
        deadline = time.monotonic() + END_S
        for turn in range(1 << 30):
            found = self._processes()
            if not found >= self._spared:
                raise GuestGoneError("the container ended")
            if found == self._spared:
                return
            if time.monotonic() > deadline:
                raise GuestGoneError("a process of the container does not end")
            with self._paused() if turn >= EASY else contextlib.nullcontext():
                for pid in self._processes() - self._spared:
                    self._kill(pid)
            time.sleep(PAUSE_S)

    def _waiting(self) -> frozenset[int]:
        """The init and what it has started."""
        deadline = time.monotonic() + END_S
        while len(found := self._processes()) < OWN:
            if time.monotonic() > deadline:
                raise GuestGoneError("the container did not start")
            time.sleep(PAUSE_S)
        return frozenset(found)

    def _processes(self) -> set[int]:
        try:
            return set(map(int, (self._folders["memory"] / "cgroup.procs").read_text().split()))
        except OSError as error:
            raise GuestGoneError("the container ended") from error

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        """Nothing is forked meanwhile; what was killed ends as soon as it may go on."""
        self._engine.client.api.pause(self._container)
        try:
            yield
        finally:
            self._engine.client.api.unpause(self._container)

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            held = os.pidfd_open(pid)
            try:
                if pid in self._processes():  # the number is still that of what was seen
                    signal.pidfd_send_signal(held, signal.SIGKILL)
            finally:
                os.close(held)


class EngineGroup:
    """By the engine's interface, at a price: half a second after each step."""

    tick_s = 1.0

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine, self._container = engine, container
        self._since = int(time.time())
        self._untouched = True

    def begin(self) -> None:
        """See `Group`: the container has just been started."""

    def used(self) -> Used:
        """See `Group`. The engine counts once a second; nothing of the peak under v2."""
        if self._untouched:  # so there is no need to wait for it
            self._untouched = False
            return Used(kills=self._kills())
        api = self._engine.client.api
        said: dict[str, Any] = api.stats(self._container, stream=False, one_shot=True)
        times = said.get("cpu_stats", {}).get("cpu_usage", {})
        user, system = (int(times.get(f"usage_in_{mode}mode", 0)) for mode in ("user", "kernel"))
        peak = int(said.get("memory_stats", {}).get("max_usage", 0))
        return Used(user / 1e9, system / 1e9, peak, self._kills())

    def clear(self) -> None:
        """See `Group`: the kernel ends all processes with the container's first one."""
        self._engine.client.api.restart(self._container, timeout=0)
        self._untouched = True

    def _kills(self) -> int:
        api: Any = self._engine.client.api
        asked = {"container": self._container, "event": "oom"}
        return sum(1 for _ in api.events(since=self._since, until=time.time(), filters=asked))


def _folders(pid: int) -> dict[str, Path]:
    """Where the controllers memory and cpuacct keep the group of a process."""
    lines = (PROC / str(pid) / "cgroup").read_text().splitlines()
    groups = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
    found = {}
    for wanted in ("memory", "cpuacct"):
        names = next((each for each in groups if wanted in each.split(",")), "")
        found[wanted] = CGROUPS / (wanted if names else "") / groups.get(names, "").lstrip("/")
    return found


def _numbers(file: Path, *names: str) -> list[int]:
    text = file.read_text()
    found = (re.search(rf"^{name} (\d+)$", text, re.MULTILINE) for name in names)
    return [int(each[1]) if each else 0 for each in found]
