"""A process beside the worker that reads what a candidate has a hand in: logs, sources.

Parsers of such text may take hours, gigabytes or the interpreter's stack; there they take the
side process with them and nothing else. It is kept for the next text and ends with its worker.
Each message is eight bytes of length and a JSON object, either way.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

__all__ = ["Aside", "serve"]

_HEAD = struct.Struct(">Q")
Message = dict[str, Any]


class Aside:
    """The side process that runs `module`: started when needed, one question at a time.

    `first_s` is added to the deadline of its first question, since it may still be importing.
    """

    def __init__(self, module: str, *, first_s: float) -> None:
        self._module = module
        self._first_s = first_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._new = True
        atexit.register(self.close)

    def get_ready(self) -> None:
        """Start the process, unless one is there or is being asked. It is not waited for."""
        if self._lock.acquire(blocking=False):
            try:
                self._living()
            finally:
                self._lock.release()

    def ask(self, question: Message, deadline_s: float) -> Message | None:
        """The answer, or None if there was none before the deadline or the process fell."""
        request = json.dumps(question).encode()
        with self._lock:
            process = self._living()
            limit = deadline_s + (self._first_s if self._new else 0.0)
            try:
                given = cast(IO[bytes], process.stdin)
                given.write(_HEAD.pack(len(request)) + request)
                given.flush()
                answer = _answer(process, time.monotonic() + limit)
            except (BrokenPipeError, EOFError):
                answer = None
            self._new = False
            if answer is None:
                self._end(process)
            return answer

    def close(self) -> None:
        """End the process, if it is this process's own."""
        if self._process is not None and self._owner == os.getpid():
            self._end(self._process)

    def _living(self) -> subprocess.Popen[bytes]:
        """The side process of this process, started if there is none: a fork has none yet."""
        process = self._process
        if process is None or self._owner != os.getpid() or process.poll() is not None:
            self._owner, self._new = os.getpid(), True
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        with suppress(OSError):
            process.communicate()
        self._process = None


def serve(answer: Callable[[Message], Message], *, memory: int) -> None:
    """What a side process does: answer every question until the input ends.

    `memory` is the most that it may allocate, in bytes; what needs more ends it.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    given, taken = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What a library prints is no answer.
    while len(head := given.read(_HEAD.size)) == _HEAD.size:
        data = json.dumps(answer(json.loads(given.read(_HEAD.unpack(head)[0])))).encode()
        taken.write(_HEAD.pack(len(data)) + data)
        taken.flush()


def _answer(process: subprocess.Popen[bytes], until: float) -> Message | None:
    """Raises `EOFError` if the process ends before it has answered."""
    taken = cast(IO[bytes], process.stdout).fileno()
    data = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(taken, selectors.EVENT_READ)
        while len(data) < _HEAD.size or len(data) < _HEAD.size + _HEAD.unpack_from(data)[0]:
            if not selector.select(max(0.0, until - time.monotonic())):
                return None
            piece = os.read(taken, 1 << 20)
            if not piece:
                raise EOFError
            data += piece
    answer: Message = json.loads(data[_HEAD.size :])
    return answer
