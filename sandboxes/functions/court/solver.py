"""Owns the solver: it holds the candidate's code and answers calls to the function under test.

Nothing here is trusted by the judge, since the candidate's code shares this process with it.
Holds no test and no expected value, and ends when the judge does.
"""

from __future__ import annotations

import os
import sys

from court.bounds import EXCEPTIONS, FATAL, MAX_WORDS, CannotCrossError
from court.pipe import receive, send
from court.reader import decode
from court.writer import encode

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from typing import Any

__all__ = ["MODULE", "SOLUTION", "Solver", "main"]

SOLUTION = "solution.py"
MODULE = "solution"
CHANGEABLE = b"lmeqCDOy"
"""Tags of what can be changed in place; bytes without any of them hold no such value."""
NAMES = {kind: name for name, kind in (*EXCEPTIONS.items(), *FATAL.items())}


def main() -> None:
    """Define what the candidate's code defines, then answer calls until the judge has ended."""
    try:
        entry_point = sys.argv.pop()
        Solver().serve(entry_point)
    finally:
        os._exit(0)


class Solver:
    """The candidate's names, and its objects that the judge holds by number."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}

    def serve(self, entry_point: str) -> None:
        """Answer the judge. Returns when it has closed or the code could not be run."""
        with open(SOLUTION, "rb") as file:
            source = file.read()
        try:
            code = compile(source, SOLUTION, "exec", dont_inherit=True)
        except BaseException as error:
            self.answer(0, "syntax", _described(error))
            return
        module = type(sys)(MODULE)
        module.__file__ = SOLUTION
        sys.modules[MODULE] = module
        try:
            exec(code, module.__dict__)
            if entry_point not in module.__dict__:
                raise NameError(f"name {entry_point!r} is not defined")
            self.objects.append(module.__dict__[entry_point])
        except BaseException as error:
            self.answer(0, _kind(error), _described(error))
            return
        self.answer(0, "ready", None)
        while True:
            self.call(receive())

    def call(self, data: bytes) -> None:
        """Carry out one request: its number, what of ours is asked, a name or "", arguments."""
        number, target, name, mirror, arguments, keywords = decode(data, self.object)
        before = None
        if len(data.translate(None, CHANGEABLE)) < len(data):
            before = encode((arguments, keywords), self.number_of, draw=False)
        asked = self.objects[target]
        try:
            value = getattr(asked, name) if name else asked(*arguments, **keywords)
        except BaseException as error:
            kind, value = _kind(error), _described(error)
        else:
            kind = "value"
        after = before and self.after(arguments, keywords)
        changed = after != before
        if changed and mirror:
            self.answer(number, kind, value, changed, (arguments, keywords))
        else:
            self.answer(number, kind, value, changed)

    def after(self, arguments: Any, keywords: Any) -> bytes:
        """The arguments as they are after the call; nothing where they cannot be written."""
        try:
            return encode((arguments, keywords), self.number_of, draw=False)
        except BaseException:
            return b""

    def answer(
        self, number: int, kind: str, value: Any, changed: bool = False, mirrored: Any = None
    ) -> None:
        """Send what came of a request, or why that cannot cross."""
        try:
            data = encode((number, kind, value, changed, mirrored), self.number_of)
        except CannotCrossError as refusal:
            data = encode((number, "refused", str(refusal), changed, None), self.number_of)
        except BaseException as error:
            described = _described(error)
            data = encode((number, _kind(error), described, changed, None), self.number_of)
        send(data)

    def object(self, number: int) -> Any:
        """What the judge means by a number."""
        return self.objects[number]

    def number_of(self, value: Any) -> int:
        """The number by which the judge may name a value that is not plain."""
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return number


def _kind(error: BaseException) -> str:
    return "error" if isinstance(error, Exception) and not _fatal(error) else "fatal"


def _fatal(error: BaseException) -> bool:
    return any(kind in type(error).__mro__ for kind in FATAL.values())


def _described(error: BaseException) -> tuple[str, str, int]:
    """The nearest name that the judge knows, what it says, and the line of the solution."""
    mro = type(error).__mro__
    name = next((NAMES[kind] for kind in mro if kind in NAMES), "BaseException")
    try:
        lone = error.args[0] if len(error.args) == 1 else None
        words = lone if isinstance(lone, str) else str(error)
        words = str.__str__(words)[:MAX_WORDS]
    except BaseException:
        words = ""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOLUTION:
            line = trace.tb_lineno
        trace = trace.tb_next
    return name, words, line
