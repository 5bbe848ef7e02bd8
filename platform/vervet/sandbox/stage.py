"""Owns the thread that starts processes as a spare user where this process is root.

The thread alone lives in a mount namespace of its own, in which what the jail needs is seen
at a place that the spare user can reach (the interpreter may lie below a folder such as a
0700 home), and under the spare uid: credentials and namespaces belong to threads on Linux. So
whatever it starts is unprivileged from its first instruction, and nothing is left on disk.
"""

from __future__ import annotations

import ctypes
import os
import platform
import pwd
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from vervet.core.errors import NoIsolationError, SandboxError

__all__ = ["Direct", "Staged", "spare_uid", "stage_for"]

CLONE_FS, CLONE_NEWNS = 0x200, 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SET_IDS = {"x86_64": (116, 119, 117), "aarch64": (159, 149, 147)}
"""Numbers of setgroups, setresgid and setresuid: the C library's own change every thread."""
PLACES = ("/mnt", "/media", "/srv", "/opt")
FIRST_SPARE, SPARES = 56_000, 4_000


def spare_uid() -> int:
    """A uid that belongs to nobody here; workers of this host get different ones.

    Raises `NoIsolationError` if every uid of the range is somebody's.
    """
    for step in range(SPARES):
        uid = FIRST_SPARE + (os.getpid() + step) % SPARES
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise NoIsolationError(
        f"every uid from {FIRST_SPARE} to {FIRST_SPARE + SPARES - 1} belongs to somebody",
        hint="Run Vervet as a user other than root.",
    )


class Direct:
    """Starts processes as the user that this process is.

    From one thread that lives as long as this does: the kernel ends what asked to die with its
    parent when the thread that started it ends.
    """

    def __init__(self) -> None:
        self.uid, self._pid = os.getuid(), os.getpid()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vervet-stage")

    def place(self, source: Path) -> str:
        """Where a file or folder of the host is seen by what `start` starts."""
        return str(source)

    def start(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """`subprocess.Popen` with these arguments, as the user of this stage.

        Raises `SandboxError` in a process that was forked after this was made: the thread has
        stayed behind.
        """
        if os.getpid() != self._pid:
            raise SandboxError(
                "a sandbox was used in another process than the one that made it",
                hint="Make one sandbox in each worker process, after the fork.",
            )
        return self._thread.submit(_popen, argv, options).result()

    def close(self) -> None:
        """End the thread, and with it what it alone saw."""
        self._thread.shutdown()


class Staged(Direct):
    """Starts processes as a spare user, with `sources` of the host within its reach.

    Without sources, no mount is made: that much is possible where only uids can be changed.
    Raises `NoIsolationError`.
    """

    def __init__(self, sources: Sequence[Path]) -> None:
        super().__init__()
        self.uid = spare_uid()
        place = next(path for path in PLACES if Path(path).is_dir())
        self._places = {source: f"{place}/{i}" for i, source in enumerate(dict.fromkeys(sources))}
        try:
            self._thread.submit(self._enter, place).result()
        except OSError as error:
            self._thread.shutdown()
            raise NoIsolationError(
                f"root cannot prepare the jail here ({error})",
                hint="Run Vervet as a user other than root, or give the container CAP_SYS_ADMIN.",
            ) from error

    def place(self, source: Path) -> str:
        """Where a file or folder of the host is seen by what `start` starts."""
        return self._places.get(source, str(source))

    def _enter(self, place: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)

        def call(function: str, *arguments: Any) -> None:
            if getattr(libc, function)(*arguments) != 0:
                number = ctypes.get_errno()
                raise OSError(number, f"{function}: {os.strerror(number)}")

        if self._places:
            call("unshare", CLONE_FS | CLONE_NEWNS)
            call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
            call("mount", b"vervet", place.encode(), b"tmpfs", 0, b"mode=0755,size=64k")
        for source, seen in self._places.items():
            if source.is_dir():
                Path(seen).mkdir(mode=0o755)
            else:
                Path(seen).touch(mode=0o755)
            call("mount", os.fsencode(source), seen.encode(), None, MS_BIND | MS_REC, None)
        setgroups, setresgid, setresuid = SET_IDS[platform.machine()]
        call("syscall", setgroups, 0, None)
        call("syscall", setresgid, self.uid, self.uid, self.uid)
        call("syscall", setresuid, self.uid, self.uid, self.uid)


def stage_for(sources: Sequence[Path]) -> Direct:
    """As root a `Staged` with these sources, else a `Direct`. Raises `NoIsolationError`."""
    return Staged(sources) if os.getuid() == 0 else Direct()


def _popen(argv: Sequence[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, **options)
