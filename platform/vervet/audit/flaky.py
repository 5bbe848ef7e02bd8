"""Owns the search for flaky verdicts: what of a solution is to be tried next, or what it is.

Pure: reads attempts and never makes one. All it decides follows from the attempts alone, so an
audit that was killed decides the same again. See docs/audits.md for the order of things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from vervet.audit.causes import OFTEN, Cause, explain, explaining
from vervet.audit.disagreement import alike, consistent, outcome_of
from vervet.audit.repetition import repetitions_for
from vervet.core.conditions import Condition
from vervet.core.errors import UsageError
from vervet.core.status import NORMAL, Flag, Settlement, Status
from vervet.core.values import Attempt
from vervet.verification.settlement import settle

__all__ = ["PAPERS", "ZONES", "Finding", "Plan", "Ruling", "rule"]

PAPERS = 11
"""How often the paper ran every problem's tests (Brown et al. 2024, section 4.3)."""
ZONES = ("UTC-14", "UTC+12", "<+0545>-5:45", "UTC-9", "UTC+5")
"""The first two are never on the same day, whatever the hour."""
LOAD = 5
WIDE, BARELY = Condition(limits=4).word, Condition(limits=1.2).word
"""Time enough to end, and 20 % more than the limit."""
CPU_TIME = "cpu_time"
WIDE_ATTEMPTS = 5
"""With time enough, of what is near its limit: chance is to show there."""

Made = Mapping[str, Sequence[Attempt]]
"""Attempts of one solution by condition, each in their order; none that ended in infra_error."""


class Finding(StrEnum):
    """What a solution is found to be."""

    CLEAN = "clean"
    """Every attempt agreed."""
    FLAKY = "flaky"
    """Attempts under equal conditions disagree."""
    CONDITION_DEPENDENT = "condition_dependent"
    """Each condition agrees with itself, but not with the others."""
    SPEED_DEPENDENT = "speed_dependent"
    """It ends so near its limit of CPU time that the host's speed decides."""
    UNKNOWN = "unknown"
    """The sandbox or the host failed too often to say."""


@dataclass(frozen=True)
class Plan:
    """How hard to look. Raises `UsageError` for what cannot be.

    `repetitions` under equal conditions; with `min_flip` as many as leave a chance of `miss` to
    overlook a flip rate of that size, instead; `varied` attempts with another hash seed, order of
    tests and time zone each; `loaded` attempts beside competitors for the processor. `exhaustive`
    takes all of them of every solution; `settle` goes on with a flaky one until a majority of
    `repetitions` is certain. `factors` are what this sandbox can vary.
    """

    repetitions: int = PAPERS
    min_flip: float | None = None
    miss: float = 0.05
    varied: int = PAPERS
    loaded: int = 3
    exhaustive: bool = False
    settle: bool = True
    factors: tuple[str, ...] = ("hashseed", "order", "tz", "load", "fresh")

    def __post_init__(self) -> None:
        for name, value, least in (
            ("repetitions", self.repetitions, 2),
            ("varied", self.varied, 0),
            ("loaded", self.loaded, 0),
        ):
            if not least <= value <= 10_000:
                raise UsageError(
                    f"{name} is {value}", hint=f"Use a whole number from {least} to 10,000."
                )
        _ = self.needed

    @cached_property
    def needed(self) -> int:
        """Attempts under equal conditions, all alike, after which a solution counts as clean."""
        if self.min_flip is None:
            return self.repetitions
        return repetitions_for(self.min_flip, self.miss)

    @cached_property
    def variations(self) -> tuple[str, ...]:
        """The conditions that differ from normal in everything that can be varied but load."""
        made = [self._variation(number) for number in range(1, self.varied + 1)]
        return tuple(dict.fromkeys(word for word in made if word != NORMAL))

    @cached_property
    def load(self) -> str:
        """The condition with competitors; empty where none is to be tried."""
        return Condition(load=LOAD).word if "load" in self.factors and self.loaded else ""

    def _variation(self, number: int) -> str:
        return Condition(
            hashseed=number if "hashseed" in self.factors else None,
            order=number if "order" in self.factors else None,
            tz=ZONES[(number - 1) % len(ZONES)] if "tz" in self.factors else "",
        ).word


@dataclass(frozen=True, slots=True)
class Ruling:
    """What comes next, or what was found.

    `wanted` is how many attempts there are to be in all, by condition; `finding` is None while
    any is wanted for it. `deviating` are the conditions that gave another outcome than normal.
    """

    wanted: Mapping[str, int] = field(default_factory=dict)
    finding: Finding | None = None
    cause: Cause | None = None
    words: str = ""
    deviating: tuple[str, ...] = ()


def rule(made: Made, plan: Plan, given_up: Collection[str] = ()) -> Ruling:
    """What to do about one solution, from its attempts.

    `given_up` are conditions under which no attempt can be had any more.
    """
    normal = made.get(NORMAL, ())
    if NORMAL in given_up and len(normal) < 2:
        return Ruling(finding=Finding.UNKNOWN, words="the sandbox or the host failed")
    if not normal:
        return Ruling({NORMAL: 1})
    if _near(normal):
        return _rule_speed(made, normal, plan, given_up)
    if not consistent(normal):
        return _rule_flaky(made, normal, plan, given_up)
    needed = 0 if NORMAL in given_up else plan.needed
    if len(normal) < needed:
        return Ruling({NORMAL: needed if plan.exhaustive else min(needed, 2 * len(normal))})
    if normal[0].status is Status.TIMED_OUT:
        return Ruling(finding=Finding.CLEAN)  # more of the same would cost much and show nothing
    return _rule_conditions(made, normal, plan, given_up)


def _near(normal: Sequence[Attempt]) -> bool:
    """Whether CPU time came so near its limit that speed must be looked at first."""
    return any(
        Flag.SPEED_DEPENDENT in attempt.flags or attempt.code == CPU_TIME for attempt in normal
    )


def _rule_speed(
    made: Made, normal: Sequence[Attempt], plan: Plan, given_up: Collection[str]
) -> Ruling:
    """A solution near its limit, or beyond: it is tried alone with more time."""
    wanted = _missing(made, {BARELY: 1, WIDE: 2}, given_up)
    if wanted:
        return Ruling(wanted)
    barely, wide = made.get(BARELY, ()), made.get(WIDE, ())
    if any(attempt.code == CPU_TIME for attempt in (*normal, *barely)) and all(
        attempt.code == CPU_TIME for attempt in barely
    ):
        if consistent(normal):
            return _beyond(normal, wide, plan, given_up)
        near = any(attempt.code != CPU_TIME for attempt in normal)
        if not near:
            return _rule_flaky(made, normal, plan, given_up)
    if wide and not consistent(wide):
        return _rule_flaky(made, normal, plan, given_up)
    wanted = _missing(made, {WIDE: min(plan.needed, WIDE_ATTEMPTS)}, given_up)
    if wanted:
        return Ruling(wanted)
    seen = sorted({outcome_of(attempt) for attempt in normal})
    words = f"ends near its limit of CPU time ({', '.join(seen)})"
    if wide:
        words += f"; alone, with four times the limit: {outcome_of(wide[0])}"
    return Ruling(finding=Finding.SPEED_DEPENDENT, cause=Cause.SPEED, words=words)


def _missing(made: Made, totals: Mapping[str, int], given_up: Collection[str]) -> dict[str, int]:
    """Those of the totals that are not reached, and can be."""
    return {
        word: total
        for word, total in totals.items()
        if word not in given_up and len(made.get(word, ())) < total
    }


def _beyond(
    normal: Sequence[Attempt], wide: Sequence[Attempt], plan: Plan, given_up: Collection[str]
) -> Ruling:
    """Out of time by more than 20 %: as clean as any, however slow the host is."""
    if len(normal) < min(plan.needed, 2) and NORMAL not in given_up:
        return Ruling({NORMAL: len(normal) + 1})
    words = f"alone, with four times the limit: {outcome_of(wide[0])}" if wide else ""
    return Ruling(finding=Finding.CLEAN, words=words)


def _rule_conditions(
    made: Made, normal: Sequence[Attempt], plan: Plan, given_up: Collection[str]
) -> Ruling:
    """A solution that agrees with itself under equal conditions: does it under others?"""
    deviating = _deviating(made, normal, plan)
    if not deviating or plan.exhaustive:
        wanted = _unvaried(made, plan, given_up)
        if wanted:
            return Ruling(wanted)
    if not deviating:
        return Ruling(finding=Finding.CLEAN)
    first = deviating[0]
    twice = {first: 2} if first not in given_up and len(made[first]) < 2 else {}
    wanted = twice | explaining(first, made, plan.factors, given_up)
    if wanted:
        return Ruling(wanted)
    if not all(consistent(made[word]) for word in deviating):
        return replace(_rule_flaky(made, normal, plan, given_up), deviating=deviating)
    cause, words = explain(first, made, normal)
    short = len(made[first]) < OFTEN and first not in given_up
    if cause is Cause.UNEXPLAINED and short:
        return Ruling({first: OFTEN})  # two alike that nothing explains may be chance
    return Ruling({}, Finding.CONDITION_DEPENDENT, cause, words, deviating)


def _deviating(made: Made, normal: Sequence[Attempt], plan: Plan) -> tuple[str, ...]:
    """Conditions of the plan under which some attempt did not end as the normal ones."""
    words = (*plan.variations, *([plan.load] if plan.load else []))
    return tuple(
        word
        for word in words
        if any(not alike(normal[0], attempt) for attempt in made.get(word, ()))
    )


def _unvaried(made: Made, plan: Plan, given_up: Collection[str]) -> dict[str, int]:
    """The varied attempts that are still to be made: a few at a time, more as they agree."""
    missing = [word for word in plan.variations if word not in given_up and not made.get(word)]
    if missing:
        tried = len(plan.variations) - len(missing)
        return dict.fromkeys(missing if plan.exhaustive else missing[: max(2, tried)], 1)
    if plan.load and plan.load not in given_up and len(made.get(plan.load, ())) < plan.loaded:
        return {plan.load: plan.loaded}
    return {}


def _rule_flaky(
    made: Made, normal: Sequence[Attempt], plan: Plan, given_up: Collection[str]
) -> Ruling:
    """A solution that is flaky: how it settles, and why it flips where that can be known."""
    wanted: dict[str, int] = {}
    if NORMAL not in given_up:
        if plan.exhaustive and len(normal) < plan.needed:
            wanted[NORMAL] = plan.needed
        elif plan.settle and (short := _short_of_majority(normal, plan.repetitions)):
            wanted[NORMAL] = len(normal) + short
    wanted |= explaining(NORMAL, made, plan.factors, given_up)
    if wanted:
        return Ruling(wanted)
    cause, words = explain(NORMAL, made, normal)
    return Ruling({}, Finding.FLAKY, cause, words)


def _short_of_majority(normal: Sequence[Attempt], repetitions: int) -> int:
    """How many more attempts can at the earliest make a majority certain; 0 where it is."""
    if settle(normal, Settlement.MAJORITY, repetitions) is not None:
        return 0
    votes = Counter(attempt.status for attempt in normal[:repetitions])
    return max(1, repetitions // 2 + 1 - max(votes.values()))
