"""Owns when two outputs are the same. Pure functions on bytes, on the host alone."""

from __future__ import annotations

from collections.abc import Callable

from vervet.core.errors import UnknownNameError

__all__ = ["CHECKERS", "Checker", "checker", "same_lines", "same_tokens"]

Checker = Callable[[bytes, bytes], bool]
BLANKS = b" \t\r\f\v"


def same_lines(expected: bytes, actual: bytes) -> bool:
    """Checker "exact": equal but for blanks at the ends of lines and blank lines at the end.

    So contest judges do; a carriage return before the line feed counts as such a blank.
    """
    return expected == actual or _lines(expected) == _lines(actual)


def _lines(data: bytes) -> list[bytes]:
    lines = [line.rstrip(BLANKS) for line in data.split(b"\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def same_tokens(expected: bytes, actual: bytes) -> bool:
    """Checker "tokens": the same words in the same order, however they are spaced."""
    return expected.split() == actual.split()


CHECKERS: dict[str, Checker] = {"exact": same_lines, "tokens": same_tokens}


def checker(name: str) -> Checker:
    """The checker of that name. Raises `UnknownNameError`."""
    try:
        return CHECKERS[name]
    except KeyError:
        raise UnknownNameError("checker", name, CHECKERS) from None
