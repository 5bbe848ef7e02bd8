"""Owns the frames on the two pipes between judge and solver: a length, then one encoded value.

What the other side sends is bounded and never trusted.
"""

from __future__ import annotations

import os

from court.bounds import COUNT, MAX_BYTES, BrokenError

__all__ = ["READ", "WRITE", "GoneError", "receive", "send"]

READ, WRITE = 3, 4
"""The descriptors on which either program finds its ends."""
CHUNK = 1 << 16


class GoneError(Exception):
    """Raised when the other side has closed, in the middle of a frame or between two."""


def send(data: bytes) -> None:
    """Write one frame. Raises `GoneError`."""
    view = memoryview(COUNT.pack(len(data)) + data)
    try:
        while view:
            view = view[os.write(WRITE, view) :]
    except OSError as error:
        raise GoneError from error


def receive() -> bytes:
    """The next frame. Raises `GoneError`, or `BrokenError` for one that is beyond the bounds."""
    (size,) = COUNT.unpack(_take(COUNT.size))
    if size > MAX_BYTES:
        raise BrokenError(f"a frame of {size} bytes")
    return _take(size)


def _take(size: int) -> bytes:
    parts = b""
    try:
        parts = os.read(READ, min(size, CHUNK))
        if len(parts) < size:
            parts = _rest(bytearray(parts), size)
    except OSError as error:
        raise GoneError from error
    return parts


def _rest(parts: bytearray, size: int) -> bytes:
    while len(parts) < size:
        part = os.read(READ, min(size - len(parts), CHUNK))
        if not part:
            raise GoneError
        parts += part
    return bytes(parts)
