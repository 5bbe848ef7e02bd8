"""Owns what writer and reader of plain values agree on: bounds, layouts, lists of types, errors."""

from __future__ import annotations

from _struct import Struct

__all__ = [
    "COMPLEX",
    "COUNT",
    "DATE",
    "DELTA",
    "ENDLESS",
    "EXCEPTIONS",
    "FACTORIES",
    "FATAL",
    "FLOAT",
    "MAX_BYTES",
    "MAX_DECIMAL_DIGITS",
    "MAX_DEPTH",
    "MAX_DRAWN",
    "MAX_EXPONENT",
    "MAX_INT_BYTES",
    "MAX_ITEMS",
    "MAX_WORDS",
    "NO_OFFSET",
    "OFFSET",
    "REFUSALS",
    "TIME",
    "TOO_DEEP",
    "TOO_LARGE",
    "TYPES",
    "BrokenError",
    "CannotCrossError",
]

MAX_BYTES = 8 << 20
"""Bytes of one value, all that it holds included."""
MAX_DEPTH = 100
MAX_ITEMS = 1 << 20
MAX_DRAWN = 100_000
"""Items that are drawn from an iterator before it counts as endless."""
MAX_INT_BYTES = 1 << 16
MAX_DECIMAL_DIGITS = 10_000
MAX_EXPONENT = 10_000
MAX_WORDS = 1000
"""Characters of an exception's message."""

COUNT = Struct(">I")
FLOAT = Struct(">d")
COMPLEX = Struct(">dd")
DATE = Struct(">HBB")
TIME = Struct(">BBBIB")
DELTA = Struct(">iii")
OFFSET = Struct(">q")
NO_OFFSET = -(1 << 62)

FACTORIES = (None, int, float, str, bool, list, dict, set, tuple)
"""What a defaultdict may make of a missing key; any other is left behind."""
TYPES: tuple[type, ...] = (
    *(int, float, str, bool, list, dict, set, tuple, frozenset, bytes, complex, object),
    *(type(None), bytearray, range, type),
)
"""Types that cross as values, by their place here."""

EXCEPTIONS: dict[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        *(Exception, ArithmeticError, AttributeError, BufferError, EOFError, ImportError),
        *(FloatingPointError, IndexError, KeyError, LookupError, MemoryError),
        *(ModuleNotFoundError, NameError, NotImplementedError, OSError, OverflowError),
        *(FileNotFoundError, PermissionError, TimeoutError, RecursionError, ReferenceError),
        *(RuntimeError, SyntaxError, IndentationError, TypeError, UnboundLocalError),
        *(UnicodeError, ValueError, ZeroDivisionError),
    )
}
"""Exceptions that the tests may see, and catch."""
FATAL: dict[str, type[BaseException]] = {
    kind.__name__: kind
    for kind in (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, AssertionError)
}
"""What a candidate may raise to steer the tests: seen, it is a failure that nothing clears."""


TOO_LARGE, TOO_DEEP, ENDLESS = REFUSALS = ("value_too_large", "value_too_deep", "value_endless")
"""Why a value cannot cross, where it is not for its type."""


class CannotCrossError(Exception):
    """Raised by the writer for what is beyond the bounds, or not plain and not to be named."""


class BrokenError(Exception):
    """Raised by the reader for bytes that no honest writer makes."""
