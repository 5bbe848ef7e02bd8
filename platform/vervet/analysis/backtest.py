"""Which way of forecasting would have been right on data at hand.

Takes subsamples of the candidates, forecasts from each what all candidates show, and compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_counts
from vervet.analysis.coverage import coverage
from vervet.analysis.forecast import DEFAULT, Method, point_forecast
from vervet.core.errors import AnalysisError

__all__ = ["Backtest", "MethodScore", "backtest"]

_POINTS = 7


@dataclass(frozen=True, slots=True, eq=False)
class MethodScore:
    """How far one method's forecasts lay from what was measured.

    `error` is the mean over subsamples and `ks` of abs(forecast - measured), in units of
    coverage, and None where no subsample could be fitted; `bias` the mean of the signed
    difference at the largest k; `spread` the standard deviation of the error over subsamples.
    `forecast` is the mean forecast at each of `ks`, `failed` how many subsamples had no fit.
    """

    method: Method
    error: float | None
    bias: float | None
    spread: float | None
    forecast: FloatArray | None
    failed: int


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Forecasts from `small` candidates per problem against coverage measured at `ks`.

    `best` is the method with the smallest error among those that fitted every subsample, None
    where there is none; `default` the method used where none is named.
    """

    small: int
    ks: IntArray
    measured: FloatArray
    scores: tuple[MethodScore, ...]
    best: Method | None
    repeats: int
    default: Method = DEFAULT

    def score(self, method: Method) -> MethodScore:
        """The row of one method. Raises `AnalysisError` where it was not tried."""
        for one in self.scores:
            if one.method is method:
                return one
        raise AnalysisError(f"the method {method.value} was not tried")


def backtest(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    small: int | None = None,
    *,
    methods: Sequence[Method] = tuple(Method),
    repeats: int = 10,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Backtest:
    """Draws `small` candidates of every problem `repeats` times and forecasts to the smallest n.

    `n` and `c` of shape (problems,). Without `small` it is a tenth of the smallest n. The
    passes of a subsample are hypergeometric, as if its candidates had been drawn one by one.
    The same subsamples serve every method. The k compared are spaced evenly in log k beyond
    `small`. Raises `AnalysisError` for counts that cannot be, for fewer than 20 candidates of a
    problem and for `small` below 2 or above half the smallest n.
    """
    sizes, passes = check_counts(n, c, names)
    largest = int(sizes.min())
    if small is None:
        small = max(2, largest // 10)
    if largest < 20 or not 2 <= small <= largest // 2:
        raise AnalysisError(
            f"a backtest from {small} to {largest} candidates per problem tells nothing",
            hint="It needs 20 candidates of every problem, and a subsample of at most half.",
        )
    if repeats < 1:
        raise AnalysisError(f"repeats is {repeats}", hint="Use at least one.")
    ks = _beyond(small, largest)
    measured = coverage(sizes, passes, ks)
    rng = np.random.default_rng(seed)
    drawn = [rng.hypergeometric(passes, sizes - passes, small) for _ in range(repeats)]
    scores = tuple(_score(method, small, drawn, ks, measured) for method in methods)
    whole = [one for one in scores if one.error is not None and one.failed == 0]
    best = min(whole, key=lambda one: one.error or 0.0).method if whole else None
    return Backtest(small, ks, measured, scores, best, repeats)


def _score(
    method: Method, small: int, drawn: Sequence[IntArray], ks: IntArray, measured: FloatArray
) -> MethodScore:
    found = [point_forecast(small, passes, ks, method) for passes in drawn]
    curves = [curve for curve in found if curve is not None]
    failed = len(found) - len(curves)
    if not curves:
        return MethodScore(method, None, None, None, None, failed)
    missed = np.array(curves) - measured
    each = np.abs(missed).mean(axis=1)
    return MethodScore(
        method=method,
        error=float(each.mean()),
        bias=float(missed[:, -1].mean()),
        spread=float(each.std()),
        forecast=np.mean(curves, axis=0),
        failed=failed,
    )


def _beyond(small: int, largest: int) -> IntArray:
    """`_POINTS` values of k, evenly in log k, from above `small` to `largest`."""
    return np.unique(np.rint(np.geomspace(small, largest, _POINTS + 1)[1:]).astype(np.int64))
