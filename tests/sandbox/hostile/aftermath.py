"""What a sandbox may leave on its host: nothing. Looks from outside, and never mends anything."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox.hostile.files import MARK

__all__ = ["Host", "inhabitants"]

MIB = 1 << 20
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/mnt", "/srv")
MARKED = (
    "/",
    "/dev",
    "/etc",
    "/home",
    "/opt",
    "/root",
    "/sys",
    "/usr",
    "/usr/lib",
    "/var",
    "/work",
)
SHARED = ("shm", "msg", "sem")
TOLERANCE = 384 * MIB
"""Others use this machine at the same time."""
PATIENCE_S = 30.0


def inhabitants() -> list[str]:
    """Processes below this one in a process namespace of their own, as "pid name"."""
    parents: dict[int, int] = {}
    deep: dict[int, str] = {}
    own = _status(os.getpid()).get("NSpid", "").split()
    for pid in _pids():
        status = _status(pid)
        parents[pid] = int(status.get("PPid", "0"))
        if len(status.get("NSpid", "").split()) > len(own) and status["State"][0] not in "ZX":
            deep[pid] = f"{pid} {status['Name']}"
    return [name for pid, name in deep.items() if os.getpid() in _above(pid, parents)]


@dataclass(frozen=True, slots=True)
class Host:
    """A look at the host: what candidates' users own there, and what is in use or free.

    `memory` is what belongs to no process: others on this machine may start some meanwhile.
    """

    litter: frozenset[str]
    shared: tuple[int, ...]
    mounts: int
    memory: int
    disk: int
    inhabitants: int
    groups: int

    @classmethod
    def now(cls, uid: int) -> Host:
        """`uid` is the user that candidates are on this host."""
        return cls(
            litter=frozenset(_litter(uid)),
            shared=tuple(_owned(Path(f"/proc/sysvipc/{kind}"), uid) for kind in SHARED),
            mounts=len(Path("/proc/self/mountinfo").read_text().splitlines()),
            memory=_ownerless(),
            disk=sum(map(_free, _file_systems("/", "/tmp", "/dev/shm"))),
            inhabitants=len(inhabitants()),
            groups=len(_groups()),
        )

    def changes(self, uid: int) -> list[str]:
        """What is other than it was, in words; waits a little for memory and disk."""
        _until(lambda: _ownerless() <= self.memory + TOLERANCE)
        after = Host.now(uid)
        found = [f"left {path}" for path in sorted(after.litter - self.litter)]
        if after.shared != self.shared:
            found.append(f"System V objects: {after.shared}, before {self.shared}")
        if after.mounts != self.mounts:
            found.append(f"{after.mounts} mounts, before {self.mounts}")
        if after.memory > self.memory + TOLERANCE:
            found.append(f"{(after.memory - self.memory) // MIB} MiB of memory belong to nobody")
        if after.disk < self.disk - 2 * TOLERANCE:
            found.append(f"{(self.disk - after.disk) // MIB} MiB of disk are gone")
        if after.inhabitants != self.inhabitants:
            found.append(f"processes: {inhabitants()}")
        if after.groups != self.groups:
            found.append(f"control groups: {_groups()}")
        return found


def _groups() -> list[str]:
    """Control groups of this process's guests."""
    return [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/vervet-{os.getpid()}-*")]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.2)


def _litter(uid: int) -> Iterator[str]:
    """Files of that user in the places where any user may write, and marked ones anywhere near."""
    for place in PLACES:
        for folder in (place, *_folders(place)):
            with contextlib.suppress(OSError):
                for entry in os.scandir(folder):
                    if MARK in entry.name or entry.stat(follow_symlinks=False).st_uid == uid:
                        yield entry.path
    for place in (*MARKED, str(Path.cwd())):
        for folder in (place, *_folders(place)):
            if os.path.lexists(Path(folder, MARK)):
                yield str(Path(folder, MARK))


def _folders(place: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [entry.path for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False)]
    return []


def _owned(table: Path, uid: int) -> int:
    """Rows of a table in /proc/sysvipc that belong to the user."""
    head, *rows = (line.split() for line in table.read_text().splitlines())
    return sum(row[head.index("uid")] == str(uid) for row in rows)


def _ownerless() -> int:
    """Bytes of files in memory and of the kernel's own: what could outlive every process."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0] in ("Shmem:", "SUnreclaim:"))


def _file_systems(*places: str) -> list[str]:
    """One place of each file system that they lie on."""
    return list({Path(place).stat().st_dev: place for place in places}.values())


def _free(place: str) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _status(pid: int) -> dict[str, str]:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return {}


def _above(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid := parents.get(pid, 0):
        yield pid
