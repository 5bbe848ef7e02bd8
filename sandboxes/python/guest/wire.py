"""Owns the frames between host and guest: two lengths, a JSON head, bytes in files in memory.

Descriptors may come or go with a frame's first bytes. Never accepts a length beyond its cap.
Importing `json` costs as much as starting the interpreter, so heads are read and written by its
C parts alone where they exist.
"""

from __future__ import annotations

import os
import sys
from _socket import CMSG_SPACE, SCM_RIGHTS, SOL_SOCKET, socket
from _struct import Struct
from fcntl import fcntl
from mmap import mmap

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from typing import Any

__all__ = ["F_ADD_SEALS", "Link", "WireError", "dumps", "loads"]

HEAD_CAP = 1 << 20
BODY_CAP = 512 << 20
LENGTHS = Struct(">II")
NUMBER = Struct("=i")
MOST_DESCRIPTORS = 4
F_ADD_SEALS = 1033
SEAL_EVERYTHING = 0xF
"""More seals, shrinking, growing and writing."""


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


class Link:
    """The guest's end of the connection to the host.

    Bodies go straight into files in memory and out of them: what belongs to one candidate never
    comes to lie in the memory of the runner, of which the next one is a fork.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket(fileno=descriptor)
        self.descriptor = descriptor

    def receive(self) -> tuple[dict[str, Any], int, list[int]] | None:
        """The next frame's head, a file of its body, and the descriptors that came along.

        None where the host closed between frames. The caller closes all descriptors.
        """
        space = CMSG_SPACE(MOST_DESCRIPTORS * NUMBER.size)
        first, extra, _, _ = self._socket.recvmsg(LENGTHS.size, space)
        if not first:
            return None
        descriptors = [
            NUMBER.unpack_from(data, at)[0]
            for level, kind, data in extra
            if (level, kind) == (SOL_SOCKET, SCM_RIGHTS)
            for at in range(0, len(data) - NUMBER.size + 1, NUMBER.size)
        ]
        head_size, body_size = LENGTHS.unpack(first + self._take(LENGTHS.size - len(first)))
        if head_size > HEAD_CAP or body_size > BODY_CAP:
            raise WireError(f"a frame of {head_size} and {body_size} bytes is beyond the cap")
        head = loads(self._take(head_size).decode())
        return head, self._file(body_size), descriptors

    def send(
        self,
        head: dict[str, Any],
        body: tuple[tuple[int, int], ...] = (),
        descriptors: tuple[int, ...] = (),
    ) -> None:
        """Write one frame, its body the first bytes of files: pairs of descriptor and size."""
        text = dumps(head).encode()
        size = sum(size for _, size in body)
        view = memoryview(LENGTHS.pack(len(text), size) + text)
        if descriptors:
            rights = b"".join(map(NUMBER.pack, descriptors))
            view = view[self._socket.sendmsg([view], [(SOL_SOCKET, SCM_RIGHTS, rights)]) :]
        self._socket.sendall(view)
        for file, size in body:
            sent = 0
            while sent < size:
                count = os.sendfile(self.descriptor, file, sent, size - sent)
                if not count:
                    raise WireError("a file to send is shorter than it was")
                sent += count

    def _take(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self._socket.recv(size - len(parts))
            if not part:
                raise WireError(f"closed after {len(parts)} of {size} bytes")
            parts += part
        return bytes(parts)

    def _file(self, size: int) -> int:
        """The next bytes, as a file in memory that nobody can change any more."""
        file = os.memfd_create("body", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        if size:
            os.ftruncate(file, size)
            with mmap(file, size) as place, memoryview(place) as view:
                have = 0
                while have < size:
                    count = self._socket.recv_into(view[have:])
                    if not count:
                        raise WireError(f"closed after {have} of {size} bytes")
                    have += count
        fcntl(file, F_ADD_SEALS, SEAL_EVERYTHING)
        return file
