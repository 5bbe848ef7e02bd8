"""Which values of k are shown, drawn and fitted. Never looks at passes."""

from __future__ import annotations

import numpy as np

from vervet.analysis.counts import IntArray
from vervet.core.errors import AnalysisError

__all__ = ["curve_ks", "log_grid", "shown_ks"]


def shown_ks(n: int) -> IntArray:
    """Powers of ten up to `n`, and `n` itself. Raises `AnalysisError` for n < 1."""
    _check(n)
    powers = [10**exponent for exponent in range(len(str(n)))]
    return np.array(sorted({*powers, n}), dtype=np.int64)


def log_grid(n: int, points: int, *, keep_duplicates: bool) -> IntArray:
    """`points` values of k from 1 to `n`, evenly spaced in log k and rounded to whole numbers.

    Rounding makes small k occur more than once; `keep_duplicates` says whether they stay.
    Raises `AnalysisError` for n < 1 and fewer than 1 point.
    """
    _check(n)
    if points < 1:
        raise AnalysisError(f"a grid of {points} points was asked for", hint="Use at least one.")
    grid = np.rint(np.geomspace(1, n, points)).astype(np.int64)
    return grid if keep_duplicates else np.unique(grid)


def curve_ks(n: int, points: int = 80) -> IntArray:
    """The k at which a curve is drawn: a log-spaced grid with all `shown_ks` in it."""
    return np.union1d(log_grid(n, points, keep_duplicates=False), shown_ks(n))


def _check(n: int) -> None:
    if n < 1:
        raise AnalysisError(f"n is {n}", hint="Every problem needs at least one candidate.")
