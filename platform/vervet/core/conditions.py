"""Owns the words for what an attempt ran under, beside its problem and its solution.

A condition is kept as one canonical word ("normal", "hashseed=7,tz=UTC-14"), so that equal
conditions are equal texts. Knows nothing of how one is brought about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vervet.core.errors import UsageError
from vervet.core.status import NORMAL, REFERENCE

__all__ = ["Condition", "condition_of"]

LARGEST_SEED = 2**32 - 1
"""The largest hash seed that CPython takes."""
MOST_LOAD = 64
_ZONE = re.compile(r"(?:[A-Za-z]{3,6}|<[A-Za-z0-9+-]{3,10}>)[+-]?\d{1,2}(?::\d{2}){0,2}\Z")
"""A POSIX TZ without daylight saving: needs no database of time zones inside a sandbox."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A perturbation of the condition `normal`; what is left out is as it is there.

    `hashseed` seeds Python's hashes of texts; `order` seeds a shuffle of a problem's tests; `tz`
    is a POSIX time zone; `load` is how many processes compete for the same processor; `fresh`
    takes a sandbox that has served nobody; `limits` multiplies the limits of time.
    Raises `UsageError` for values that cannot be.
    """

    hashseed: int | None = None
    order: int | None = None
    tz: str = ""
    load: int = 0
    fresh: bool = False
    limits: float = 1.0

    def __post_init__(self) -> None:
        if self.hashseed is not None and not 0 <= self.hashseed <= LARGEST_SEED:
            raise UsageError(f"a hash seed of {self.hashseed}", hint=f"Use 0 to {LARGEST_SEED}.")
        if self.order is not None and self.order < 0:
            raise UsageError(f"an order of {self.order}", hint="It is a seed: 0 or more.")
        if self.tz and not _ZONE.match(self.tz):
            raise UsageError(
                f"the time zone {self.tz!r} is none of POSIX's form",
                hint="As in UTC-14, <+0545>-5:45.",
            )
        if not 0 <= self.load <= MOST_LOAD:
            raise UsageError(f"a load of {self.load}", hint=f"Use 0 to {MOST_LOAD} competitors.")
        if not 0 < self.limits <= 1000:
            raise UsageError(f"limits times {self.limits}", hint="Use a factor up to 1000.")

    @property
    def word(self) -> str:
        """Its one spelling: `normal`, or what differs, commas between."""
        parts = [
            f"hashseed={self.hashseed}" if self.hashseed is not None else "",
            f"order={self.order}" if self.order is not None else "",
            f"tz={self.tz}" if self.tz else "",
            f"load={self.load}" if self.load else "",
            "fresh" if self.fresh else "",
            f"limits={_number(self.limits)}" if self.limits != 1 else "",
        ]
        return ",".join(part for part in parts if part) or NORMAL


_READ: Mapping[str, Callable[[str], Any]] = {
    "hashseed": int,
    "order": int,
    "tz": str,
    "load": int,
    "limits": float,
}


def condition_of(word: str) -> Condition:
    """The condition of a word. Raises `UsageError` for one that is not spelled as `word` does."""
    found: dict[str, Any] = {}
    for part in word.split(",") if word != NORMAL else ():
        name, _, value = part.partition("=")
        if part == "fresh":
            found["fresh"] = True
            continue
        try:
            found[name] = _READ[name](value)
        except (KeyError, ValueError):
            raise _unreadable(word) from None
    condition = Condition(**found)
    if condition.word != word:
        raise _unreadable(word)
    return condition


def _number(value: float) -> str:
    """Reads back as the same number; without a fraction where it has none."""
    return str(float(value)).removesuffix(".0")


def _unreadable(word: str) -> UsageError:
    return UsageError(
        f"the condition {word!r} is not understood",
        hint=f"Known: {NORMAL}, {REFERENCE}, hashseed=N, order=N, tz=ZONE, load=N, fresh, "
        "limits=FACTOR, in this order with commas between.",
    )
