"""Owns one running guest from the host's side: its connection, its deadlines, its end.

Never trusts what it reads, never waits without a deadline, and knows nothing of how the guest
was started: whoever did that holds its processes and can end them all.
"""

from __future__ import annotations

import marshal
import os
import select
import socket
import struct
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol, Self

from vervet.core.digests import digest_json
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.wire import HEAD_CAP, LENGTHS, ProtocolError, parse_head

__all__ = [
    "Answer",
    "Guest",
    "GuestGoneError",
    "GuestSilentError",
    "Holder",
    "boot_argv",
    "boot_blob",
    "runner_digest",
]

MODULES = (
    "guest",
    "guest.wire",
    "guest.kernel",
    "guest.delay",
    "guest.folder",
    "guest.layers",
    "guest.streams",
    "guest.candidate",
    "guest.watch",
    "guest.runner",
    "court",
    "court.bounds",
    "court.writer",
    "court.reader",
    "court.pipe",
    "court.account",
    "court.remote",
    "court.judge",
    "court.solver",
    "court.beside",
)
"""In the order of their imports. `court` is for checks that have a judge and a solver: the runner
does not use it, but loading it for every check would take longer than most checks do."""
FOLDERS = {"guest": "python", "court": "functions"}
"""Where each package lies in `sandboxes`."""
CHUNK = 1 << 18
NUMBER = struct.Struct("=i")
RIGHTS_SPACE = socket.CMSG_SPACE(4 * NUMBER.size)
OLD_MARSHAL = 2
"""The format that every Python reads."""


class GuestGoneError(Exception):
    """Raised when the guest has ended before it answered; holds its last words."""


class GuestSilentError(Exception):
    """Raised when the guest did not answer before the deadline."""


class Holder(Protocol):
    """Whoever started a guest's processes, and can end them all."""

    def admit(self) -> None:
        """Called once, before anything is sent: bound what the guest has not yet begun to use.

        Raises `GuestGoneError`.
        """
        ...

    def last_words(self) -> str:
        """What the isolation complained of, in one line; candidates cannot write there."""
        ...

    def memory_kills(self) -> int:
        """Processes that a control group killed for memory so far; 0 where unknown."""
        ...

    def end(self) -> None:
        """Kill every process of the guest and return when they are gone."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One frame of the guest's, with the descriptors that came along."""

    head: dict[str, Any]
    body: bytes
    descriptors: list[int] = field(default_factory=list)

    def close(self) -> None:
        """Close the descriptors."""
        while self.descriptors:
            os.close(self.descriptors.pop())


def _sources() -> dict[str, str]:
    files = {name: _file(name) for name in MODULES}
    files["boot"] = sandboxes_dir() / "python" / "boot.py"
    return {name: path.read_text() for name, path in files.items()}


def _file(name: str) -> Path:
    package, _, module = name.partition(".")
    return sandboxes_dir() / FOLDERS[package] / package / f"{module or '__init__'}.py"


@cache
def runner_digest() -> str:
    """Identity of the code that runs inside."""
    return digest_json(_sources())


@cache
def boot_blob(*, portable: bool = False) -> bytes:
    """The guest's modules: compiled, or where its interpreter may be another one, as sources."""
    sources = _sources()
    codes = [
        (
            name,
            sources[name]
            if portable
            else compile(sources[name], f"{name}.py", "exec", dont_inherit=True),
        )
        for name in MODULES
    ]
    blob = marshal.dumps(codes, OLD_MARSHAL) if portable else marshal.dumps(codes)
    return len(blob).to_bytes(4, "big") + blob


@cache
def boot_argv() -> tuple[str, ...]:
    """Options of the interpreter: no site, no user site, nothing of the environment's paths."""
    return ("-S", "-s", "-P", "-B", "-c", _sources()["boot"])


class Guest:
    """A started guest behind `link`, a connected stream socket that this owns.

    `portable`: its interpreter may be of another version than this one; `root` is the private
    folder that is this guest's alone, where that is not the same for all.
    """

    def __init__(
        self, link: socket.socket, holder: Holder, *, portable: bool = False, root: str = ""
    ) -> None:
        self._link, self._holder, self._portable = link, holder, portable
        self.root = root
        self._buffer = bytearray()
        self._descriptors: list[int] = []
        self._memory_kills = 0
        link.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """The descriptor that becomes readable when there is something to `receive`."""
        return self._link.fileno()

    @property
    def alive(self) -> bool:
        """Whether the guest is there and waits to be asked; false after an unasked word."""
        try:
            self._link.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return not self._buffer
        except OSError:
            return False
        return False

    def begin(self, hello: bytes, *, seconds: float) -> dict[str, Any]:
        """Start the runner and tell it what to put in force; the head of its answer.

        Raises `GuestGoneError`, `GuestSilentError` or `ProtocolError`.
        """
        self._holder.admit()
        self.ask(boot_blob(portable=self._portable) + hello, seconds=seconds)
        head = self.answer(body_cap=0, seconds=seconds).head
        if head["answer"] != "ready":
            raise ProtocolError("the first answer is not that it is ready")
        return head

    def ask(self, message: bytes, *, seconds: float, descriptors: tuple[int, ...] = ()) -> None:
        """Send a message. Raises `GuestGoneError` or `GuestSilentError`."""
        deadline = time.monotonic() + seconds
        view = memoryview(message)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b"".join(map(NUMBER.pack, descriptors)))]
        while view:
            try:
                view = view[self._link.sendmsg([view[:CHUNK]], rights if descriptors else []) :]
                descriptors = ()
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except OSError:
                raise GuestGoneError(self._holder.last_words()) from None

    def answer(self, *, body_cap: int, seconds: float) -> Answer:
        """The next answer. Raises `GuestGoneError`, `GuestSilentError` or `ProtocolError`."""
        deadline = time.monotonic() + seconds
        while (found := self.receive(body_cap=body_cap)) is None:
            self._wait(select.POLLIN, deadline)
        return found

    def receive(self, *, body_cap: int) -> Answer | None:
        """The next answer if all of it is there. Raises `GuestGoneError` or `ProtocolError`."""
        while (found := self._parse(body_cap)) is None:
            try:
                part, extra, _, _ = self._link.recvmsg(CHUNK, RIGHTS_SPACE, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return None
            except OSError:
                raise GuestGoneError(self._holder.last_words()) from None
            for level, kind, data in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    whole = len(data) - len(data) % NUMBER.size
                    self._descriptors += [each for (each,) in NUMBER.iter_unpack(data[:whole])]
            if not part:
                raise GuestGoneError(self._holder.last_words())
            self._buffer += part
        return found

    def _parse(self, body_cap: int) -> Answer | None:
        buffer = self._buffer
        if len(buffer) < LENGTHS.size:
            return None
        head_size, body_size = LENGTHS.unpack_from(buffer)
        if head_size > HEAD_CAP or body_size > body_cap:
            raise ProtocolError(f"an answer of {head_size} and {body_size} bytes is too large")
        body_at = LENGTHS.size + head_size
        end = body_at + body_size
        if len(buffer) < end:
            return None
        head = parse_head(bytes(buffer[LENGTHS.size : body_at]))
        found = Answer(head, bytes(buffer[body_at:end]), self._descriptors)
        self._descriptors = []
        del buffer[:end]
        return found

    def killed_for_memory(self) -> bool:
        """Whether a control group has killed of this guest's processes since last asked."""
        before, self._memory_kills = self._memory_kills, self._holder.memory_kills()
        return self._memory_kills > before

    def close(self) -> None:
        """End every process of the guest and wait for that."""
        try:
            self._holder.end()
        finally:
            self._link.close()
            Answer({}, b"", self._descriptors).close()

    def _wait(self, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._link, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000 + 1):
            raise GuestSilentError
