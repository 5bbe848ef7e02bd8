"""Owns the frames between host and guest: two lengths, a JSON head, raw bytes.

Never accepts a length beyond its cap. Importing `json` costs as much as starting the
interpreter, so heads are read and written by its C parts alone where they exist.
"""

from __future__ import annotations

import os
import sys
from _struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from typing import Any

__all__ = ["HEAD_CAP", "WireError", "dumps", "loads", "receive", "send"]

HEAD_CAP = 1 << 20
BODY_CAP = 512 << 20
LENGTHS = Struct(">II")


class WireError(Exception):
    """Raised when the other side closed in the middle of a frame or sent nonsense."""


try:
    from _json import encode_basestring_ascii, make_scanner

    _scan = make_scanner(
        type(sys.implementation)(
            strict=True,
            object_hook=None,
            object_pairs_hook=None,
            parse_float=float,
            parse_int=int,
            parse_constant=float,
            memo={},
        )
    )

    def loads(text: str) -> Any:
        """The value of a JSON text that starts without blanks."""
        return _scan(text, 0)[0]

    def dumps(head: dict[str, Any]) -> str:
        """JSON of a flat dict of None, bool, int, float and str, or lists of such dicts."""
        items = (f"{encode_basestring_ascii(key)}:{_dump(value)}" for key, value in head.items())
        return "{" + ",".join(items) + "}"

    def _dump(value: Any) -> str:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str(encode_basestring_ascii(value))
        if isinstance(value, list):
            return "[" + ",".join(dumps(item) for item in value) + "]"
        return repr(value)

except ImportError:  # another Python than CPython
    from json import dumps, loads  # type: ignore[assignment]


def _read(descriptor: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(descriptor, min(size - len(parts), 1 << 20))
        if not part:
            raise WireError(f"closed after {len(parts)} of {size} bytes")
        parts += part
    return bytes(parts)


def receive(descriptor: int) -> tuple[dict[str, Any], bytes] | None:
    """The next frame's head and body; None where the other side closed between frames."""
    first = os.read(descriptor, 1)
    if not first:
        return None
    head_size, body_size = LENGTHS.unpack(first + _read(descriptor, LENGTHS.size - 1))
    if head_size > HEAD_CAP or body_size > BODY_CAP:
        raise WireError(f"a frame of {head_size} and {body_size} bytes is beyond the cap")
    head = loads(_read(descriptor, head_size).decode())
    return head, _read(descriptor, body_size)


def send(descriptor: int, head: dict[str, Any], body: bytes = b"") -> None:
    """Write one frame, however many writes it takes."""
    text = dumps(head).encode()
    view = memoryview(LENGTHS.pack(len(text), len(body)) + text + body)
    while view:
        view = view[os.write(descriptor, view) :]
