"""Owns the arithmetic of repetition: how many attempts show a flip, and what a count says.

Pure. An attempt of a flaky solution is taken to give the rarer of its two outcomes with one
chance, the flip rate `p` (at most 1/2), independently of the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import binomtest, fisher_exact

from vervet.core.errors import UsageError

__all__ = [
    "FlipRate",
    "differ",
    "flip_rate",
    "miss_chance",
    "repetitions_for",
]

MOST_REPETITIONS = 100_000


@dataclass(frozen=True, slots=True)
class FlipRate:
    """A flip rate with its interval, all shares from 0 to 1, of `attempts` attempts."""

    estimate: float
    low: float
    high: float
    attempts: int


def miss_chance(p: float, repetitions: int) -> float:
    """The chance that all of `repetitions` attempts agree: (1 - p)^R + p^R.

    0.042 for p = 0.25 and R = 11, the paper's number of runs (Brown et al. 2024, section 4.3).
    """
    if repetitions < 1:
        return 1.0
    return min(1.0, float((1 - p) ** repetitions + p**repetitions))


def repetitions_for(p: float, miss: float = 0.05) -> int:
    """The fewest attempts, all alike, after which a flip rate of `p` or more is ruled out.

    Ruled out means that `miss_chance` is at most `miss`. This is Wald's sequential test of
    "never flips" against "flips at p" (Wald 1945): under the first no attempt ever disagrees, so
    that its likelihood ratio crosses the upper bound at the first flip and the lower one here.
    Raises `UsageError` for a rate or an error rate that cannot be.
    """
    if not 0 < p <= 0.5:
        raise UsageError(
            f"a flip rate of {p}", hint="Use a number above 0 and at most 0.5: the rarer outcome's."
        )
    if not 0 < miss < 1:
        raise UsageError(f"an error rate of {miss}", hint="Use a number between 0 and 1.")
    fewest = max(2, math.ceil(math.log(miss) / math.log1p(-p)))
    while miss_chance(p, fewest) > miss:  # p^R, which the first guess leaves out, is small
        fewest += 1
    if fewest > MOST_REPETITIONS:
        raise UsageError(
            f"a flip rate of {p} would take {fewest:,} attempts of every solution",
            hint="Ask for a larger --min-flip.",
        )
    return fewest


def flip_rate(rarer: int, attempts: int, confidence: float = 0.95) -> FlipRate:
    """The flip rate of which `rarer` of `attempts` are known, with Clopper and Pearson's interval.

    `rarer` counts the outcome that came less often, so the interval is cut at 1/2.
    """
    if attempts < 1:
        return FlipRate(0.0, 0.0, 0.5, 0)
    interval = binomtest(rarer, attempts).proportion_ci(confidence, method="exact")
    return FlipRate(rarer / attempts, float(interval.low), min(0.5, float(interval.high)), attempts)


def differ(passed: int, attempts: int, others_passed: int, others: int) -> float:
    """Fisher's exact test, two-sided: the p-value of two counts of passes having one rate."""
    table = [[passed, attempts - passed], [others_passed, others - others_passed]]
    return float(fisher_exact(table).pvalue)
