"""The one text that a pickle holds, read without unpickling anything.

LiveCodeBench packs its private tests as a pickled string. A pickle is a program, so this reads
the few operations that make a single string and refuses every other one.
"""

from __future__ import annotations

import pickletools

from vervet.core.errors import ProblemError

__all__ = ["pickled_text"]

_TEXT = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_HARMLESS = {"PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT"}


def pickled_text(data: bytes) -> str:
    """The string in a pickle of protocol 1 to 5 that holds one string and nothing else.

    Raises `ProblemError` for a pickle of anything else, naming the operation.
    """
    found: list[str] = []
    try:
        for operation, argument, _ in pickletools.genops(data):
            if operation.name in _TEXT:
                found.append(str(argument))
            elif operation.name == "STOP":
                break
            elif operation.name not in _HARMLESS:
                raise ProblemError(f"holds a pickle of more than a text ({operation.name})")
    except (ValueError, IndexError, OverflowError, UnicodeDecodeError) as error:
        raise ProblemError(f"holds a pickle that cannot be read: {error}") from None
    if len(found) != 1:
        raise ProblemError(f"holds a pickle of {len(found)} texts, not one")
    return found[0]
