"""Owns what a checker may be too strict about: in which way two unequal outputs are the same.

Pure and bounded: texts at their cap are never said to be the same, since their ends are missing.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from vervet.verification.comparison import DEFAULT_TOLERANCE, same_numbers, same_tokens
from vervet.verification.judging import EVIDENCE_CAP

__all__ = ["literal_of_assert", "same_but_for", "same_values_but_for"]

LONGEST_LITERAL = 499
"""Characters of a value that were told whole: the judge of functions tells the first 500."""

WHITESPACE, CASE, NUMBERS = "whitespace", "upper and lower case", "numbers within 1e-6"
LINES, TOKENS, ITEMS = "the order of lines", "the order of words", "the order of items"
TYPES = "the kind of sequence"

_near = same_numbers()


def same_but_for(expected: bytes, actual: bytes) -> str:
    """In what two outputs differ, if not in substance: words, or empty where they do differ.

    The narrowest difference is named: whitespace, then case, then numbers within 1e-6 (absolute
    or relative), then order of lines, then of words; case and numbers also together.
    """
    if not expected or max(len(expected), len(actual)) >= EVIDENCE_CAP:
        return ""
    one, other = expected.lower(), actual.lower()
    if same_tokens(expected, actual):
        return WHITESPACE
    if same_tokens(one, other):
        return CASE
    if _near(expected, actual):
        return NUMBERS
    if _near(one, other):
        return f"{CASE} and {NUMBERS}"
    if _bag(one.splitlines()) == _bag(other.splitlines()):
        return LINES
    if Counter(one.split()) == Counter(other.split()):
        return TOKENS
    return ""


def _bag(lines: Sequence[bytes]) -> Counter[tuple[bytes, ...]]:
    return Counter(words for line in lines if (words := tuple(line.split())))


def literal_of_assert(text: str) -> str:
    """The literal of `assert call == literal`, as it is written; empty for any other text."""
    try:
        (node,) = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
        return ""
    test = node.test
    sides = [test.left, *test.comparators]
    if len(sides) != 2 or not isinstance(test.ops[0], ast.Eq):
        return ""
    calls = [isinstance(side, ast.Call) for side in sides]
    if sum(calls) != 1:
        return ""
    found = ast.get_source_segment(text, sides[calls.index(False)]) or ""
    return found if _value(found) else ""


def same_values_but_for(expected: str, actual: str) -> str:
    """The same as `same_but_for`, of two Python values as they are written.

    Two sequences are also the same but for their kind (a tuple, a list). Texts that are no
    literals are the same as nothing.
    """
    one, other = _value(expected), _value(actual)
    if not one or not other:
        return ""
    a, b = one[0], other[0]
    if _alike(a, b):
        return "" if a == b else TYPES if _as_lists(a) == _as_lists(b) else NUMBERS
    if isinstance(a, str) and isinstance(b, str):
        return same_but_for(a.encode("utf-8", "replace"), b.encode("utf-8", "replace"))
    if _is_sequence(a) and _is_sequence(b) and Counter(map(repr, a)) == Counter(map(repr, b)):
        return ITEMS
    return ""


def _value(text: str) -> tuple[Any] | tuple[()]:
    """The value of a literal, in a tuple of one; nothing for what is none."""
    if not text or len(text) > LONGEST_LITERAL:
        return ()
    try:
        return (ast.literal_eval(text),)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return ()


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _as_lists(value: Any) -> Any:
    return [_as_lists(item) for item in value] if _is_sequence(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alike(one: Any, other: Any) -> bool:
    """Equal, numbers being near enough and sequences of either kind."""
    if _is_number(one) and _is_number(other):
        try:
            return math.isclose(one, other, rel_tol=DEFAULT_TOLERANCE, abs_tol=DEFAULT_TOLERANCE)
        except OverflowError:
            return bool(one == other)
    if _is_sequence(one) and _is_sequence(other):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    return bool(one == other and type(one) is type(other))
