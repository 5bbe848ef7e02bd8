"""Ranks the problems of an answer suite by the evidence that their labels are wrong.

Pure, from what is there: what candidates of several models answered, and whether the label's own
worked answer hangs together. Says who is suspected, and never that a label is wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from vervet.audit.labels_chain import Oddity, Sign, number, oddities
from vervet.audit.labels_votes import Votes, Weighed, weigh
from vervet.core.errors import AnalysisError

__all__ = ["SHOWN", "Labelled", "Suspect", "Suspects", "suspects"]

SHOWN = 20
"""Suspects that are shown, if nothing else is said."""
USUAL_WRONG = 0.02
"""The share of labels that is taken to be wrong beforehand; it moves all problems alike."""
SHOWS = 0.3
"""The chance that a wrong label's worked answer has a given sign. How often right ones have it
is counted in the suite itself, nearly all labels being right."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A problem with its label and how often each model gave which class of answers.

    `label_class` is the class of answers equal to the label, None if nobody gave it; `texts`
    holds one answer of each class. `worked` is the label's own worked answer, if there is one.
    """

    problem: str
    label: str
    question: str = ""
    worked: str = ""
    label_class: int | None = None
    answers: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A problem whose label may be wrong.

    `odds` is the natural logarithm of the odds that it is; `votes_odds` what it would be by the
    candidates alone. `other` is the answer that most speaks for instead, "" if none does;
    `supporters` are the models that give it most often. `reasons` say it all in words.
    """

    problem: str
    label: str
    other: str
    odds: float
    votes_odds: float
    supporters: tuple[str, ...]
    signs: tuple[Sign, ...]
    reasons: tuple[str, ...]

    @property
    def chance(self) -> float:
        """The chance that the label is wrong, as far as the assumptions hold."""
        return 1 / (1 + math.exp(-min(max(self.odds, -700.0), 700.0)))


@dataclass(frozen=True, slots=True)
class Suspects:
    """All problems, the most suspicious first, with what the ranking rests on.

    `reliability` of each model is estimated from all problems, truth being unknown; `collision`
    is the chance that a wrong answer is a given other wrong one; `signs` counts the worked
    answers with each sign, of `worked` that hold steps to read.
    """

    ranked: tuple[Suspect, ...]
    reliability: Mapping[str, float]
    collision: float
    signs: Mapping[str, int]
    worked: int
    answered: int

    def rank(self, problem: str) -> int:
        """The place of a problem from 1, behind all with equal odds. Raises `KeyError`."""
        odds = {each.problem: each.odds for each in self.ranked}
        return sum(each >= odds[problem] for each in odds.values())

    def as_json(self, most: int = SHOWN) -> dict[str, Any]:
        """The first suspects and what the ranking rests on, as JSON."""
        return {
            "problems": len(self.ranked),
            "answered": self.answered,
            "worked": self.worked,
            "signs": dict(self.signs),
            "reliability": dict(self.reliability),
            "collision": self.collision,
            "suspects": [
                {
                    "rank": at,
                    "problem": each.problem,
                    "label": each.label,
                    "other": each.other,
                    "odds": each.odds,
                    "chance": each.chance,
                    "votes_odds": each.votes_odds,
                    "supporters": list(each.supporters),
                    "signs": [sign.value for sign in each.signs],
                    "reasons": list(each.reasons),
                }
                for at, each in enumerate(self.ranked[:most], start=1)
            ],
        }


def suspects(problems: Sequence[Labelled], *, wrong: float = USUAL_WRONG) -> Suspects:
    """Rank problems by the odds that their labels are wrong.

    The odds of the votes (`labels_votes`), times how much more often wrong labels than right ones
    are taken to show the rarest sign of the worked answer, times the same for a label that is the
    other answer cut to a whole number (naive Bayes). Signs of one answer come of one slip, so
    only the rarest counts. Raises `AnalysisError` for a share `wrong` that is none.
    """
    if not 0 < wrong < 1:
        raise AnalysisError(
            f"the share of wrong labels is {wrong}", hint="Give a number between 0 and 1."
        )
    weighed = weigh([_votes(each) for each in problems], wrong)
    found = [oddities(each.question, each.worked, each.label) for each in problems]
    cuts = [
        key is not None and _is_cut(each.label, each.texts.get(key, ""))
        for each, key in zip(problems, weighed.other, strict=True)
    ]
    worked = sum("<<" in each.worked for each in problems)
    counts = Counter(oddity.sign for some in found for oddity in some)
    gains = {sign: _gain(count, worked) for sign, count in counts.items()}
    cut_gain = _gain(sum(cuts), sum(key is not None for key in weighed.other))
    ranked = []
    for at, (each, odd, cut) in enumerate(zip(problems, found, cuts, strict=True)):
        gain = max((gains[oddity.sign] for oddity in odd), default=0.0) + cut * cut_gain
        ranked.append(_suspect(each, weighed, at, odd, cut, gain))
    ranked.sort(key=lambda each: -each.odds)
    return Suspects(
        ranked=tuple(ranked),
        reliability=weighed.reliability,
        collision=weighed.collision,
        signs={sign.value: counts[sign] for sign in Sign if counts[sign]},
        worked=worked,
        answered=sum(bool(each.answers) for each in problems),
    )


def _votes(each: Labelled) -> Votes:
    """Classes as shares of each model's candidates: more of one model are not more voters."""
    shares = {}
    for model, counts in each.answers.items():
        total = sum(counts.values())
        if total:
            shares[model] = {key: count / total for key, count in counts.items() if count}
    unused = 1 + max((key for given in shares.values() for key in given), default=0)
    return Votes(unused if each.label_class is None else each.label_class, shares)


def _gain(count: int, of: int) -> float:
    """The logarithm of how much likelier a sign makes a wrong label; never against it."""
    return max(0.0, math.log(SHOWS / ((count + 1) / (of + 2))))


def _is_cut(label: str, other: str) -> bool:
    """Whether the label is the whole number below or above the other answer."""
    right, given = number(label), number(other)
    if right is None or given is None or given.denominator == 1:
        return False
    return right.denominator == 1 and abs(right - given) < Fraction(1)


def _suspect(
    each: Labelled, weighed: Weighed, at: int, odd: Sequence[Oddity], cut: bool, gain: float
) -> Suspect:
    """The `at`-th problem; `gain` is what is added to the odds of the votes."""
    key = weighed.other[at]
    other = "" if key is None else each.texts.get(key, "")
    supporters = tuple(
        model
        for model, counts in sorted(each.answers.items())
        if key is not None and counts.get(key, 0) == max(counts.values(), default=-1)
    )
    reasons = [oddity.words for oddity in odd]
    if supporters:
        rates = ", ".join(f"{name} {weighed.reliability[name]:.0%}" for name in supporters)
        words = f"{len(supporters)} of {len(each.answers)} models answer {other} most often"
        reasons.insert(0, f"{words} (right on: {rates})")
    if cut:
        reasons.append(f"the label {each.label} is {other} rounded or cut to a whole number")
    return Suspect(
        problem=each.problem,
        label=each.label,
        other=other,
        odds=weighed.odds[at] + gain,
        votes_odds=weighed.odds[at],
        supporters=supporters,
        signs=tuple(oddity.sign for oddity in odd),
        reasons=tuple(reasons),
    )
