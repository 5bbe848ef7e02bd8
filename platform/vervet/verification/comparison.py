"""Owns when two outputs are the same: checkers by name. Pure functions on bytes, on the host alone.

Outputs are hostile and as long as `limits.output` lets them be: each checker takes time and
memory in proportion to their length, never makes an integer of their digits, and raises nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import zip_longest

from vervet.core.errors import UnknownNameError, UsageError

__all__ = [
    "CHECKERS",
    "DEFAULT_TOLERANCE",
    "Checker",
    "checker",
    "same_by_codecontests",
    "same_lines",
    "same_lines_unordered",
    "same_numbers",
    "same_tokens",
]

Checker = Callable[[bytes, bytes], bool]
"""Whether the second output, which a candidate wrote, is the first, which is expected."""
BLANKS = b" \t\r\f\v"
DEFAULT_TOLERANCE = 1e-6
CODECONTESTS_PRECISION = 1e-5
CODECONTESTS_WORD = re.compile(r"[^ \n\t\r\v]+")
WORD = re.compile(rb"\S+")
PLAIN = re.compile(r"-?[0-9]{1,18}")
WHOLE = re.compile(r"(?P<sign>[-+]?)0*(?P<digits>[0-9]+)")
NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
LONGEST_NUMBER = 400
"""Characters of a word that may still be a number for `float`; longer ones are compared as text."""


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


def same_lines_unordered(expected: bytes, actual: bytes) -> bool:
    """Checker "lines-unordered": the same lines, each as often, in any order.

    Blanks at the ends of lines do not count, nor do blank lines.
    """
    one, other = (Counter(line for line in _lines(data) if line) for data in (expected, actual))
    return one == other


def same_tokens(expected: bytes, actual: bytes) -> bool:
    """Checker "tokens": the same words in the same order, however they are spaced."""
    return expected.split() == actual.split()


def same_numbers(tolerance: float = DEFAULT_TOLERANCE) -> Checker:
    """Checker "float": the same words, where numbers may differ by `tolerance`.

    A number is near enough where its absolute error or its error relative to the expected one
    is at most `tolerance`. Words that are no finite decimal numbers must be equal as they stand,
    so that `nan` is near nothing. Raises `UsageError` for a tolerance that is not a number from
    0 to below 1.
    """
    if not 0 <= tolerance < 1:
        raise UsageError(
            f"a tolerance of {tolerance} is not a number from 0 to below 1",
            hint="Write it as in {name: float, tolerance: 1e-6}.",
        )

    def near(expected: bytes, actual: bytes) -> bool:
        if expected == actual:
            return True
        one, other = _number(expected), _number(actual)
        if one is None or other is None:
            return False
        return abs(one - other) <= tolerance * max(1.0, abs(one))

    def same(expected: bytes, actual: bytes) -> bool:
        pairs = zip_longest(WORD.finditer(expected), WORD.finditer(actual))
        return all(a is not None and b is not None and near(a[0], b[0]) for a, b in pairs)

    return same


def _number(word: bytes) -> float | None:
    if len(word) > LONGEST_NUMBER or not NUMBER.fullmatch(word):
        return None
    value = float(word)
    return value if math.isfinite(value) else None


def same_by_codecontests(expected: bytes, actual: bytes) -> bool:
    """Checker "codecontests": AlphaCode's, as the paper's evaluation ran it.

    Words are parted by blank, tab, line feed, carriage return and vertical tab and put in lower
    case. Two words that both read as Python's numbers are the same if they are equal integers or,
    where one is no integer, if they differ by less than 1e-5; all others must be equal. So `inf`
    and `nan` are equal to nothing, themselves included; integers may be of any length.

    Source: `ValuesMatch` in AlphaCode's tester_sandboxer.cc, as restated in `outputs_match` of
    the code of "Large Language Monkeys".
    """
    pairs = zip_longest(_folded_words(expected), _folded_words(actual))
    return all(a is not None and b is not None and _codecontests_match(a, b) for a, b in pairs)


def _folded_words(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "surrogateescape")
    return (found[0].lower() for found in CODECONTESTS_WORD.finditer(text))


def _codecontests_match(one: str, other: str) -> bool:
    if one == other and PLAIN.fullmatch(one):
        return True
    a, b = _value(one), _value(other)
    if a is None or b is None:
        return one == other
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    return abs(float(a) - float(b)) < CODECONTESTS_PRECISION


def _value(word: str) -> str | float | None:
    """An integer as its digits without leading zeros, another number as a float, else None."""
    try:
        number = float(word)
    except ValueError:
        return None
    whole = WHOLE.fullmatch(_plain_digits(word))
    if whole is None:
        return number
    negative = whole["sign"] == "-" and whole["digits"] != "0"
    return f"-{whole['digits']}" if negative else whole["digits"]


def _plain_digits(word: str) -> str:
    """What Python's numbers allow beside ASCII digits, undone: underscores, blanks, other digits.

    `float` has accepted the word before, so that an underscore here stands between two digits.
    """
    if word.isascii():
        return word.strip().replace("_", "")
    digits = (str(int(char)) if char.isdecimal() else char for char in word.strip())
    return "".join(digits).replace("_", "")


CHECKERS: dict[str, Checker] = {
    "codecontests": same_by_codecontests,
    "exact": same_lines,
    "float": same_numbers(),
    "lines-unordered": same_lines_unordered,
    "tokens": same_tokens,
}
"""Every checker that a name alone can mean; "float" with its usual tolerance."""


def checker(name: str) -> Checker:
    """The checker of that name. Raises `UnknownNameError`."""
    try:
        return CHECKERS[name]
    except KeyError:
        raise UnknownNameError("checker", name, CHECKERS) from None
