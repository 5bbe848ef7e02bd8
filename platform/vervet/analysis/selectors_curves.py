"""Accuracy against k of several selectors over the same problems, on one axis.

Owns the share of the headroom that each closes and the k from which on it gains nothing; never
picks an answer itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_ks, check_within
from vervet.analysis.grid import log_grid, shown_ks
from vervet.analysis.intervals import FEW, Caveat, share_interval
from vervet.analysis.selectors import BUILT_IN, Rules, make_selector
from vervet.analysis.selectors_answers import Answers, smallest_n, tally
from vervet.analysis.selectors_exact import vote_of_all
from vervet.core.errors import AnalysisError

__all__ = [
    "Plateau",
    "SelectorCurve",
    "SelectorTable",
    "Unavailable",
    "VotedProblem",
    "compare_selectors",
    "voted_problems",
]

WORTH = 0.005
"""A gain of accuracy below half a percentage point is none."""
RESAMPLES = 2000
_NONE = 1e-12


@dataclass(frozen=True, slots=True)
class Plateau:
    """The smallest k after which accuracy gains less than `WORTH`, with its interval.

    `low` to `high` is over resampled problems. `still_improving` says that k is the largest one
    there is, so that nothing is known about where the gains end.
    """

    k: int
    low: int
    high: int
    still_improving: bool


@dataclass(frozen=True, slots=True, eq=False)
class SelectorCurve:
    """How often one selector is right at each k; arrays of shape (ks,) unless said otherwise.

    `values` has shape (ks, problems). `low` to `high` is the interval over problems;
    `drawn_error` the standard error of what was drawn at random, 0 where the number is exact.
    `headroom` is the share of the way from the first candidate to the oracle, with its interval,
    None where the oracle is no better than the first.
    """

    name: str
    ks: IntArray
    values: FloatArray
    accuracy: FloatArray
    low: FloatArray
    high: FloatArray
    drawn_error: FloatArray
    headroom: tuple[tuple[float, float, float] | None, ...]
    plateau: Plateau


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A selector that could not be applied to these problems, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class SelectorTable:
    """All selectors over the same problems at the same k; `mixed` counts classes that hold both
    correct and incorrect candidates."""

    ks: IntArray
    curves: tuple[SelectorCurve, ...]
    unavailable: tuple[Unavailable, ...]
    problems: int
    level: float
    mixed: int
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True)
class VotedProblem:
    """The share of correct candidates of one problem, and the chance that their vote is right.

    The chance is 0 or 1 but for ties and for classes that the verifier judged differently.
    """

    name: str
    n: int
    correct: float
    vote: float


def compare_selectors(
    problems: Sequence[Answers],
    *,
    names: Sequence[str] = tuple(BUILT_IN),
    ks: npt.ArrayLike | None = None,
    rules: Rules | None = None,
    level: float = 0.95,
) -> SelectorTable:
    """The accuracy of each selector at `ks`, or at a log-spaced grid up to the smallest n.

    Accuracy at k is the mean over problems of the chance that the selector, shown k candidates
    drawn from a problem's own, picks a correct one. A selector that lacks what it needs (scores,
    generated tests) is listed as unavailable with its reason.
    Raises `AnalysisError` for no problems, for problems without candidates and for k above the
    smallest n, and `UnknownNameError` for a selector that there is not.
    """
    largest = smallest_n(problems)
    wanted = _grid(largest) if ks is None else np.unique(check_ks(ks))
    sizes = np.array([problem.n for problem in problems], dtype=np.int64)
    check_within(wanted, sizes, [problem.name for problem in problems])
    shared = rules or Rules()
    first, _ = _values("first", problems, wanted, shared)
    best, _ = _values("oracle", problems, wanted, shared)
    weights = _resampled(len(problems))
    curves: list[SelectorCurve] = []
    unavailable: list[Unavailable] = []
    for name in dict.fromkeys(names):
        make_selector(name)  # a name that is unknown is the caller's mistake, not the data's
        try:
            values, error = _values(name, problems, wanted, shared)
        except AnalysisError as problem:
            unavailable.append(Unavailable(name, problem.message))
            continue
        low, high = share_interval(values, level=level)
        curves.append(
            SelectorCurve(
                name=name,
                ks=wanted,
                values=values,
                accuracy=values.mean(axis=1),
                low=low,
                high=high,
                drawn_error=error,
                headroom=_headroom(values, first, best, weights, level),
                plateau=_plateau(wanted, values, weights, level),
            )
        )
    return SelectorTable(
        ks=wanted,
        curves=tuple(curves),
        unavailable=tuple(unavailable),
        problems=len(problems),
        level=level,
        mixed=sum(tally(problem).mixed for problem in problems),
        caveats=_caveats(problems),
    )


def voted_problems(problems: Sequence[Answers]) -> tuple[VotedProblem, ...]:
    """Each problem's share of correct candidates beside its vote, the largest share first.

    Source: Brown et al. 2024, figure 8. Raises `AnalysisError` for no problems.
    """
    smallest_n(problems)
    rows = [VotedProblem(p.name, p.n, p.c / p.n, vote_of_all(p)) for p in problems]
    return tuple(sorted(rows, key=lambda row: (-row.correct, -row.vote, row.name)))


def _grid(largest: int) -> IntArray:
    return np.union1d(log_grid(largest, 24, keep_duplicates=False), shown_ks(largest))


def _values(
    name: str, problems: Sequence[Answers], ks: IntArray, rules: Rules
) -> tuple[FloatArray, FloatArray]:
    """Accuracy of each problem, shape (ks, problems), and the error of their mean, shape (ks,)."""
    selector = make_selector(name)
    found = [selector.accuracy(problem, ks, rules) for problem in problems]
    error = np.sqrt(sum(each.error**2 for each in found)) / len(found)
    return np.stack([each.value for each in found], axis=1), np.asarray(error)


def _resampled(problems: int) -> FloatArray:
    """How much each problem weighs in each resample, shape (RESAMPLES, problems)."""
    times = np.random.default_rng(0).multinomial(
        problems, np.full(problems, 1 / problems), RESAMPLES
    )
    return np.asarray(times / problems)


def _headroom(
    values: FloatArray, first: FloatArray, best: FloatArray, weights: FloatArray, level: float
) -> tuple[tuple[float, float, float] | None, ...]:
    """Share of the headroom with its percentile interval over problems, for each k."""
    found: list[tuple[float, float, float] | None] = []
    for gain, room in zip(values - first, best - first, strict=True):
        if room.mean() <= _NONE:
            found.append(None)
            continue
        rooms = weights @ room
        shares = (weights @ gain)[rooms > _NONE] / rooms[rooms > _NONE]
        low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
        share = float(gain.mean() / room.mean())
        found.append((share, min(float(low), share), max(float(high), share)))
    return tuple(found)


def _plateau(ks: IntArray, values: FloatArray, weights: FloatArray, level: float) -> Plateau:
    k = int(ks[_last_gain(values.mean(axis=1)[np.newaxis])[0]])
    places = _last_gain(weights @ values.T)
    low, high = np.quantile(
        places, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf"
    ).astype(np.int64)
    return Plateau(
        k=k,
        low=min(k, int(ks[low])),
        high=max(k, int(ks[high])),
        still_improving=bool(k == ks[-1] and ks.size > 1),
    )


def _last_gain(accuracy: FloatArray) -> IntArray:
    """Place of the first k that no later k exceeds by `WORTH`, for each row of shape (ks,)."""
    later = np.maximum.accumulate(accuracy[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((later - accuracy < WORTH).argmax(axis=1), dtype=np.int64)


def _caveats(problems: Sequence[Answers]) -> tuple[Caveat, ...]:
    found = []
    if len(problems) == 1:
        text = "There is one problem: the interval says how little it tells about others."
        found.append(Caveat("one_problem", text))
    elif len(problems) < FEW:
        text = f"There are only {len(problems)} problems: intervals over problems are rough."
        found.append(Caveat("few_problems", text))
    if not any(problem.c for problem in problems):
        found.append(Caveat("none_solved", "No candidate is correct: no selector can help."))
    elif all(problem.c == problem.n for problem in problems):
        found.append(Caveat("all_correct", "Every candidate is correct: nothing is to select."))
    mixed = sum(tally(problem).mixed for problem in problems)
    if mixed:
        text = (
            f"{mixed} answer classes hold correct and incorrect candidates: a vote for one "
            "of them counts by its share of correct ones."
        )
        found.append(Caveat("mixed_classes", text))
    silent = sum(tally(problem).abstaining for problem in problems)
    if silent:
        total = sum(problem.n for problem in problems)
        text = f"{silent} of {total} candidates give no answer and abstain from votes."
        found.append(Caveat("no_answer", text))
    return tuple(found)
