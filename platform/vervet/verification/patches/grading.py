"""What a log of tests says, by the log parsers and the grading of `swebench`, unmodified.

The log is the candidate's word, and some parsers take time that grows with its square: they run
in a process of their own, which is kept for the next log and ended at a deadline.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, cast

from vervet.core.errors import ProblemError, UsageError
from vervet.core.values import Problem

__all__ = ["DEADLINE_S", "MAX_LOG", "Graded", "check_extra", "get_ready", "markers", "regrade"]

DEADLINE_S = 60.0
"""Longest time that reading one log may take."""
MAX_LOG = 64 << 20
START, END = ">>>>> Start Test Output", ">>>>> End Test Output"
_SPEC = (
    "image", "repo", "version", "FAIL_TO_PASS", "PASS_TO_PASS", "log_parser", "eval_type",
)  # fmt: skip
_HEAD = struct.Struct(">Q")
_FIRST_S = 120.0  # The first log waits for `swebench` to be imported, on a busy host too.


@dataclass(frozen=True, slots=True)
class Graded:
    """What the official grading makes of a log.

    `found` says that results were found in it at all; without, every test counts as failed, and
    `why` is empty or says that the log could not be read ("too_large", "too_slow"). `statuses`
    are those of every test that the parser saw ("PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL").
    `resolution` is "RESOLVED_FULL", "RESOLVED_PARTIAL" or "RESOLVED_NO".
    """

    found: bool
    resolved: bool
    resolution: str
    statuses: Mapping[str, str]
    f2p_success: tuple[str, ...]
    f2p_failure: tuple[str, ...]
    p2p_success: tuple[str, ...]
    p2p_failure: tuple[str, ...]
    why: str = ""


def check_extra() -> None:
    """Raise `UsageError` if `swebench`, which the grading is of, is not installed."""
    if importlib.util.find_spec("swebench") is None:
        raise UsageError(
            "patches are graded with the package `swebench`, which is not installed",
            hint="Install the extra: pip install 'vervet[swebench]'.",
        )


def get_ready() -> None:
    """Start the process that reads logs, which takes seconds; it is not waited for.

    Raises `UsageError` without `swebench`.
    """
    check_extra()
    _reader.get_ready()


def markers(log: bytes | str) -> tuple[int, int]:
    """How often the start marker and the end marker of the tests' output stand in a log."""
    text = log.decode("utf-8", "replace") if isinstance(log, bytes) else log
    return text.count(START), text.count(END)


def regrade(log: bytes | str, problem: Problem, *, deadline_s: float = DEADLINE_S) -> Graded:
    """The official verdict on a log of an instance's tests.

    Raises `UsageError` without `swebench`, and `ProblemError` for a log parser that it has not.
    """
    check_extra()
    text = log.decode("utf-8", "replace") if isinstance(log, bytes) else log
    if len(text) > MAX_LOG:
        return _none(problem, "too_large")
    spec = {"instance_id": problem.id, **{key: problem.spec[key] for key in _SPEC}}
    request = json.dumps({"log": text, "spec": spec}).encode()
    answer = _reader.ask(request, deadline_s)
    if answer is None:
        return _none(problem, "too_slow")
    if "error" in answer:
        raise ProblemError(f"problem {problem.id}: {answer['error']}")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in answer.items()
    }
    return Graded(**values)


def _none(problem: Problem, why: str) -> Graded:
    """The grading of a log in which nothing can be found."""
    failing = tuple(problem.spec["FAIL_TO_PASS"]), tuple(problem.spec["PASS_TO_PASS"])
    return Graded(False, False, "RESOLVED_NO", {}, (), failing[0], (), failing[1], why)


class _Reader:
    """The process that reads logs: started at the first or before it, one log at a time.

    `_new` until it has answered once: it may still be importing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._new = True

    def get_ready(self) -> None:
        """Start the process, unless one is there or a log is being read."""
        if self._lock.acquire(blocking=False):
            try:
                self._living()
            finally:
                self._lock.release()

    def ask(self, request: bytes, deadline_s: float) -> dict[str, Any] | None:
        """The answer, or None if there was none before the deadline."""
        with self._lock:
            process = self._living()
            limit = deadline_s + (_FIRST_S if self._new else 0.0)
            try:
                given = cast(IO[bytes], process.stdin)
                given.write(_HEAD.pack(len(request)) + request)
                given.flush()
                answer = self._answer(process, time.monotonic() + limit)
            except (BrokenPipeError, EOFError):
                answer = None
            self._new = False
            if answer is None:
                self._end(process)
            return answer

    def _living(self) -> subprocess.Popen[bytes]:
        """The process of this process, started if there is none."""
        process = self._process
        if process is None or self._owner != os.getpid() or process.poll() is not None:
            process = self._process = self._start()
        return process

    def _start(self) -> subprocess.Popen[bytes]:
        self._owner, self._new = os.getpid(), True
        return subprocess.Popen(
            [sys.executable, "-m", "vervet.verification.patches.grading_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _answer(self, process: subprocess.Popen[bytes], until: float) -> dict[str, Any] | None:
        """Raises `EOFError` if the process ends before it has answered."""
        taken = cast(IO[bytes], process.stdout).fileno()
        data = b""
        with selectors.DefaultSelector() as selector:
            selector.register(taken, selectors.EVENT_READ)
            while len(data) < _HEAD.size or len(data) < _HEAD.size + _HEAD.unpack_from(data)[0]:
                if not selector.select(max(0.0, until - time.monotonic())):
                    return None
                piece = os.read(taken, 1 << 20)
                if not piece:
                    raise EOFError
                data += piece
        answer: dict[str, Any] = json.loads(data[_HEAD.size :])
        return answer

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        with suppress(OSError):
            process.communicate()
        self._process = None

    def close(self) -> None:
        """End the process, if it is this process's own."""
        if self._process is not None and self._owner == os.getpid():
            self._end(self._process)


_reader = _Reader()
atexit.register(_reader.close)
