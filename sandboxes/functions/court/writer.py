"""Owns how plain values become bytes, on both sides of the pipes.

Reads a value by its plain type's own methods, so that what a subclass says of itself does not
count; never writes beyond the bounds. Knows nothing of pipes or calls.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict, deque

from court.bounds import (
    COMPLEX,
    COUNT,
    DATE,
    DELTA,
    ENDLESS,
    FACTORIES,
    FLOAT,
    MAX_BYTES,
    MAX_DECIMAL_DIGITS,
    MAX_DEPTH,
    MAX_DRAWN,
    MAX_EXPONENT,
    MAX_INT_BYTES,
    MAX_ITEMS,
    NO_OFFSET,
    OFFSET,
    TIME,
    TOO_DEEP,
    TOO_LARGE,
    TYPES,
    CannotCrossError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as a check
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["encode"]

WORDS = {None: b"N", True: b"T", False: b"F"}
NOTHING: dict[Any, Any] = {}
KEYS, VALUES, ITEMS = type(NOTHING.keys()), type(NOTHING.values()), type(NOTHING.items())


def encode(value: Any, number_of: Callable[[Any], int], *, draw: bool = True) -> bytes:
    """The bytes of a value. `number_of` names what is not plain, or raises `CannotCrossError`.

    An iterator is drawn to its end, unless `draw` is false: then it is as if it were not plain.
    """
    writer = _Writer(number_of, draw=draw)
    writer.write(value)
    if len(writer.out) > MAX_BYTES:
        raise CannotCrossError(TOO_LARGE)
    return bytes(writer.out)


class _Writer:
    def __init__(self, number_of: Callable[[Any], int], *, draw: bool) -> None:
        self.out = bytearray()
        self.left = MAX_ITEMS
        self.number_of, self.draw, self.depth = number_of, draw, 0

    def write(self, value: Any) -> None:
        (WRITERS.get(type(value)) or _writer_for(value))(self, value)

    def number(self, value: int) -> None:
        """An integer's size and bytes, without a tag."""
        size = int.bit_length(value) // 8 + 1
        if size > MAX_INT_BYTES:
            raise CannotCrossError(TOO_LARGE)
        self.out += COUNT.pack(size)
        self.out += int.to_bytes(value, size, "big", signed=True)

    def text(self, data: bytes) -> None:
        """A size and bytes, without a tag."""
        if len(self.out) + len(data) > MAX_BYTES:
            raise CannotCrossError(TOO_LARGE)
        self.out += COUNT.pack(len(data))
        self.out += data

    def many(self, values: Iterable[Any], count: int) -> None:
        """A count and as many values, without a tag."""
        self.left -= count
        if self.left < 0 or len(self.out) > MAX_BYTES:
            raise CannotCrossError(TOO_LARGE)
        if self.depth >= MAX_DEPTH:
            raise CannotCrossError(TOO_DEEP)
        self.out += COUNT.pack(count)
        self.depth += 1
        for value in values:
            (WRITERS.get(type(value)) or _writer_for(value))(self, value)
        self.depth -= 1


def _write_word(to: _Writer, value: bool | None) -> None:
    to.out += WORDS[value]


def _write_int(to: _Writer, value: int) -> None:
    to.out += b"i"
    to.number(value)


def _write_float(to: _Writer, value: float) -> None:
    to.out += b"d" + FLOAT.pack(value)


def _write_complex(to: _Writer, value: complex) -> None:
    to.out += b"c" + COMPLEX.pack(value.real, value.imag)


def _write_str(to: _Writer, value: str) -> None:
    to.out += b"s"
    to.text(str.encode(value, "utf-8", "surrogatepass"))


def _write_bytes(to: _Writer, value: bytes) -> None:
    to.out += b"b"
    to.text(bytes(value))


def _write_bytearray(to: _Writer, value: bytearray) -> None:
    to.out += b"y"
    to.text(bytes(value))


def _sequence(tag: bytes, base: Any) -> Callable[[_Writer, Any], None]:
    def write(to: _Writer, value: Any) -> None:
        to.out += tag
        to.many(base.__iter__(value), base.__len__(value))

    return write


def _mapping(tag: bytes) -> Callable[[_Writer, Any], None]:
    def write(to: _Writer, value: dict[Any, Any]) -> None:
        to.out += tag
        if tag == b"D":
            factory = value.default_factory  # type: ignore[attr-defined]
            to.out.append(FACTORIES.index(factory) if factory in FACTORIES else 0)
        pairs = dict.items(value)
        to.many((part for pair in pairs for part in pair), 2 * len(pairs))

    return write


def _write_deque(to: _Writer, value: deque[Any]) -> None:
    to.out += b"q"
    to.number(-1 if value.maxlen is None else value.maxlen)
    to.many(deque.__iter__(value), deque.__len__(value))


def _write_range(to: _Writer, value: range) -> None:
    to.out += b"R"
    for part in (value.start, value.stop, value.step):
        to.number(part)


def _write_type(to: _Writer, value: type) -> None:
    if value in TYPES:
        to.out += b"Y" + bytes((TYPES.index(value),))
    else:
        _write_named(to, value)


def _write_drawn(to: _Writer, value: Any) -> None:
    if not to.draw:
        _write_named(to, value)
        return
    drawn = []
    for item in value:
        drawn.append(item)
        if len(drawn) > MAX_DRAWN:
            raise CannotCrossError(ENDLESS)
    to.out += b"I"
    to.many(drawn, len(drawn))


def _write_named(to: _Writer, value: Any) -> None:
    to.out += b"H" + COUNT.pack(to.number_of(value))


def _write_decimal(to: _Writer, value: Any) -> None:
    _, digits, exponent = value.as_tuple()
    if len(digits) > MAX_DECIMAL_DIGITS:
        raise CannotCrossError(TOO_LARGE)
    if isinstance(exponent, int) and abs(exponent) > MAX_EXPONENT:
        raise CannotCrossError(TOO_LARGE)
    to.out += b"n"
    to.text(str(value).encode())


def _write_fraction(to: _Writer, value: Any) -> None:
    to.out += b"r"
    to.number(value.numerator)
    to.number(value.denominator)


def _write_date(to: _Writer, value: Any) -> None:
    to.out += b"A" + DATE.pack(value.year, value.month, value.day)


def _write_time(to: _Writer, value: Any) -> None:
    offset = value.utcoffset()
    to.out += b"h" + TIME.pack(
        value.hour, value.minute, value.second, value.microsecond, value.fold
    )
    to.out += OFFSET.pack(
        NO_OFFSET
        if offset is None
        else (offset.days * 86400 + offset.seconds) * 1_000_000 + offset.microseconds
    )


def _write_datetime(to: _Writer, value: Any) -> None:
    to.out += b"a" + DATE.pack(value.year, value.month, value.day)
    _write_time(to, value)


def _write_timedelta(to: _Writer, value: Any) -> None:
    to.out += b"w" + DELTA.pack(value.days, value.seconds, value.microseconds)


WRITERS: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): _write_word,
    bool: _write_word,
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_str,
    bytes: _write_bytes,
    bytearray: _write_bytearray,
    list: _sequence(b"l", list),
    tuple: _sequence(b"t", tuple),
    set: _sequence(b"e", set),
    frozenset: _sequence(b"z", frozenset),
    KEYS: _sequence(b"k", KEYS),
    VALUES: _sequence(b"v", VALUES),
    ITEMS: _sequence(b"x", ITEMS),
    Counter: _mapping(b"C"),
    OrderedDict: _mapping(b"O"),
    defaultdict: _mapping(b"D"),
    dict: _mapping(b"m"),
    deque: _write_deque,
    range: _write_range,
    type: _write_type,
}
LATE = {
    "decimal": {"Decimal": _write_decimal},
    "fractions": {"Fraction": _write_fraction},
    "datetime": {
        "datetime": _write_datetime,
        "date": _write_date,
        "time": _write_time,
        "timedelta": _write_timedelta,
    },
}
"""What is known only once somebody has imported it."""


def _writer_for(value: Any) -> Callable[[_Writer, Any], None]:
    """The writer of the nearest plain type that a value is of: its own methods are not asked."""
    for module, names in LATE.items():
        if module in sys.modules:
            for name, writer in names.items():
                WRITERS[getattr(sys.modules[module], name)] = writer
    bases = type.mro(type(value))
    for base in bases:
        if base in WRITERS:
            return WRITERS[base]
    if any("__next__" in vars(base) for base in bases):
        return _write_drawn
    return _write_named
