"""Owns the hold on the first process of a jail's namespace, with whose end all others end.

bwrap names it on a pipe as soon as it exists; it is held by a pidfd, so that no signal ever
reaches another process that was given the same number later. Never starts anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time

from vervet.core.errors import SandboxError

__all__ = ["First"]

CAP = 4096
END_S = 30.0


class First:
    """The first process of one namespace; `info` is bwrap's pipe, owned from here on."""

    def __init__(self, info: int) -> None:
        self._info, self._pidfd, self._pid = info, -1, 0
        self._told = bytearray()
        os.set_blocking(info, False)

    @property
    def held(self) -> bool:
        """Whether it is known which process it is."""
        return self._pidfd >= 0

    @property
    def pid(self) -> int:
        """Its number on the host; 0 where it is not held."""
        return self._pid

    def hold(self, seconds: float) -> bool:
        """Wait until bwrap has named the process, and take hold of it.

        False if it has not within `seconds`, or has ended without doing so.
        """
        deadline = time.monotonic() + seconds
        while not self.held and self._listen(deadline):
            self._take()
        return self.held

    def end(self) -> None:
        """Kill the process and wait until it, and so every other of its namespace, is gone.

        Its end, and not bwrap's, is the end of all: bwrap goes as soon as the program has.
        Does nothing where bwrap has named none: bwrap's own end is then that of all. Raises
        `SandboxError` if the kernel does not let them end.
        """
        if not self.hold(0.0):
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        if not _readable(self._pidfd, END_S):
            raise SandboxError(
                f"processes of a sandbox do not end within {END_S:g} s of being killed",
                hint="The kernel holds them: look for a failing disk in its log.",
            )

    def close(self) -> None:
        """Let go of the descriptors; calling it twice is harmless."""
        for descriptor in (self._info, self._pidfd):
            if descriptor >= 0:
                os.close(descriptor)
        self._info = self._pidfd = -1

    def _listen(self, deadline: float) -> bool:
        """Read what bwrap says next; False if that is nothing more, or nothing in time."""
        if self._info < 0 or not _readable(self._info, max(0.0, deadline - time.monotonic())):
            return False
        part = os.read(self._info, CAP)
        self._told += part
        return bool(part) and len(self._told) <= CAP

    def _take(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # not all of it yet
            pid = int(json.loads(self._told)["child-pid"])
            self._pidfd = os.pidfd_open(pid)
            self._pid = pid


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000 + (1 if seconds > 0 else 0)))
