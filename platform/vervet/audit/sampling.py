"""Owns which of a run's solutions an audit looks at: all, or so many a problem, by a seed. Pure.

The choice depends on the seed and the solutions' digests alone: a repeated audit makes it again,
and a larger one holds all of a smaller one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol, TypeVar

from vervet.core.digests import digest_text

__all__ = ["choose"]


class Sampled(Protocol):
    """What is known of a solution when it is chosen."""

    @property
    def digest(self) -> str:
        """The solution's digest."""
        ...

    @property
    def problem(self) -> str:
        """The problem's own id."""
        ...

    @property
    def passed(self) -> bool | None:
        """Its verdict; None while it has none."""
        ...


Item = TypeVar("Item", bound=Sampled)


def choose(items: Iterable[Item], each: int | None, seed: int = 0) -> list[Item]:
    """At most `each` passed and as many other solutions of every problem; all of them for None.

    Their order is kept.
    """
    found = list(items)
    if each is None:
        return found
    groups: dict[tuple[str, bool], list[Item]] = defaultdict(list)
    for item in found:
        groups[item.problem, item.passed is True].append(item)
    chosen = {
        (item.problem, item.digest)
        for some in groups.values()
        for item in sorted(some, key=lambda one: digest_text(f"{seed}\0{one.digest}"))[:each]
    }
    return [item for item in found if (item.problem, item.digest) in chosen]
