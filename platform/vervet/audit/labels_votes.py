"""Owns how much the answers of several models say against a label, each model weighed.

Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", 1979, with one rate for each model, smoothed, and answers that are not listed
beforehand: a wrong answer meets another wrong one of the same problem at a rate of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Votes", "Weighed", "weigh"]

Shares = Mapping[str, Mapping[int, float]]
"""For each model how its candidates of a problem divide among classes of answers; sums to 1."""
UNSEEN = -1
"""The class of every answer that nobody gave."""
ROUNDS = 25
RIGHT, WRONG = 1.0, 1.0
"""Candidates, right and wrong, that each model is taken to have had before."""
MET, MISSED = 0.5, 4.5
"""Pairs of wrong answers, equal and not, that are taken to have been seen before."""


@dataclass(frozen=True, slots=True)
class Votes:
    """The answers to one problem. `label` is the class of the label, also where nobody gave it."""

    label: int
    shares: Shares


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the votes of each problem come to.

    `odds` is the natural logarithm of the odds that the label is wrong; `other` the class that
    is then most likely right, None where no candidate gave another. `reliability` of a model is
    the share of its answers that are right; `collision` the chance that a wrong answer is a
    given other wrong one.
    """

    odds: tuple[float, ...]
    other: tuple[int | None, ...]
    reliability: Mapping[str, float]
    collision: float


def weigh(problems: Sequence[Votes], wrong: float) -> Weighed:
    """The odds of each problem's label, where a share `wrong` of labels is taken to be wrong.

    Models' rates are those of all problems together, truth being unknown: the label counts as
    one more voter, of reliability 1 - `wrong`.
    """
    models = sorted({model for each in problems for model in each.shares})
    rates, collision = dict.fromkeys(models, 0.5), MET / (MET + MISSED)
    beliefs: list[dict[int, float]] = []
    for _ in range(ROUNDS):
        beliefs = [_belief(each, rates, collision, wrong) for each in problems]
        rates = _rates(problems, beliefs, models)
        collision = _collision(problems, beliefs)
    odds, other = [], []
    for votes, belief in zip(problems, beliefs, strict=True):
        against = {key: value for key, value in belief.items() if key != votes.label}
        odds.append(math.log(sum(against.values())) - math.log(belief[votes.label]))
        named = {key: value for key, value in against.items() if key != UNSEEN}
        other.append(max(named, key=lambda key: (named[key], -key)) if named else None)
    return Weighed(tuple(odds), tuple(other), rates, collision)


def _belief(
    votes: Votes, rates: Mapping[str, float], collision: float, wrong: float
) -> dict[int, float]:
    """The chance of each class to be the right answer."""
    seen = {votes.label, *(key for shares in votes.shares.values() for key in shares)}
    logs = {
        truth: _log(truth == votes.label, 1 - wrong, collision)
        + sum(
            share * _log(given == truth, rates[model], collision)
            for model, shares in votes.shares.items()
            for given, share in shares.items()
        )
        for truth in (*sorted(seen), UNSEEN)
    }
    logs[UNSEEN] -= math.log(collision)  # so many answers are as likely as any that was given
    highest = max(logs.values())
    total = sum(math.exp(value - highest) for value in logs.values())
    least = math.exp(-700)
    return {key: max(math.exp(value - highest) / total, least) for key, value in logs.items()}


def _log(is_truth: bool, rate: float, collision: float) -> float:
    """Of the chance that a voter of this rate gives this answer."""
    return math.log(rate if is_truth else (1 - rate) * collision)


def _rates(
    problems: Sequence[Votes], beliefs: Sequence[Mapping[int, float]], models: Sequence[str]
) -> dict[str, float]:
    right, total = dict.fromkeys(models, RIGHT), dict.fromkeys(models, RIGHT + WRONG)
    for votes, belief in zip(problems, beliefs, strict=True):
        for model, shares in votes.shares.items():
            right[model] += sum(share * belief[given] for given, share in shares.items())
            total[model] += sum(shares.values())
    return {model: right[model] / total[model] for model in models}


def _collision(problems: Sequence[Votes], beliefs: Sequence[Mapping[int, float]]) -> float:
    """The share of pairs of wrong answers, of two models, that are equal."""
    met, pairs = MET, MET + MISSED
    for votes, belief in zip(problems, beliefs, strict=True):
        voters = list(votes.shares.values())
        for at, one in enumerate(voters):
            for two in voters[:at]:
                for a, share in one.items():
                    for b, other in two.items():
                        wrong = 1 - belief[a] if a == b else max(0.0, 1 - belief[a] - belief[b])
                        pairs += share * other * wrong
                        met += share * other * wrong if a == b else 0.0
    return met / pairs
