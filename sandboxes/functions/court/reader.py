"""Owns how bytes are read back as plain values, on both sides of the pipes.

Never builds anything but exact types of the standard library's own, so that no class of a
candidate's reaches the reader, and never reads beyond the bounds. Nothing that is read is trusted.
"""

from __future__ import annotations

from _struct import Struct
from _struct import error as struct_error  # type: ignore[attr-defined]
from collections import Counter, OrderedDict, defaultdict, deque

from court.bounds import (
    COMPLEX,
    COUNT,
    DATE,
    DELTA,
    FACTORIES,
    FLOAT,
    MAX_DECIMAL_DIGITS,
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_INT_BYTES,
    MAX_ITEMS,
    NO_OFFSET,
    OFFSET,
    TIME,
    TYPES,
    BrokenError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from collections.abc import Callable
    from typing import Any

__all__ = ["decode"]

WORDS = {ord("N"): None, ord("T"): True, ord("F"): False}


def decode(data: bytes, named: Callable[[int], Any]) -> Any:
    """The value of all of `data`; `named` makes what stands for what was not plain.

    Raises `BrokenError`.
    """
    reader = _Reader(data, named)
    try:
        value = reader.read()
    except (IndexError, KeyError, ValueError, TypeError, OverflowError, struct_error) as error:
        raise BrokenError(f"{type(error).__name__}: {error}") from None
    if reader.at != len(data):
        raise BrokenError("bytes are left over")
    return value


class _Reader:
    def __init__(self, data: bytes, named: Callable[[int], Any]) -> None:
        self.data, self.at, self.left, self.named = data, 0, MAX_ITEMS, named
        self.depth = 0

    def read(self) -> Any:
        tag = self.data[self.at]
        self.at += 1
        read = READERS.get(tag)
        return WORDS[tag] if read is None else read(self)

    def take(self, size: int) -> bytes:
        start = self.at
        self.at = end = start + size
        if end > len(self.data):
            raise BrokenError("bytes are missing")
        return self.data[start:end]

    def count(self) -> int:
        (count,) = COUNT.unpack_from(self.data, self.at)
        self.at += 4
        return int(count)

    def number(self) -> int:
        size = self.count()
        if not 0 < size <= MAX_INT_BYTES:
            raise BrokenError("an integer is beyond the bounds")
        return int.from_bytes(self.take(size), "big", signed=True)

    def small(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def many(self) -> list[Any]:
        count = self.count()
        self.left -= count
        if self.left < 0 or count > len(self.data) - self.at:
            raise BrokenError("too many items")
        if self.depth >= MAX_DEPTH:
            raise BrokenError("nested too deep")
        self.depth += 1
        values = [self.read() for _ in range(count)]
        self.depth -= 1
        return values

    def pairs(self) -> dict[Any, Any]:
        parts = self.many()
        return dict(zip(parts[::2], parts[1::2], strict=True))


def _unpack(reader: _Reader, form: Struct) -> tuple[Any, ...]:
    return form.unpack(reader.take(form.size))


def _read_defaultdict(reader: _Reader) -> Any:
    factory: Any = FACTORIES[reader.small()]
    return defaultdict(factory, reader.pairs())


def _read_counter(reader: _Reader) -> Any:
    counter: Counter[Any] = Counter()
    dict.update(counter, reader.pairs())
    return counter


def _read_deque(reader: _Reader) -> Any:
    longest = reader.number()
    return deque(reader.many(), None if longest < 0 else longest)


def _read_decimal(reader: _Reader) -> Any:
    from decimal import Decimal, InvalidOperation

    text = reader.take(reader.count())
    if len(text) > MAX_DECIMAL_DIGITS + 20:
        raise BrokenError("a decimal is too long")
    try:
        value = Decimal(text.decode("ascii"))
    except InvalidOperation:
        raise BrokenError("no decimal") from None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > MAX_EXPONENT:
        raise BrokenError("a decimal's exponent is beyond the bounds")
    return value


def _read_fraction(reader: _Reader) -> Any:
    from fractions import Fraction

    numerator, denominator = reader.number(), reader.number()
    if denominator <= 0:
        raise BrokenError("a fraction without denominator")
    return Fraction(numerator, denominator)


def _read_date(reader: _Reader) -> Any:
    from datetime import date

    return date(*_unpack(reader, DATE))


def _clock(reader: _Reader) -> tuple[tuple[Any, ...], dict[str, Any]]:
    from datetime import timedelta, timezone

    *parts, fold = _unpack(reader, TIME)
    (offset,) = _unpack(reader, OFFSET)
    zone = None if offset == NO_OFFSET else timezone(timedelta(microseconds=offset))
    return tuple(parts), {"tzinfo": zone, "fold": fold}


def _read_time(reader: _Reader) -> Any:
    from datetime import time

    parts, more = _clock(reader)
    return time(*parts, **more)


def _read_datetime(reader: _Reader) -> Any:
    from datetime import datetime

    day = _unpack(reader, DATE)
    if reader.small() != ord("h"):
        raise BrokenError("a date without its time")
    parts, more = _clock(reader)
    return datetime(*day, *parts, **more)  # noqa: DTZ001 - the zone is among the rest


def _read_timedelta(reader: _Reader) -> Any:
    from datetime import timedelta

    days, seconds, microseconds = _unpack(reader, DELTA)
    return timedelta(days, seconds, microseconds)


READERS: dict[int, Callable[[_Reader], Any]] = {
    ord(tag): read
    for tag, read in {
        "i": _Reader.number,
        "d": lambda reader: _unpack(reader, FLOAT)[0],
        "c": lambda reader: complex(*_unpack(reader, COMPLEX)),
        "s": lambda reader: reader.take(reader.count()).decode("utf-8", "surrogatepass"),
        "b": lambda reader: reader.take(reader.count()),
        "y": lambda reader: bytearray(reader.take(reader.count())),
        "l": _Reader.many,
        "t": lambda reader: tuple(reader.many()),
        "e": lambda reader: set(reader.many()),
        "z": lambda reader: frozenset(reader.many()),
        "k": lambda reader: dict.fromkeys(reader.many()).keys(),
        "v": lambda reader: dict(enumerate(reader.many())).values(),
        "x": lambda reader: dict(reader.many()).items(),
        "m": _Reader.pairs,
        "C": _read_counter,
        "O": lambda reader: OrderedDict(reader.pairs()),
        "D": _read_defaultdict,
        "q": _read_deque,
        "R": lambda reader: range(reader.number(), reader.number(), reader.number()),
        "Y": lambda reader: TYPES[reader.small()],
        "I": lambda reader: iter(reader.many()),
        "n": _read_decimal,
        "r": _read_fraction,
        "A": _read_date,
        "h": _read_time,
        "a": _read_datetime,
        "w": _read_timedelta,
        "H": lambda reader: reader.named(reader.count()),
    }.items()
}
