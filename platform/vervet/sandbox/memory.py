"""Owns how a candidate's own last words tell that its memory was short."""

from __future__ import annotations

__all__ = ["says_memory_error"]

LAST = 4096


def says_memory_error(stderr: bytes) -> bool:
    """Whether a traceback ends in MemoryError. Only where the exit code says that it is one."""
    return stderr[-LAST:].rstrip().rpartition(b"\n")[2].startswith(b"MemoryError")
