"""Owns one control group per guest: memory and processes of the whole, where the host lets it.

Never moves Vervet's own process, and never assumes where hierarchies are mounted. What cannot
be had is said in plain words, not raised: a guest runs without, and its report says so.
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

from vervet.core.errors import SandboxError

__all__ = ["Cgroup", "CgroupEvents", "make_cgroup", "sweep_cgroups"]

PROC = Path("/proc/self")
END_S = 10.0
PAUSE_S = 0.002
CONTROLLERS = ("memory", "pids")


@dataclass(frozen=True, slots=True)
class CgroupEvents:
    """What the kernel counted: processes killed for memory, forks refused, peak in bytes.

    The peak is 0 where the kernel is too old to keep it (v2 before Linux 5.19).
    """

    oom_kills: int
    pids_refused: int
    peak_memory: int


class Cgroup:
    """A control group of one guest; `version` is 1 or 2."""

    def __init__(self, version: int, memory: Path, pids: Path) -> None:
        self.version = version
        self._memory, self._pids = memory, pids

    @property
    def _folders(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((self._memory, self._pids)))

    def limit(self, *, memory: int, processes: int) -> None:
        """Bound memory (bytes, swap included) and processes (threads count). Raises `OSError`."""
        if self.version == 2:
            _write(self._memory / "memory.max", memory)
            _write_if_there(self._memory / "memory.swap.max", 0)
        else:
            both = self._memory / "memory.memsw.limit_in_bytes"
            _write_if_there(both, -1)  # never below the other, which is about to change
            _write(self._memory / "memory.limit_in_bytes", memory)
            _write_if_there(both, memory)
            _write_if_there(self._memory / "memory.swappiness", 0)
        _write(self._pids / "pids.max", processes)

    def add(self, pid: int) -> None:
        """Put a process in; what it starts from then on is in, too. Raises `OSError`."""
        for folder in self._folders:
            _write(folder / "cgroup.procs", pid)

    def events(self) -> CgroupEvents:
        """What has been counted so far."""
        v2 = self.version == 2
        kills = self._memory / ("memory.events" if v2 else "memory.oom_control")
        peak = self._memory / ("memory.peak" if v2 else "memory.max_usage_in_bytes")
        return CgroupEvents(
            oom_kills=_counts(kills).get("oom_kill", 0),
            pids_refused=_counts(self._pids / "pids.events").get("max", 0),
            peak_memory=int(_read(peak) or 0),
        )

    def close(self) -> None:
        """Kill what is left in it and remove it; a second time does nothing.

        Raises `SandboxError` if a process does not end within 10 s of being killed.
        """
        deadline = time.monotonic() + END_S
        for folder in self._folders:
            while not _gone(folder):
                if time.monotonic() > deadline:
                    raise SandboxError(
                        f"the control group {folder} does not empty within {END_S:.0f} s",
                        hint="The kernel holds its processes: look for a failing disk in its log.",
                    )
                self._kill(folder)
                time.sleep(PAUSE_S)

    def _kill(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            _write(self._pids / "pids.max", 0)  # nothing new is started meanwhile
        with contextlib.suppress(OSError):
            _write(folder / "cgroup.kill", 1)
            return
        for pid in _processes(folder):
            with contextlib.suppress(OSError), _held(pid) as process:
                if pid in _processes(folder):  # the number is still that of what was seen
                    signal.pidfd_send_signal(process, signal.SIGKILL)


def make_cgroup(name: str) -> Cgroup | str:
    """A new group below that of this process, or why there is none here, in plain words."""
    places = _places(_read(PROC / "cgroup"), _read(PROC / "mountinfo"))
    if "" in places:
        made = _make_v2(places[""], name)
        if isinstance(made, Cgroup) or not all(each in places for each in CONTROLLERS):
            return made
    if not all(each in places for each in CONTROLLERS):
        return "no hierarchy of control groups with memory and pids is mounted"
    return _make_v1(places["memory"] / name, places["pids"] / name)


def sweep_cgroups(prefix: str) -> int:
    """Remove empty groups named `<prefix>-<pid>-<n>` whose process is no more; how many."""
    pattern = re.compile(re.escape(prefix) + r"-(\d+)-\d+")
    places = _places(_read(PROC / "cgroup"), _read(PROC / "mountinfo"))
    folders = {places[each] for each in CONTROLLERS if each in places}
    if "" in places:
        folders |= {places[""], places[""].parent}
    removed: set[str] = set()
    for folder in folders:
        with contextlib.suppress(OSError):
            for child in list(folder.iterdir()):
                match = pattern.fullmatch(child.name)
                if match and not Path(f"/proc/{match[1]}").exists() and _gone(child):
                    removed.add(child.name)
    return len(removed)


def _places(cgroup: str, mountinfo: str) -> dict[str, Path]:
    """Where this process's own groups lie, by controller of v1; "" is the hierarchy of v2."""
    own = {
        controller: path
        for line in cgroup.splitlines()
        for _, controllers, path in [line.split(":", 2)]
        for controller in controllers.split(",")
    }
    places: dict[str, Path] = {}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        root, mounted = (_unescape(field) for field in before.split()[3:5])
        for controller in {"cgroup2": [""], "cgroup": options.split(",")}.get(kind, []):
            path = own.get(controller)
            if controller in ("", *CONTROLLERS) and path is not None:
                with contextlib.suppress(ValueError):  # mounted from beside or below our own
                    places.setdefault(controller, Path(mounted) / Path(path).relative_to(root))
    return places


def _make_v1(memory: Path, pids: Path) -> Cgroup | str:
    group = Cgroup(1, memory, pids)
    made: list[Path] = []
    try:
        for folder in group._folders:
            _make_folder(folder)
            made.append(folder)
    except OSError as error:
        for folder in made:
            _gone(folder)
        return f"control groups v1 cannot be made in {folder.parent} ({error.strerror})"
    return group


def _make_v2(own: Path, name: str) -> Cgroup | str:
    """Below the own group or, where that holds processes and so may share nothing, beside it."""
    reason = ""
    for folder in (own / name, own.parent / name):
        if not (folder.parent / "cgroup.procs").exists():
            continue
        try:
            if folder.parent == own:
                with contextlib.suppress(OSError):
                    _write(own / "cgroup.subtree_control", "+memory +pids")
            _make_folder(folder)
        except OSError as error:
            reason = reason or (
                f"control groups v2 cannot be made in {folder.parent} ({error.strerror})"
            )
            continue
        if all((folder / file).exists() for file in ("memory.max", "pids.max")):
            return Cgroup(2, folder, folder)
        _gone(folder)
        reason = f"control groups v2 in {folder.parent} are not given memory and pids"
    return reason or "the own control group v2 cannot be seen"


def _make_folder(folder: Path) -> None:
    folder.mkdir()


def _gone(folder: Path) -> bool:
    """Remove a group if it is empty; whether it is no more."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _held(pid: int) -> Iterator[int]:
    process = os.pidfd_open(pid)
    try:
        yield process
    finally:
        os.close(process)


def _processes(folder: Path) -> list[int]:
    """Zeros are processes of a namespace that this one cannot see."""
    return [pid for pid in map(int, _read(folder / "cgroup.procs").split()) if pid > 0]


def _counts(file: Path) -> dict[str, int]:
    pairs = (line.split() for line in _read(file).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _write(file: Path, value: int | str) -> None:
    """In one call, and never making a file that the kernel did not."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


def _write_if_there(file: Path, value: int) -> None:
    if file.exists():
        _write(file, value)


def _unescape(field: str) -> str:
    """Spaces and the like are octal in mountinfo."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
