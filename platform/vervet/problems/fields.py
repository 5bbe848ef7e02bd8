"""Reading values out of a record: each reader names the key and what was expected there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from vervet.core.errors import ProblemError

__all__ = ["only_keys", "text", "texts", "words_for"]

_MISSING = object()
_WORDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a mapping",
}


def words_for(value: object) -> str:
    """The kind of a JSON value in words."""
    return _WORDS.get(type(value), f"a {type(value).__name__}")


def only_keys(record: Mapping[str, Any], known: Iterable[str], where: str = "") -> None:
    """Raise `ProblemError` for the first key that is not known, offering the nearest one."""
    names = list(known)
    for key in record:
        if key not in names:
            near = difflib.get_close_matches(str(key), names, n=1, cutoff=0.4)
            offer = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
            raise ProblemError(f"unknown key {where + str(key)!r}; {offer}")


def text(
    record: Mapping[str, Any],
    key: str,
    *,
    default: str | None = None,
    empty: bool = False,
    where: str = "",
) -> str:
    """The string under `key`. Raises `ProblemError` if it is missing, empty or no text."""
    value = record.get(key, _MISSING)
    if value is _MISSING:
        if default is None:
            raise ProblemError(f"the key {where + key!r} is missing")
        return default
    return _checked(value, where + key, empty)


def texts(record: Mapping[str, Any], key: str, *, empty: bool = False) -> tuple[str, ...]:
    """The strings under `key`: a list, a single string, or none at all."""
    value = record.get(key, [])
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        raise ProblemError(f"{key!r} is {words_for(value)}, not a list of strings")
    return tuple(_checked(item, f"{key}[{at}]", empty) for at, item in enumerate(value))


def _checked(value: object, name: str, empty: bool) -> str:
    if not isinstance(value, str):
        raise ProblemError(f"{name!r} is {words_for(value)}, not a string")
    if not value and not empty:
        raise ProblemError(f"{name!r} is empty")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProblemError(f"{name!r} holds half a surrogate pair, which is no text") from None
    return value
