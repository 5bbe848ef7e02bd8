"""Owns what a child puts in force on itself before a candidate's first line.

Made once by the runner from what the host asked for. What is really in force is found by trying
it in a child, never by what the kernel promises.
"""

from __future__ import annotations

import _socket
import os

from guest.kernel import Landlock, forbid_new_privileges, landlock_version, leave_keys, load_filter

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from typing import Any

__all__ = ["Layers"]

LANDLOCK_HOLDS, FILTER_HOLDS = 1, 2
AF_INET, SOCK_STREAM = 2, 1


class Layers:
    """Landlock and the system-call filter, as far as asked for and as far as they hold here."""

    def __init__(self, hello: dict[str, Any], program: bytes) -> None:
        self._landlock: Landlock | None = None
        self._program, self._slots = program, hello["pid_slots"]
        self.version = min(landlock_version(), hello["landlock"])
        if self.version:
            self._landlock = Landlock(self.version, execute=hello["execute"])
            for rule in hello["rules"]:
                self._landlock.allow(rule["path"], rule["access"])
        forbid_new_privileges()
        held = self._tried()
        self.filtered = bool(held & FILTER_HOLDS)
        if not self.filtered:
            leave_keys()
        if not held & LANDLOCK_HOLDS:
            self._landlock, self.version = None, 0

    def restrict(self) -> None:
        """Give up files and signals for good, while the ruleset is still open. Raises `OSError`."""
        if self._landlock is not None and not self._landlock.restrict():
            raise OSError("Landlock does not hold")

    def filter(self) -> None:
        """Give up system calls for good, as the last step: setting limits needs some of them.

        Raises `OSError`.
        """
        if self._program and self.filtered and not load_filter(self._program, self._slots):
            raise OSError("the filter of system calls does not hold")

    def _tried(self) -> int:
        """Which layers refuse, in a child, what they are there to refuse."""
        pid = os.fork()
        if pid == 0:
            held = 0
            try:
                held = self._try()
            finally:
                os._exit(held)
        _, status = os.waitpid(pid, 0)
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0

    def _try(self) -> int:
        held = 0
        if self._landlock is not None and self._landlock.restrict():
            try:
                os.listdir("/")
            except PermissionError:
                held |= LANDLOCK_HOLDS
        if self._program and load_filter(self._program, self._slots):
            try:
                _socket.socket(AF_INET, SOCK_STREAM)
            except PermissionError:
                held |= FILTER_HOLDS
        return held
