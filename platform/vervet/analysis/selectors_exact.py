"""Selectors whose accuracy has a closed form over all k-subsets of a problem's candidates.

Every number is an expectation over subsets of k candidates drawn without replacement, each as
likely, as in unbiased pass@k; nothing here draws at random.
"""

from __future__ import annotations

import math
from enum import StrEnum
from functools import lru_cache

import numpy as np

from vervet.analysis.counts import FloatArray, IntArray, check_ks
from vervet.analysis.coverage import pass_at_k
from vervet.analysis.selectors_answers import Answers, ClassTally, tally
from vervet.core.errors import AnalysisError

__all__ = [
    "MOST_EXACT_K",
    "Ties",
    "best_of_n",
    "first_answer",
    "majority_vote",
    "oracle",
    "vote_of_all",
]

MOST_EXACT_K = 40
"""The largest k for which the majority vote is computed exactly."""


class Ties(StrEnum):
    """What becomes of a tie for the first place."""

    RANDOM = "random"
    """One of the tied, each as likely. In expectation the same as the one drawn first."""
    PESSIMISTIC = "pessimistic"
    """The worst of the tied: a lower bound of every other rule."""
    OPTIMISTIC = "optimistic"
    """The best of the tied: an upper bound of every other rule."""


def oracle(answers: Answers, ks: IntArray) -> FloatArray:
    """Whether any of k candidates is correct: pass@k, shape (ks,). Chen et al. 2021, eq. 1."""
    return pass_at_k([answers.n], [answers.c], ks, names=[answers.name])[:, 0]


def first_answer(answers: Answers, ks: IntArray) -> FloatArray:
    """The first candidate, whatever follows it: c / n at every k, shape (ks,)."""
    return np.full(check_ks(ks).shape, answers.c / answers.n)


def majority_vote(answers: Answers, ks: IntArray, ties: Ties = Ties.RANDOM) -> FloatArray:
    """maj@k by exact combinatorics over class counts, shape (ks,), for k up to `MOST_EXACT_K`.

    The answer is a member of the largest class among the k drawn; candidates without an answer
    abstain, and a draw without any answer is wrong. For each height m of the winning pile, the
    ways to draw k candidates with no pile above m are counted by multiplying polynomials, with
    the piles of exactly m apart. All terms are positive, so twelve digits hold.
    Raises `AnalysisError` for k above n or above `MOST_EXACT_K`.
    """
    wanted = check_ks(ks)
    largest = int(wanted.max())
    if largest > min(answers.n, MOST_EXACT_K):
        raise AnalysisError(
            f"maj@{largest} of {answers.n} candidates cannot be computed exactly",
            hint=f"Use k up to n and up to {MOST_EXACT_K}; beyond, votes are drawn.",
        )
    counts = tally(answers)
    ways = np.zeros(largest + 1)
    for m in range(1, largest + 1):
        ways += _won_with(counts, m, largest, ties)
    if counts.abstaining:
        ways = np.convolve(ways, _choices(counts.abstaining, largest))[: largest + 1]
    return np.asarray(np.clip(ways[wanted] / _choices(answers.n, largest)[wanted], 0.0, 1.0))


def _won_with(counts: ClassTally, m: int, largest: int, ties: Ties) -> FloatArray:
    """Ways to draw s answered candidates so that the largest pile is m, times the chance that
    the winner is right; shape (largest + 1,) over s.

    `ways[t, s]` counts draws in which t piles have m; `right[t, s]` weighs them: by the sum of
    the chances of the tied (random), or by the best or worst of them.
    """
    tall = np.flatnonzero(counts.size >= m)
    if tall.size == 0:
        return np.zeros(largest + 1)
    # Classes in this order make the best (or worst) of the tied the one that was met first.
    order = np.argsort(counts.right[tall], kind="stable")
    tall = tall[order[::-1] if ties is Ties.OPTIMISTIC else order]
    most_tied = min(tall.size, largest // m)
    ways = np.zeros((most_tied + 1, largest + 1))
    # A class with fewer than m candidates can never reach m: together they are one binomial.
    ways[0] = _choices(int(counts.size[counts.size < m].sum()), largest)
    right = np.zeros_like(ways)
    for place in tall:
        size, chance = int(counts.size[place]), counts.right[place]
        below, full = _below(size, m, largest), _choices(size, m)[m]
        new_ways, new_right = ways @ below, right @ below
        tied, weight = full * ways[:-1, :-m], full * right[:-1, :-m]
        new_ways[1:, m:] += tied
        if ties is Ties.RANDOM:
            new_right[1:, m:] += weight + chance * tied
        else:
            new_right[1:, m:] += weight
            new_right[1, m:] += chance * tied[0]
        ways, right = new_ways, new_right
    if ties is Ties.RANDOM:
        shares = right[1:] / np.arange(1, most_tied + 1)[:, np.newaxis]
        return np.asarray(shares.sum(axis=0))
    return np.asarray(right[1:].sum(axis=0))


def vote_of_all(answers: Answers) -> float:
    """The chance that the vote over all n candidates is right, ties at random; 0 for no answer."""
    counts = tally(answers)
    if counts.size.size == 0:
        return 0.0
    return float(counts.right[counts.size == counts.size.max()].mean())


@lru_cache(maxsize=4096)
def _choices(n: int, most: int) -> FloatArray:
    """C(n, s) for s from 0 to `most`, each the nearest float."""
    return np.array([float(math.comb(n, s)) for s in range(most + 1)])


@lru_cache(maxsize=1024)
def _below(size: int, m: int, largest: int) -> FloatArray:
    """The matrix that adds fewer than m of `size` candidates to each number drawn so far."""
    added = np.arange(largest + 1) - np.arange(largest + 1)[:, np.newaxis]
    ways = _choices(size, m)[np.clip(added, 0, m)]
    return np.where((added >= 0) & (added < m), ways, 0.0)


def best_of_n(answers: Answers, ks: IntArray, scorer: str, ties: Ties = Ties.RANDOM) -> FloatArray:
    """The candidate of the highest score among k, shape (ks,): an exact U-statistic with ties.

    A candidate group of equal score g wins if none above and at least one of it is drawn:
    [C(at most g, k) - C(below g, k)] / C(n, k). Raises `AnalysisError` for k above n and for
    scores that are missing.
    """
    scores = answers.scores_of(scorer)
    wanted = check_ks(ks)
    if wanted.max() > answers.n:
        raise AnalysisError(
            f"k = {wanted.max()} is larger than n = {answers.n}, the candidates of problem "
            f"{answers.name!r}",
            hint=f"Use k up to {answers.n}.",
        )
    _, place = np.unique(scores, return_inverse=True)
    size = np.bincount(place)
    correct = np.bincount(place, weights=answers.correct).astype(np.int64)
    upto = np.cumsum(size)
    below = upto - size
    inside = np.stack([_inside(answers.n, int(k)) for k in wanted])
    won = inside[:, upto] - inside[:, below]
    if ties is Ties.RANDOM:
        chances = won * (correct / size)
    elif ties is Ties.PESSIMISTIC:
        chances = inside[:, below + correct] - inside[:, below]
    else:
        chances = inside[:, upto] - inside[:, upto - correct]
    return np.asarray(np.clip(chances.sum(axis=1), 0.0, 1.0))


def _inside(n: int, k: int) -> FloatArray:
    """C(b, k) / C(n, k) for b from 0 to n: the chance that k drawn are all among b of n."""
    share = np.zeros(n + 1)
    above = np.arange(n, k, -1)
    share[n] = 1.0
    share[k:n] = np.exp(np.cumsum(np.log1p(-k / above)))[::-1]
    return share
