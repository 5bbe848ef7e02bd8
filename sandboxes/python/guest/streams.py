"""Owns the files in memory that are a check's standard output and error.

Sealed: they neither grow nor shrink. How much was written is where the shared offset stands.
Nothing on any disk, and nothing that outlives the check.
"""

from __future__ import annotations

import os
from fcntl import fcntl

from guest.wire import F_ADD_SEALS

__all__ = ["Streams"]

SPARE = 64 << 10
"""Bytes beyond the cap: what takes up the write that goes beyond it."""
FIXED = 1 | 2 | 4
"""No more seals, no shrinking, no growing."""
FLAGS = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING


class Streams:
    """The output and error of one check. Raises `OSError` where memory is short."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self.out = os.memfd_create("stdout", FLAGS)
        self.err = os.memfd_create("stderr", FLAGS)
        for descriptor in (self.out, self.err):
            os.ftruncate(descriptor, cap + SPARE)
            fcntl(descriptor, F_ADD_SEALS, FIXED)

    def written(self) -> tuple[int, int]:
        """Bytes of output and error so far; the offset is wherever the candidate moved it."""
        return os.lseek(self.out, 0, os.SEEK_CUR), os.lseek(self.err, 0, os.SEEK_CUR)

    def over(self) -> bool:
        """Whether more was written than the cap for both."""
        return sum(self.written()) > self._cap

    def kept(self) -> tuple[int, int]:
        """Bytes of output and error to hand out, the cap going to output first."""
        out, err = self.written()
        out = min(out, self._cap)
        return out, min(err, self._cap - out)

    def close(self) -> None:
        """Free both."""
        for descriptor in (self.out, self.err):
            os.close(descriptor)
