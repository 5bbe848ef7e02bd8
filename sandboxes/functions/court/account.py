"""Owns what the judge knows of a run: each assert's outcome, the first failure, what is stuck.

A failure that is stuck stays, whatever the tests catch. Never judges: the host reads the account.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from typing import Any

__all__ = ["Account"]

MOST_OUTCOMES = 4096
"""Asserts whose outcomes are told one by one; beyond, they are only counted."""
MOST_WORDS = 500
LONG_TO_SHOW = 50_000


class Account:
    """One run's. With `go_on`, an assert that fails does not end the tests."""

    def __init__(self, *, go_on: bool) -> None:
        self.go_on = go_on
        self.outcomes: list[str] = []
        self.reached = 0
        self.failed = False
        self.ended = False
        self.changed = False
        self.handles = False
        self.stuck = ""
        self.stuck_words = ""
        self.first: dict[str, Any] = {}
        self.called = False
        self.last: Any = None
        self.last_size = 0
        self.raised: BaseException | None = None
        self.raised_words = ""

    def met(self) -> None:
        """An assert was true."""
        self._reach("P")

    def missed(self, at: int) -> None:
        """The assert numbered `at` was not true, or something was raised: end the run or go on."""
        error = sys.exc_info()[1]
        assert error is not None
        self._reach("F" if type(error) is AssertionError else "E")
        self._note(error, at)
        if not self.go_on or not isinstance(error, Exception):
            raise error

    def end(self, error: BaseException) -> None:
        """The tests ended by an exception."""
        self._note(error, -1)

    def stick(self, code: str, words: str = "") -> None:
        """Remember a failure that no `except` can clear; the first one stays."""
        if not self.stuck:
            self.stuck, self.stuck_words = code, words[:MOST_WORDS]

    def tell(self, descriptor: int, word: str) -> None:
        """Write the account as one line of JSON after the host's word."""
        told = {
            "outcomes": "".join(self.outcomes),
            "reached": self.reached,
            "failed": self.failed,
            "ended": self.ended,
            "changed": self.changed,
            "handles": self.handles,
            "stuck": self.stuck,
            "stuck_words": self.stuck_words,
            **self.first,
        }
        view = memoryview(f"\n{word}{_json(told)}".encode())
        while view:
            view = view[os.write(descriptor, view) :]

    def _reach(self, outcome: str) -> None:
        self.reached += 1
        self.failed |= outcome != "P"
        if self.reached <= MOST_OUTCOMES:
            self.outcomes.append(outcome)

    def _note(self, error: BaseException, at: int) -> None:
        self.failed = True
        if self.first:
            return
        from_solver = error is self.raised
        self.first = {
            "at": at,
            "error": type(error).__name__,
            "words": self.raised_words[:MOST_WORDS] if from_solver else _shown(error, str),
            "from_solver": from_solver,
            "value": "" if from_solver or not self.called else self._value(),
        }

    def _value(self) -> str:
        """What was last returned, in words: the beginning of it where it is long."""
        if self.last_size > LONG_TO_SHOW:
            return f"a value of {self.last_size} bytes"
        return _shown(self.last, repr)


def _shown(value: Any, show: Any) -> str:
    try:
        return str(show(value))[:MOST_WORDS]
    except Exception:
        return f"a value of type {type(value).__name__}"


def _json(told: dict[str, Any]) -> str:
    try:
        from _json import encode_basestring_ascii as quoted
    except ImportError:
        from json import dumps as quoted
    words = {True: "true", False: "false"}
    parts = (
        f"{quoted(key)}:{words[value] if value is True or value is False else value}"
        if isinstance(value, int)
        else f"{quoted(key)}:{quoted(value)}"
        for key, value in told.items()
    )
    return "{" + ",".join(parts) + "}"
