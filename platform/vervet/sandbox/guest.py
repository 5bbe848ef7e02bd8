"""Owns one running guest: its pipes, its deadline, its certain end.

Never trusts what it reads, never waits without a deadline, and never returns from `close`
while a process of the guest is alive.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import select
import signal
import subprocess
import time
from functools import cache
from typing import Any, Self

from vervet.core.digests import digest_json
from vervet.core.errors import SandboxError
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.wire import HEAD_CAP, LENGTHS, ProtocolError, parse_head

__all__ = ["Guest", "GuestGoneError", "GuestSilentError", "boot_argv", "boot_blob", "runner_digest"]

MODULES = (
    "guest",
    "guest.wire",
    "guest.kernel",
    "guest.folder",
    "guest.candidate",
    "guest.watch",
    "guest.runner",
)
"""In the order of their imports."""
CHUNK = 1 << 20
LAST_WORDS = 4096
END_S = 30


class GuestGoneError(Exception):
    """Raised when the guest has ended before it answered; holds its last words."""


class GuestSilentError(Exception):
    """Raised when the guest did not answer before the deadline."""


def _sources() -> dict[str, str]:
    folder = sandboxes_dir() / "python"
    files = {
        name: folder / "guest" / f"{name.partition('.')[2] or '__init__'}.py" for name in MODULES
    }
    return {name: path.read_text() for name, path in (files | {"boot": folder / "boot.py"}).items()}


@cache
def runner_digest() -> str:
    """Identity of the code that runs inside."""
    return digest_json(_sources())


@cache
def boot_blob() -> bytes:
    """The guest's modules, compiled: the interpreter inside is the one that runs this."""
    sources = _sources()
    codes = [
        (name, compile(sources[name], f"{name}.py", "exec", dont_inherit=True)) for name in MODULES
    ]
    blob = marshal.dumps(codes)
    return len(blob).to_bytes(4, "big") + blob


@cache
def boot_argv() -> tuple[str, ...]:
    """Options of the interpreter: no site, no user site, nothing of the environment's paths."""
    return ("-S", "-s", "-P", "-B", "-c", _sources()["boot"])


class Guest:
    """A started guest. `info` is a descriptor from which bwrap's word is read, or -1."""

    def __init__(self, process: subprocess.Popen[bytes], info: int = -1) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._process, self._info, self._first = process, info, -1
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        self._buffer = bytearray()
        for descriptor in (self._in, self._out, process.stderr.fileno()):
            os.set_blocking(descriptor, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ready(self, *, seconds: float) -> None:
        """Wait until the runner has started. Raises as `answer` does."""
        head, _ = self.answer(body_cap=0, seconds=seconds)
        if head["answer"] != "ready":
            raise ProtocolError("the first answer is not that it is ready")
        self._hold_first()

    def ask(self, message: bytes, *, seconds: float) -> None:
        """Send a message. Raises `GuestGoneError` or `GuestSilentError`."""
        deadline = time.monotonic() + seconds
        view = memoryview(message)
        while view:
            try:
                view = view[os.write(self._in, view[:CHUNK]) :]
            except BlockingIOError:
                self._wait(self._in, select.POLLOUT, deadline)
            except BrokenPipeError:
                raise GuestGoneError(self._last_words()) from None

    def answer(self, *, body_cap: int, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The next answer. Raises `GuestGoneError`, `GuestSilentError` or `ProtocolError`."""
        deadline = time.monotonic() + seconds
        head_size, body_size = LENGTHS.unpack(self._take(LENGTHS.size, deadline))
        if head_size > HEAD_CAP or body_size > body_cap:
            raise ProtocolError(f"an answer of {head_size} and {body_size} bytes is too large")
        head = parse_head(self._take(head_size, deadline))
        return head, self._take(body_size, deadline)

    def _take(self, size: int, deadline: float) -> bytes:
        while len(self._buffer) < size:
            try:
                part = os.read(self._out, CHUNK)
            except BlockingIOError:
                self._wait(self._out, select.POLLIN, deadline)
                continue
            if not part:
                raise GuestGoneError(self._last_words())
            self._buffer += part
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000 + 1):
            raise GuestSilentError

    def _last_words(self) -> str:
        """What bwrap or the interpreter complained of: a candidate cannot write there."""
        assert self._process.stderr
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        with contextlib.suppress(OSError):
            words = os.read(self._process.stderr.fileno(), LAST_WORDS)
            return words.decode(errors="replace").strip().rpartition("\n")[2]
        return ""

    def close(self) -> None:
        """End every process of the guest and wait for that."""
        process = self._process
        if self._first >= 0:
            self._end_first()
        elif process.poll() is None and self._info < 0:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        for descriptor in (self._info, self._first):
            if descriptor >= 0:
                os.close(descriptor)
        self._info = self._first = -1

    def _hold_first(self) -> None:
        """Take hold of the first process of the guest's namespace, as bwrap has named it."""
        if self._info >= 0:
            try:
                pid = int(json.loads(os.read(self._info, LAST_WORDS))["child-pid"])
                self._first = os.pidfd_open(pid)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ProtocolError(f"bwrap names no first process ({error})") from error

    def _end_first(self) -> None:
        """Kill the first process of the namespace: the kernel ends all others before it.

        Its end, and not bwrap's, is the end of all: bwrap goes as soon as the runner has.
        """
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)
        poll = select.poll()
        poll.register(self._first, select.POLLIN)
        if not poll.poll(END_S * 1000):
            raise SandboxError(
                f"processes of a sandbox do not end within {END_S} s of being killed",
                hint="The kernel holds them: look for a failing disk in its log.",
            )
