"""Votes along random orders of a problem's candidates, where no closed form is at hand.

The candidates are put in random order many times and the vote is taken over the first k, for
every k on the way. Knows nothing of what a vote means: the caller gives a value to each pile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from vervet.analysis.counts import FloatArray, IntArray
from vervet.analysis.selectors_answers import NO_ANSWER, Answers
from vervet.analysis.selectors_exact import Ties
from vervet.core.errors import AnalysisError

__all__ = ["DRAWS", "Drawn", "PileValue", "agreement_piles", "drawn_votes"]

DRAWS = 400
"""Orders that are drawn for each problem."""
_CELLS = 2_000_000
_TIE_DIGITS = 10

PileValue = Callable[[IntArray, FloatArray], FloatArray]
"""From the number of candidates in each pile and the sum of their weights, both of shape
(orders, piles), to the value by which the highest pile wins."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Accuracy at each k over the drawn orders, and the standard error of that mean."""

    accuracy: FloatArray
    error: FloatArray


def drawn_votes(
    answers: Answers,
    ks: IntArray,
    *,
    value: PileValue,
    piles: IntArray | None = None,
    weights: FloatArray | None = None,
    ties: Ties = Ties.RANDOM,
    draws: int = DRAWS,
    seed: int = 0,
) -> Drawn:
    """The chance that the pile of the highest value answers correctly, at each k, shape (ks,).

    `piles` are the answer's classes if not given, `NO_ANSWER` abstains; `weights` are 1 if not
    given. The winner answers with one of its members among all n, each as likely: over subsets
    that is the expectation, so only the choice of the pile is drawn at random.
    Raises `AnalysisError` for k above n and for fewer than 2 draws.
    """
    if draws < 2:
        raise AnalysisError(f"votes are to be drawn {draws} times", hint="Draw at least twice.")
    wanted, place = np.unique(ks, return_inverse=True)
    if wanted[0] < 1 or wanted[-1] > answers.n:
        raise AnalysisError(
            f"a vote over {wanted[-1]} of {answers.n} candidates of problem {answers.name!r}",
            hint=f"Use k from 1 to {answers.n}.",
        )
    given = answers.classes if piles is None else piles
    names, pile_of = np.unique(given, return_inverse=True)
    right = np.bincount(pile_of, weights=answers.correct) / np.bincount(pile_of)
    silent = names == NO_ANSWER
    weight = np.ones(answers.n) if weights is None else weights
    # Problems must not share their orders, or their errors would add up.
    rng = np.random.default_rng([seed, crc32(answers.name.encode("utf-8", "surrogatepass"))])
    at_once = max(1, min(draws, _CELLS // max(answers.n, names.size)))
    total, squares = np.zeros(wanted.size), np.zeros(wanted.size)
    for start in range(0, draws, at_once):
        orders = min(at_once, draws - start)
        order = rng.permuted(np.tile(np.arange(answers.n), (orders, 1)), axis=1)
        counts = np.zeros((orders, names.size), dtype=np.int64)
        sums = np.zeros((orders, names.size))
        done = 0
        for at, k in enumerate(wanted):
            _add(counts, sums, pile_of[order[:, done:k]], weight[order[:, done:k]])
            done = int(k)
            values = np.where((counts > 0) & ~silent, value(counts, sums), -np.inf)
            chance = _chance(values, right, ties)
            total[at] += chance.sum()
            squares[at] += (chance**2).sum()
    mean = total / draws
    spread = np.maximum(squares / draws - mean**2, 0.0) / (draws - 1)
    if wanted[0] == 1:  # one candidate is its own pile, whatever it weighs
        mean[0], spread[0] = np.where(silent, 0.0, right)[pile_of].mean(), 0.0
    return Drawn(accuracy=mean[place], error=np.sqrt(spread)[place])


def agreement_piles(answers: Answers) -> tuple[IntArray, IntArray]:
    """Candidates that pass the same generated tests, and how many tests each passes.

    Both of shape (n,). Source: CodeT, Chen et al. 2022 (arXiv 2207.10397), section 2.2.
    Raises `AnalysisError` where no generated tests were run.
    """
    if answers.tests is None:
        raise AnalysisError(
            f"no generated tests were run for problem {answers.name!r}",
            hint="Run generated tests over all candidates, or leave this selector out.",
        )
    packed = np.packbits(answers.tests, axis=1)
    _, piles = np.unique(packed, axis=0, return_inverse=True)
    return piles.reshape(-1).astype(np.int64), answers.tests.sum(axis=1).astype(np.int64)


def _add(counts: IntArray, sums: FloatArray, piles: IntArray, weights: FloatArray) -> None:
    """Puts the next candidates of every order, shape (orders, some), on their piles."""
    orders, kinds = counts.shape
    flat = (piles + kinds * np.arange(orders)[:, np.newaxis]).ravel()
    counts += np.bincount(flat, minlength=orders * kinds).reshape(orders, kinds)
    added = np.bincount(flat, weights=weights.ravel(), minlength=orders * kinds)
    sums += added.reshape(orders, kinds)


def _chance(values: FloatArray, right: FloatArray, ties: Ties) -> FloatArray:
    """The chance of a correct answer in each order, shape (orders,); 0 where none answers."""
    # Sums of the same weights in another order differ in their last digits and still tie.
    best = values.max(axis=1, keepdims=True)
    scale = np.where(np.isfinite(best), np.maximum(np.abs(best), 1e-300), 1.0)
    with np.errstate(invalid="ignore"):
        tied = np.isfinite(values) & ((best - values) <= scale * 10.0**-_TIE_DIGITS)
    if ties is Ties.PESSIMISTIC:
        found = np.where(tied, right, np.inf).min(axis=1)
    elif ties is Ties.OPTIMISTIC:
        found = np.where(tied, right, -np.inf).max(axis=1)
    else:
        found = (tied * right).sum(axis=1) / np.maximum(tied.sum(axis=1), 1)
    return np.where(tied.any(axis=1), found, 0.0)
