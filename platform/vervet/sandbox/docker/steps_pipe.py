"""Owns the engine's connection to one step: what the step wrote, up to a bound, and its input.

Never waits, and knows nothing of how the step ends.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["Pipe", "attached"]

HEAD, MOST = 8, 1 << 16


@dataclass
class Pipe:
    """The engine's stream of what a step wrote: frames with a head of eight bytes each."""

    link: socket.socket
    cap: int
    stdin: bytes
    output: bytearray = field(default_factory=bytearray)
    truncated: bool = False
    open: bool = True
    _raw: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        """Take bytes from the engine; what is beyond the cap is dropped."""
        self._raw += data
        while len(self._raw) >= HEAD:
            size = int.from_bytes(self._raw[4:HEAD], "big")
            if len(self._raw) < HEAD + size:
                return
            room = self.cap - len(self.output)
            self.output += self._raw[HEAD : HEAD + min(size, room)]
            self.truncated = self.truncated or size > room
            del self._raw[: HEAD + size]

    def events(self) -> int:
        """What to wait for."""
        return select.POLLIN | (select.POLLOUT if self.stdin else 0)

    def leave(self) -> None:
        """Take no more: an engine that waits for its reader does not restart a container."""
        self.open = False
        with contextlib.suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)

    def turn(self) -> None:
        """Read what is there, and write what there is room for."""
        if self.stdin:
            with contextlib.suppress(BlockingIOError):
                try:
                    self.stdin = self.stdin[self.link.send(self.stdin[:MOST]) :]
                except (BrokenPipeError, ConnectionResetError):
                    self.stdin = b""
            if not self.stdin:
                with contextlib.suppress(OSError):
                    self.link.shutdown(socket.SHUT_WR)
        with contextlib.suppress(BlockingIOError):
            data = self.link.recv(MOST)
            self.open = bool(data)
            self.feed(data)


@contextlib.contextmanager
def attached(engine: Engine, exec_id: str) -> Iterator[tuple[socket.socket, bytes]]:
    """Start the step: the engine's connection, and what came along with its answer.

    The SDK gives away the connection below the reader of the answer's head, which may have read
    on into the stream.
    """
    stream: Any = engine.client.api.exec_start(exec_id, socket=True)
    answer, link = stream._response, getattr(stream, "_sock", stream)
    try:
        link.setblocking(False)
        yield link, answer.raw._fp.fp.peek()
    finally:
        answer.close()
        link.close()
