"""Owns the judge's end of the pipes: the stub, and what stands for the solver's objects.

Every answer is checked. What is wrong with one, or with the solver, is stuck to the account.
"""

from __future__ import annotations

from collections import deque

from court.account import Account
from court.bounds import EXCEPTIONS, FATAL, REFUSALS, BrokenError, CannotCrossError
from court.pipe import GoneError, receive, send
from court.reader import decode
from court.writer import encode

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

__all__ = ["Foreign", "Handle", "Remote", "StoppedError", "at_line"]

KINDS = ("value", "error", "fatal", "refused")
ENTRY_POINT = 0
MAX_LINES = 1 << 31


class StoppedError(BaseException):
    """Raised to end the tests after a failure that is stuck."""


class Foreign:
    """An object of the solver's that is not plain. Equal to itself alone, and asks nothing."""

    __slots__ = ("_judge_number", "_judge_remote")

    def __init__(self, number: int, remote: Remote) -> None:
        self._judge_number, self._judge_remote = number, remote

    def __repr__(self) -> str:
        return "<an object of the solution's>"


class Handle(Foreign):
    """The same where the reference needs more: calls and attributes are the solver's."""

    __slots__ = ()

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._judge_remote.ask(self._judge_number, "", arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._judge_remote.ask(self._judge_number, name, (), {})


class Remote:
    """The solver as the judge sees it."""

    def __init__(self, account: Account, *, mirror: bool, handles: bool) -> None:
        self.account, self.mirror = account, mirror
        self.kind = Handle if handles else Foreign
        self.number = 0

    def begin(self) -> None:
        """Wait until the candidate's code has defined what it defines."""
        kind, value, _ = self._hear(("ready", "syntax", "error", "fatal"))
        if kind == "ready":
            return
        name, words, line = self._described(value)
        code = "syntax_error" if kind == "syntax" else f"definition {name}"
        self._stop(code, _said(name, words, line))

    def stub(self, name: str) -> Callable[..., Any]:
        """What stands for the function under test."""

        def candidate(*arguments: Any, **keywords: Any) -> Any:
            return self.ask(ENTRY_POINT, "", arguments, keywords)

        candidate.__name__ = candidate.__qualname__ = name
        return candidate

    def ask(
        self, target: int, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        """Call an object of the solver's, or get its attribute `name`; value or exception."""
        if self.account.stuck:
            raise StoppedError
        self.number += 1
        self._send((self.number, target, name, self.mirror, arguments, keywords))
        kind, value, mirrored = self._hear(KINDS)
        if mirrored is not None and self.mirror:
            _mirror((arguments, keywords), mirrored)
        if kind == "value":
            self.account.called, self.account.last = True, value
            return value
        if kind == "refused":
            self._stop(value if value in REFUSALS else "broken_frame")
        raised, words, line = self._described(value)
        if kind == "fatal" or raised not in EXCEPTIONS:
            self._stop(f"fatal {raised}", _said(raised, words, line))
        error = EXCEPTIONS[raised](words)
        self.account.raised, self.account.raised_words = error, at_line(words, line)
        raise error

    def _send(self, value: Any) -> None:
        try:
            send(encode(value, self._number_of))
        except CannotCrossError as refusal:
            self._stop(f"argument {refusal}")
        except GoneError:
            self._stop("gone")

    def _hear(self, kinds: tuple[str, ...]) -> tuple[str, Any, Any]:
        try:
            data = receive()
            answer = decode(data, self._named)
        except GoneError:
            self._stop("gone")
        except (BrokenError, RecursionError) as error:
            self._break(str(error))
        if type(answer) is not tuple or len(answer) != 5:
            self._break("an answer of another shape")
        number, kind, value, changed, mirrored = answer
        if (type(number), number) != (int, self.number) or type(kind) is not str:
            self._break("an answer that was not asked for")
        if kind not in kinds:
            self._break("an answer of no known kind")
        self.account.changed |= changed is True
        self.account.last_size = len(data)
        return kind, value, mirrored

    def _named(self, number: int) -> Any:
        self.account.handles = True
        return self.kind(number, self)

    def _number_of(self, value: Any) -> int:
        if isinstance(value, Foreign):
            return value._judge_number
        raise CannotCrossError("not_plain")

    def _stop(self, code: str, words: str = "") -> NoReturn:
        self.account.stick(code, words)
        raise StoppedError

    def _break(self, words: str) -> NoReturn:
        self._stop("broken_frame", words)

    def _described(self, value: Any) -> tuple[str, str, int]:
        """An exception's name, words and line, as the solver tells them."""
        if type(value) is not tuple or [type(part) for part in value] != [str, str, int]:
            self._break("an exception of another shape")
        name, words, line = value
        if name not in EXCEPTIONS and name not in FATAL and name != "BaseException":
            self._break("an exception of no known name")
        if not 0 <= line < MAX_LINES:
            self._break("an exception of no known line")
        return name, words, line


def _said(name: str, words: str, line: int) -> str:
    return at_line(f"{name}: {words}" if words else name, line)


def at_line(words: str, line: int) -> str:
    """The words with the line of the solution, where one is known."""
    return f"{words} (solution, line {line})" if line else words


def _mirror(ours: Any, theirs: Any) -> None:
    """Make values that can be changed in place what the solver's copies of them have become."""
    if type(ours) is not type(theirs):
        return
    if isinstance(ours, list):
        ours[:] = _mirrored(ours, theirs)
    elif isinstance(ours, tuple):
        _mirrored(ours, theirs)
    elif isinstance(ours, dict):
        kept = {
            key: _either(ours[key], value) if key in ours else value
            for key, value in theirs.items()
        }
        ours.clear()
        ours.update(kept)
    elif isinstance(ours, set):
        ours.clear()
        ours.update(theirs)
    elif isinstance(ours, bytearray):
        ours[:] = theirs
    elif isinstance(ours, deque):
        kept_items = _mirrored(list(ours), list(theirs))
        ours.clear()
        ours.extend(kept_items)


def _mirrored(ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    pairs = zip(ours, theirs, strict=False)
    return [_either(mine, other) for mine, other in pairs] + list(theirs[len(ours) :])


def _either(mine: Any, other: Any) -> Any:
    """Our own object, changed, where both are of one type that can be; else the solver's."""
    if type(mine) is type(other) and isinstance(mine, (list, tuple, dict, set, bytearray, deque)):
        _mirror(mine, other)
        return other if isinstance(mine, tuple) else mine
    return other
