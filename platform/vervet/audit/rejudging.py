"""Owns what is said of a solution that was judged normally and in reference mode.

Pure: compares attempts and never makes one. A difference is believed only when both repeat it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vervet.core.status import NORMAL, REFERENCE, Flag
from vervet.core.values import Attempt

__all__ = ["Finding", "Judgement", "judge"]


class Finding(StrEnum):
    """How the two conditions do not agree."""

    DIFFERS = "differs"
    """The same otherwise each time: fork server and exec mean different things to it."""
    FLAKY = "flaky"
    """Under one of the two conditions it does not agree with itself."""
    SPEED_DEPENDENT = "speed_dependent"
    """All of its attempts came near the limit of CPU time."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`wanted` are conditions under which one more attempt is needed before more can be said.

    Where none is, `finding` says how the two differ; None: they agree, or nothing can be said.
    """

    wanted: frozenset[str] = frozenset()
    finding: Finding | None = None


def judge(
    normal: Sequence[Attempt], reference: Sequence[Attempt], given_up: Collection[str] = ()
) -> Judgement:
    """Compare the attempts of one solution, each in the order in which they were made.

    `given_up` are conditions under which no attempt can be had any more.
    """
    if not normal or not reference:
        return Judgement(frozenset({REFERENCE}).difference(given_up))
    if _alike(normal[0], reference[0]):
        return Judgement()
    if not _agree(normal) or not _agree(reference):
        return Judgement(finding=Finding.FLAKY)
    single = {under for under, made in ((NORMAL, normal), (REFERENCE, reference)) if len(made) < 2}
    if wanted := single.difference(given_up):
        return Judgement(frozenset(wanted))
    if all(Flag.SPEED_DEPENDENT in attempt.flags for attempt in (*normal, *reference)):
        return Judgement(finding=Finding.SPEED_DEPENDENT)
    return Judgement(finding=Finding.DIFFERS)


def _alike(one: Attempt, other: Attempt) -> bool:
    return one.status is other.status and one.outcomes == other.outcomes


def _agree(attempts: Sequence[Attempt]) -> bool:
    return all(_alike(attempts[0], attempt) for attempt in attempts)
