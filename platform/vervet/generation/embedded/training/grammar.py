"""The little language of the family `code`: primitives, programs, their text and their execution.

Executes only programs that this module built or parsed itself; it never runs Python text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    "BY_INPUT",
    "PRIMITIVES",
    "NoValueError",
    "Program",
    "Type",
    "displayable",
    "evaluate",
    "parse",
    "pieces",
    "render",
    "step",
    "type_of",
]

# A value of the little language: an integer, a list of integers or a string.
Value = Any
# Indices into PRIMITIVES, one a statement; the last one is the `return`.
Program = tuple[int, ...]

ASSIGN = "\n    x = "
RETURN = "\n    return "
EACH = " for i in x]"
KEEP = "[i for i in x if "
VOWELS = "aeiou"
LARGEST = 10**18
LONGEST = 4096


class Type(StrEnum):
    """The three types of values; the letter is the one used in labels."""

    INT = "int"
    LIST = "list"
    STR = "str"


class NoValueError(ValueError):
    """Raised when a program has no value on an input: an error in Python, or beyond our bounds."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One expression over `x`: its text in token pieces, its types and what it computes."""

    pieces: tuple[str, ...]
    takes: Type
    gives: Type
    function: Callable[[Any], Any]

    @property
    def text(self) -> str:
        """The Python expression."""
        return "".join(self.pieces)


def _range(x: int) -> list[int]:
    if x > LONGEST:
        raise NoValueError("range too long")
    return list(range(x))


def _primitives() -> tuple[Primitive, ...]:
    found: list[Primitive] = []

    def add(takes: Type, gives: Type, function: Callable[[Any], Any], *parts: str) -> None:
        found.append(Primitive(parts, takes, gives, function))

    i, l, s = Type.INT, Type.LIST, Type.STR  # noqa: E741
    # list -> list
    add(l, l, sorted, "sorted(x)")
    add(l, l, lambda x: x[::-1], "x[::-1]")
    add(l, l, lambda x: x[1:], "x[1:]")
    add(l, l, lambda x: x[:-1], "x[:-1]")
    add(l, l, lambda x: x[::2], "x[::2]")
    add(l, l, lambda x: x[1:] + x[:1], "x[1:] + x[:1]")
    add(l, l, lambda x: sorted(set(x)), "sorted(set(x))")
    add(l, l, lambda x: [v + 1 for v in x], "[", "i + 1", EACH)
    add(l, l, lambda x: [v * 2 for v in x], "[", "i * 2", EACH)
    add(l, l, lambda x: [v // 2 for v in x], "[", "i // 2", EACH)
    add(l, l, lambda x: [max(x) - v for v in x], "[", "max(x) - i", EACH)
    add(l, l, lambda x: [v + x[0] for v in x], "[", "i + x[0]", EACH)
    add(l, l, lambda x: [v for v in x if v % 2], KEEP, "i % 2]")
    add(l, l, lambda x: [v for v in x if v % 2 == 0], KEEP, "i % 2 == 0]")
    add(l, l, lambda x: [v for v in x if v > 5], KEEP, "i > 5]")
    # list -> int
    add(l, i, sum, "sum(x)")
    add(l, i, max, "max(x)")
    add(l, i, min, "min(x)")
    add(l, i, len, "len(x)")
    add(l, i, lambda x: x[0], "x[0]")
    add(l, i, lambda x: x[-1], "x[-1]")
    # int -> int
    add(i, i, lambda x: x + 1, "x + 1")
    add(i, i, lambda x: x * 2, "x * 2")
    add(i, i, lambda x: x * x, "x * x")
    add(i, i, lambda x: x // 2, "x // 2")
    add(i, i, lambda x: x % 10, "x % 10")
    add(i, i, lambda x: abs(x - 9), "abs(x - 9)")
    # int -> list
    add(i, l, _range, "list(range(x))")
    add(i, l, lambda x: [int(c) for c in str(x)], "[", "int(c)", " for c in str(x)]")
    # str -> str
    add(s, s, lambda x: x[::-1], "x[::-1]")
    add(s, s, lambda x: x[1:], "x[1:]")
    add(s, s, lambda x: x[:-1], "x[:-1]")
    add(s, s, lambda x: x[::2], "x[::2]")
    add(s, s, lambda x: x[1:] + x[:1], "x[1:] + x[:1]")
    add(s, s, lambda x: "".join(sorted(x)), "''.join(", "sorted(x)", ")")
    add(s, s, lambda x: x + x, "x + x")
    add(
        s,
        s,
        lambda x: "".join(c for c in x if c not in VOWELS),
        "''.join(",
        "c for c in x if c not in 'aeiou'",
        ")",
    )
    # str -> int, str -> list
    add(s, i, len, "len(x)")
    add(s, l, lambda x: [ord(c) - 97 for c in x], "[", "ord(c) - 97", " for c in x]")
    return tuple(found)


PRIMITIVES = _primitives()
BY_INPUT: dict[Type, tuple[int, ...]] = {
    t: tuple(n for n, p in enumerate(PRIMITIVES) if p.takes is t) for t in Type
}


def type_of(value: Value) -> Type:
    """The type of a value of the little language.

    Raises:
        NoValueError: for a value of any other type.
    """
    for kind, python in ((Type.INT, int), (Type.LIST, list), (Type.STR, str)):
        if type(value) is python:
            return kind
    raise NoValueError(f"not a value of the little language: {value!r}")


def step(primitive: int, value: Value) -> Value:
    """Apply one primitive to one value.

    Raises:
        NoValueError: where Python would raise, or where the value leaves our (wide) bounds.
    """
    try:
        result = PRIMITIVES[primitive].function(value)
    except (IndexError, ValueError, TypeError) as error:
        raise NoValueError(str(error)) from error
    if type(result) is int:
        if not -LARGEST <= result <= LARGEST:
            raise NoValueError("integer out of bounds")
    elif len(result) > LONGEST:
        raise NoValueError("too long")
    return result


def evaluate(program: Program, value: Value) -> Value:
    """The value of a program on an input.

    Raises:
        NoValueError: as `step` does.
    """
    for primitive in program:
        value = step(primitive, value)
    return value


def displayable(value: Value) -> bool:
    """Whether a prompt can show the value: integers 0 to 99, at most 8 items or 10 letters."""
    if type(value) is int:
        return 0 <= value <= 99
    if type(value) is list:
        return len(value) <= 8 and all(0 <= v <= 99 for v in value)
    return len(value) <= 10


def pieces(program: Program) -> list[str]:
    """The tokens of a program's text, in order, without the end token."""
    parts: list[str] = []
    for place, primitive in enumerate(program):
        parts.append(RETURN if place == len(program) - 1 else ASSIGN)
        parts.extend(PRIMITIVES[primitive].pieces)
    return parts


def render(program: Program) -> str:
    """The program as the body of `def f(x):`, valid Python text after that line."""
    return "".join(pieces(program))


def parse(text: str, takes: Type) -> Program | None:
    """The program whose text this is for an input of type `takes`; None where there is none."""
    program: list[int] = []
    statements = text.split("\n    ")
    if statements[0] or len(statements) < 2:
        return None
    for place, statement in enumerate(statements[1:]):
        last = place == len(statements) - 2
        head = "return " if last else "x = "
        found = [
            n
            for n in BY_INPUT[takes]
            if statement.startswith(head) and PRIMITIVES[n].text == statement[len(head) :]
        ]
        if not found:
            return None
        program.append(found[0])
        takes = PRIMITIVES[found[0]].gives
    return tuple(program)
