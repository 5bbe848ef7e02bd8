"""Owns why a solution's attempts disagree: which single factor, varied alone, shows it. Pure.

Two ways. Where one condition differs from normal, each of its factors is tried alone: those that
show the same again are the cause. Where equal conditions disagree, each factor is tried so often
that its rate of passes can be told from the normal one (Fisher's exact test).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from vervet.audit.disagreement import alike
from vervet.audit.repetition import differ
from vervet.core.conditions import Condition, condition_of
from vervet.core.status import NORMAL, Status
from vervet.core.values import Attempt

__all__ = ["OFTEN", "Cause", "explain", "explaining"]

TWICE = 2
OFTEN = 12
"""Attempts of a factor alone where equal conditions disagree."""
SURE = 0.01 / 5
"""The p-value below which a factor's rate is another one than normal's: five are compared, and
what has no cause is to get one in no more than one case in a hundred (Bonferroni)."""
OTHER_SEED, OTHER_ZONE, LOAD = 1, "UTC-14", 5

Made = Mapping[str, Sequence[Attempt]]


class Cause(StrEnum):
    """Why attempts disagree."""

    HASH = "hash"
    """The order of sets, or whatever else depends on the hashes of texts."""
    ORDER = "order"
    """The order in which the tests ran."""
    TIME = "time"
    """The time zone, and so the hour and the day."""
    LOAD = "load"
    """How much of a processor it was given: timeouts of its own, races of threads."""
    SANDBOX = "sandbox"
    """Whether the sandbox had served others before: never the solution's fault."""
    SPEED = "speed"
    """CPU time near its limit."""
    SEVERAL = "several"
    """More than one of these, each alone."""
    UNEXPLAINED = "unexplained"
    """None of these: chance, or what cannot be varied here."""


WORDS: Mapping[str, tuple[Cause, str]] = {
    "hashseed": (Cause.HASH, "another hash seed"),
    "order": (Cause.ORDER, "another order of the tests"),
    "tz": (Cause.TIME, "another time zone"),
    "load": (Cause.LOAD, "competitors for the processor"),
    "fresh": (Cause.SANDBOX, "a sandbox that has served nobody"),
}


def explaining(
    word: str, made: Made, factors: Collection[str], given_up: Collection[str]
) -> dict[str, int]:
    """The attempts that are still wanted to explain what was seen under `word`, by condition."""
    total = OFTEN if word == NORMAL else TWICE
    return {
        alone: total
        for factor, alone in _alone(word).items()
        if factor in factors and alone not in given_up and len(made.get(alone, ())) < total
    }


def explain(word: str, made: Made, normal: Sequence[Attempt]) -> tuple[Cause, str]:
    """The cause of what was seen under `word`, and what shows it."""
    alone = {factor: made.get(one, ()) for factor, one in _alone(word).items()}
    showing = _apart(alone, normal) if word == NORMAL else _repeating(alone, normal)
    if not showing:
        return Cause.UNEXPLAINED, "no factor alone shows it"
    words = "; ".join(f"{WORDS[factor][1]}: {said}" for factor, said in showing.items())
    causes = {WORDS[factor][0] for factor in showing}
    return causes.pop() if len(causes) == 1 else Cause.SEVERAL, words


def _alone(word: str) -> dict[str, str]:
    """The condition of each factor alone, by factor: those of `word`, or all of them."""
    if word == NORMAL:
        found = {
            "hashseed": Condition(hashseed=OTHER_SEED),
            "order": Condition(order=OTHER_SEED),
            "tz": Condition(tz=OTHER_ZONE),
            "load": Condition(load=LOAD),
            "fresh": Condition(fresh=True),
        }
    else:
        seen = condition_of(word)
        found = {
            "hashseed": Condition(hashseed=seen.hashseed),
            "order": Condition(order=seen.order),
            "tz": Condition(tz=seen.tz),
            "load": Condition(load=seen.load),
            "fresh": Condition(fresh=True),
        }
    return {factor: one.word for factor, one in found.items() if one.word != NORMAL}


def _repeating(alone: Mapping[str, Sequence[Attempt]], normal: Sequence[Attempt]) -> dict[str, str]:
    """Factors under which every attempt ended otherwise than normally."""
    return {
        factor: f"{len(attempts)} of {len(attempts)} attempts differ"
        for factor, attempts in alone.items()
        if attempts and not any(alike(normal[0], attempt) for attempt in attempts)
    }


def _apart(alone: Mapping[str, Sequence[Attempt]], normal: Sequence[Attempt]) -> dict[str, str]:
    """Factors under which passes are more or less frequent than normally."""
    usual = _passes(normal)
    found: dict[str, str] = {}
    for factor, attempts in alone.items():
        passes = _passes(attempts)
        if attempts and differ(usual, len(normal), passes, len(attempts)) < SURE:
            found[factor] = f"{passes} of {len(attempts)} pass, normally {usual} of {len(normal)}"
    return found


def _passes(attempts: Sequence[Attempt]) -> int:
    return sum(attempt.status is Status.PASSED for attempt in attempts)
