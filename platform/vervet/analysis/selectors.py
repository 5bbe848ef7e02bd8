"""The selectors by name: how each picks one of k candidates, and how often it is right.

A selector is one class with a name and `accuracy`; others than these come as entry points of
the group `vervet.selectors`. Never draws curves over several problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

import numpy as np

from vervet.analysis.counts import FloatArray, IntArray, check_ks
from vervet.analysis.selectors_answers import Answers
from vervet.analysis.selectors_draws import DRAWS, Drawn, agreement_piles, drawn_votes
from vervet.analysis.selectors_exact import (
    MOST_EXACT_K,
    Ties,
    best_of_n,
    first_answer,
    majority_vote,
    oracle,
)
from vervet.core.errors import AnalysisError, UnknownNameError

__all__ = [
    "BUILT_IN",
    "Accuracy",
    "AgreementVote",
    "MajorityVote",
    "Rules",
    "Selector",
    "Weighing",
    "WeightedVote",
    "make_best_of_n",
    "make_first",
    "make_oracle",
    "make_selector",
    "selector_names",
]

GROUP = "vervet.selectors"


class Weighing(StrEnum):
    """How a score becomes the weight of a vote."""

    RAW = "raw"
    """The score itself, which must not be negative: a probability, say."""
    SIGMOID = "sigmoid"
    """1 / (1 + exp(-score)): for a reward model's logits."""
    EXP = "exp"
    """exp(score): for log-probabilities."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the selectors of one table share.

    `scorer` names the scores that best-of-n and the weighted vote use. `agreement_power` is the
    power of the number of agreeing candidates in CodeT's score: 0.5 as in its published code, 1
    in its paper. `draws` and `seed` are those of votes that have no closed form.
    """

    ties: Ties = Ties.RANDOM
    scorer: str | None = None
    weighing: Weighing = Weighing.RAW
    agreement_power: float = 0.5
    draws: int = DRAWS
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy:
    """The chance that one problem is answered correctly at each k, shape (ks,).

    `error` is the standard error of what was drawn at random, 0 where the number is exact.
    """

    value: FloatArray
    error: FloatArray


@runtime_checkable
class Selector(Protocol):
    """Picks one of the first k candidates of a problem. Never sees the verdicts as it picks."""

    @property
    def name(self) -> str:
        """The one word by which it is known."""
        ...

    def accuracy(self, answers: Answers, ks: IntArray, rules: Rules) -> Accuracy:
        """How often it picks a correct candidate. Raises `AnalysisError` where it cannot pick."""
        ...


@dataclass(frozen=True, slots=True)
class _Exact:
    """A selector with a closed form at every k."""

    name: str
    formula: Callable[[Answers, IntArray, Rules], FloatArray]

    def accuracy(self, answers: Answers, ks: IntArray, rules: Rules) -> Accuracy:
        """See `Selector.accuracy`."""
        value = self.formula(answers, check_ks(ks), rules)
        return Accuracy(value, np.zeros(value.shape))


@dataclass(frozen=True, slots=True)
class MajorityVote:
    """The class with the most candidates: exact up to k = 40, drawn beyond."""

    name: str = "vote"

    def accuracy(self, answers: Answers, ks: IntArray, rules: Rules) -> Accuracy:
        """See `Selector.accuracy`."""
        wanted = check_ks(ks)
        few = wanted <= MOST_EXACT_K
        value, error = np.zeros(wanted.shape), np.zeros(wanted.shape)
        if few.any():
            value[few] = majority_vote(answers, wanted[few], rules.ties)
        if not few.all():
            many = _drawn(answers, wanted[~few], rules, _count)
            value[~few], error[~few] = many.accuracy, many.error
        return Accuracy(value, error)


@dataclass(frozen=True, slots=True)
class WeightedVote:
    """The class with the largest sum of scores."""

    name: str = "weighted-vote"

    def accuracy(self, answers: Answers, ks: IntArray, rules: Rules) -> Accuracy:
        """See `Selector.accuracy`."""
        weights = _weights(answers.scores_of(_scorer(rules)), rules, answers.name)
        found = _drawn(answers, check_ks(ks), rules, _sum, weights=weights)
        return Accuracy(found.accuracy, found.error)


@dataclass(frozen=True, slots=True)
class AgreementVote:
    """The set of candidates that pass the same generated tests, by how many there are of each.

    Source: CodeT, Chen et al. 2022 (arXiv 2207.10397), section 2.2.
    """

    name: str = "generated-tests"

    def accuracy(self, answers: Answers, ks: IntArray, rules: Rules) -> Accuracy:
        """See `Selector.accuracy`."""
        piles, passed = agreement_piles(answers)
        value = partial(_agreement, rules.agreement_power)
        weights = passed.astype(np.float64)
        found = _drawn(answers, check_ks(ks), rules, value, piles=piles, weights=weights)
        return Accuracy(found.accuracy, found.error)


def make_oracle() -> Selector:
    """Picks a correct candidate wherever there is one: what a perfect verifier reaches."""
    return _Exact("oracle", lambda answers, ks, _: oracle(answers, ks))


def make_first() -> Selector:
    """Takes the first candidate: what one candidate reaches."""
    return _Exact("first", lambda answers, ks, _: first_answer(answers, ks))


def make_best_of_n() -> Selector:
    """Takes the candidate of the highest score."""
    return _Exact(
        "best-of-n", lambda answers, ks, rules: best_of_n(answers, ks, _scorer(rules), rules.ties)
    )


BUILT_IN = {
    "oracle": "vervet.analysis.selectors:make_oracle",
    "first": "vervet.analysis.selectors:make_first",
    "vote": "vervet.analysis.selectors:MajorityVote",
    "best-of-n": "vervet.analysis.selectors:make_best_of_n",
    "weighted-vote": "vervet.analysis.selectors:WeightedVote",
    "generated-tests": "vervet.analysis.selectors:AgreementVote",
}
"""As in pyproject.toml, for installations whose metadata is older than this file."""


def selector_names() -> tuple[str, ...]:
    """Every selector that is installed, the built-in ones first."""
    others = sorted(entry.name for entry in entry_points(group=GROUP))
    return tuple(dict.fromkeys([*BUILT_IN, *others]))


def make_selector(name: str) -> Selector:
    """The selector of that name. Raises `UnknownNameError`."""
    for entry in entry_points(group=GROUP, name=name):
        found: Selector = entry.load()()
        return found
    if name not in BUILT_IN:
        raise UnknownNameError("selector", name, selector_names())
    module, attribute = BUILT_IN[name].split(":")
    made: Selector = getattr(import_module(module), attribute)()
    return made


def _drawn(
    answers: Answers,
    ks: IntArray,
    rules: Rules,
    value: Callable[[IntArray, FloatArray], FloatArray],
    *,
    piles: IntArray | None = None,
    weights: FloatArray | None = None,
) -> Drawn:
    return drawn_votes(
        answers,
        ks,
        value=value,
        piles=piles,
        weights=weights,
        ties=rules.ties,
        draws=rules.draws,
        seed=rules.seed,
    )


def _count(counts: IntArray, _sums: FloatArray) -> FloatArray:
    return counts.astype(np.float64)


def _sum(_counts: IntArray, sums: FloatArray) -> FloatArray:
    return sums


def _agreement(power: float, counts: IntArray, sums: FloatArray) -> FloatArray:
    """Tests passed by the members of a pile (equal for all) times their number to the power."""
    value: FloatArray = sums / np.maximum(counts, 1) * counts**power
    return value


def _scorer(rules: Rules) -> str:
    if rules.scorer is None:
        raise AnalysisError("no scorer is named", hint="Name the scores to use.")
    return rules.scorer


def _weights(scores: FloatArray, rules: Rules, name: str) -> FloatArray:
    if rules.weighing is Weighing.SIGMOID:
        weights: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(scores, -700.0, 700.0)))
    elif rules.weighing is Weighing.EXP:
        # Only ratios within a problem matter; the largest is 1, so nothing overflows.
        weights = np.exp(scores - scores.max())
    else:
        weights = scores
    if weights.min() < 0.0:
        raise AnalysisError(
            f"a score of problem {name!r} is {weights.min():g}, and a vote cannot weigh less "
            "than nothing",
            hint="Weigh votes by sigmoid (logits) or exp (log-probabilities) of the score.",
        )
    return weights
