"""Owns the second stage of equivalence: exact numbers, and lists, sets, intervals and matrices
of them, element by element.

Takes normalised text, never evaluates it, and makes no number of more digits than an answer has
characters: powers of ten are bounded. What it cannot read, it leaves to the next stage.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from vervet.verification.answers_normal import Normal

__all__ = ["is_whole", "same_number"]

MOST_EXPONENT = 100
MOST_DEPTH = 4
DECIMAL = r"(?:\d+(?:\.\d*)?|\.\d+)"
PLAIN = re.compile(
    rf"(?P<sign>[-+]?)(?P<number>{DECIMAL})"
    rf"(?:\*10\^(?:\{{(?P<power>[-+]?\d+)\}}|(?P<digit>\d))|[eE](?P<exponent>[-+]?\d+))?",
    re.ASCII,
)
DIVIDED = re.compile(rf"(?P<sign>[-+]?)(?P<over>[-+]?{DECIMAL})/(?P<under>{DECIMAL})", re.ASCII)
FRACTION = re.compile(
    rf"(?P<sign>[-+]?)\\frac\{{(?P<over>[-+]?{DECIMAL})\}}\{{(?P<under>[-+]?{DECIMAL})\}}", re.ASCII
)
MIXED = re.compile(
    r"(?P<sign>[-+]?)(?P<whole>\d+)&(?:\\frac\{(?P<over>\d+)\}\{(?P<under>\d+)\}"
    r"|(?P<above>\d+)/(?P<below>\d+))",
    re.ASCII,
)
WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
MATRIX = re.compile(r"\\begin\{(?P<kind>[pb]?matrix)\}(?P<rows>.*)\\end\{(?P=kind)\}", re.DOTALL)
SEPARATOR = re.compile(r"\\\\|\\[{}]|[(\[{)\]},;]")


@dataclass(frozen=True, slots=True)
class Several:
    """Values side by side. `kind` is their brackets, "set" where order does not count."""

    kind: str
    items: tuple[Value, ...]


Value = Fraction | str | Several
"""A number, text that is none, or several values."""


def is_whole(answer: Normal) -> bool:
    """Whether the answer is a whole number, of any length."""
    return WHOLE.fullmatch(answer.core) is not None


def same_number(one: Normal, other: Normal) -> bool | None:
    """Whether two answers are the same numbers; None where that cannot be told.

    "50%" is both 50 and 0.5, if the other says no per cent.
    """
    if is_whole(one) and is_whole(other) and one.unit == other.unit:
        return _digits(one.core) == _digits(other.core)
    a, b = _read(one.core), _read(other.core)
    half_per_cent = (one.unit == "%") != (other.unit == "%")
    if half_per_cent and isinstance(a, Fraction) and isinstance(b, Fraction):
        per_cent, plain = (a, b) if one.unit == "%" else (b, a)
        return plain in (per_cent, per_cent / 100)
    return _same(a, b)


def _digits(text: str) -> str:
    digits = text.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if text.startswith("-") and digits != "0" else digits


def _read(text: str, depth: int = 0) -> Value:
    number = _number(text)
    if number is not None or depth > MOST_DEPTH:
        return text if number is None else number
    matrix = MATRIX.fullmatch(text)
    if matrix:
        rows = matrix["rows"].removesuffix("\\\\").split("\\\\")
        cells = [Several("row", _all(row.split("&"), depth)) for row in rows]
        return Several("matrix", tuple(cells))
    several = _several(text, depth)
    if several is not None:
        return several
    return text


def _several(text: str, depth: int) -> Several | None:
    """Values in brackets, after one another, or with a sign that means both."""
    if text.startswith("\\{") and text.endswith("\\}"):
        inner, kind = text[2:-2], "set"
    elif text[:1] in ("(", "[") and text[-1:] in (")", "]") and len(text) > 2:
        inner, kind = text[1:-1], text[0] + text[-1]
    else:
        inner, kind = text, "set"
    parts = _parts(inner)
    if parts is None or "" in parts:
        return None
    if len(parts) == 1 and inner is text:
        return _both_signs(text)
    if len(parts) == 1 and kind == "()":
        value = _read(inner, depth + 1)
        return value if isinstance(value, Several) else Several("", (value,))
    return Several(kind, _all(parts, depth))


def _both_signs(text: str) -> Several | None:
    before, sign, after = text.partition("\\pm")
    middle, step = _number(before) if before else Fraction(0), _number(after.removeprefix("{}"))
    if not sign or middle is None or step is None:
        return None
    return Several("set", (middle - step, middle + step))


def _all(parts: Sequence[str], depth: int) -> tuple[Value, ...]:
    return tuple(_read(part, depth + 1) for part in parts)


def _parts(text: str) -> list[str] | None:
    """The text parted at commas that stand in no brackets; None where these do not match."""
    parts, depth, start = [], 0, 0
    for found in SEPARATOR.finditer(text):
        match found[0]:
            case "(" | "[" | "{" | "\\{":
                depth += 1
            case ")" | "]" | "}" | "\\}":
                depth -= 1
            case "," | ";" if depth == 0:
                parts.append(text[start : found.start()])
                start = found.end()
        if depth < 0:
            return None
    return [*parts, text[start:]] if depth == 0 else None


def _number(text: str) -> Fraction | None:
    """The number that the whole text is: decimal, fraction, mixed or with a power of ten."""
    if found := PLAIN.fullmatch(text):
        power = found["power"] or found["digit"] or found["exponent"] or "0"
        if len(power) > 4 or abs(int(power)) > MOST_EXPONENT:
            return None
        value = _decimal(found["number"]) * Fraction(10) ** int(power)
    elif found := DIVIDED.fullmatch(text) or FRACTION.fullmatch(text):
        under = _decimal(found["under"])
        if not under:
            return None
        value = _decimal(found["over"]) / under
    elif found := MIXED.fullmatch(text):
        below = int(found["under"] or found["below"])
        if not below:
            return None
        value = int(found["whole"]) + Fraction(int(found["over"] or found["above"]), below)
    else:
        return None
    return -value if found["sign"] == "-" else value


def _decimal(text: str) -> Fraction:
    whole, _, part = text.lstrip("+-").partition(".")
    value = Fraction(int(whole + part or "0"), 10 ** len(part))
    return -value if text.startswith("-") else value


def _same(one: Value, other: Value) -> bool | None:
    if isinstance(one, Several) and not one.kind:
        return _same(one.items[0], other)
    if isinstance(other, Several) and not other.kind:
        return _same(one, other.items[0])
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    if isinstance(one, Several) and isinstance(other, Several):
        return _same_several(one, other)
    if isinstance(one, str) and isinstance(other, str):
        return True if one == other else None
    return None


def _same_several(one: Several, other: Several) -> bool | None:
    if one.kind != other.kind:
        return None
    if one.kind == "set":
        if Counter(one.items) == Counter(other.items):
            return True
        plain = all(isinstance(item, Fraction) for item in one.items + other.items)
        return False if plain and set(one.items) != set(other.items) else None
    if len(one.items) != len(other.items):
        return False if _is_plain(one) and _is_plain(other) else None
    return _and([_same(a, b) for a, b in zip(one.items, other.items, strict=True)])


def _is_plain(value: Value) -> bool:
    """Whether there is nothing but numbers in it."""
    if isinstance(value, Several):
        return all(map(_is_plain, value.items))
    return isinstance(value, Fraction)


def _and(answers: Sequence[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True
