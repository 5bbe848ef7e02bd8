"""Unbiased pass@k and coverage, with bounds where candidates have no verdict yet.

Never estimates beyond the candidates at hand: k > n is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import (
    FloatArray,
    check_counts,
    check_ks,
    check_unsettled,
    check_within,
)
from vervet.analysis.ratios import log_miss

__all__ = ["CoverageBounds", "coverage", "coverage_bounds", "pass_at_k"]


@dataclass(frozen=True, slots=True, eq=False)
class CoverageBounds:
    """Coverage if no unsettled candidate passed (`lower`) and if all did (`upper`), shape (ks,)."""

    lower: FloatArray
    upper: FloatArray


def pass_at_k(
    n: npt.ArrayLike, c: npt.ArrayLike, ks: npt.ArrayLike, *, names: Sequence[str] | None = None
) -> FloatArray:
    """The unbiased estimate 1 - C(n-c, k) / C(n, k) for each k and problem.

    `n` candidates and `c` passes per problem, shape (problems,), n may differ; `ks` of shape
    (ks,). Returns shape (ks, problems), within [0, 1], to 1e-12 relative at n = 200,000.
    Source: Chen et al. 2021 (arXiv 2107.03374), equation 1; the same with n per problem in
    Brown et al. 2024 (arXiv 2407.21787), section 2.
    Raises `AnalysisError` for counts that cannot be and for k above the smallest n.
    """
    sizes, passes = check_counts(n, c, names)
    wanted = check_ks(ks)
    check_within(wanted, sizes, names)
    column = wanted[:, np.newaxis]
    if (sizes != sizes[0]).any():
        return np.asarray(0.0 - np.expm1(log_miss(sizes, passes, column)))
    each, problem = np.unique(passes, return_inverse=True)
    values = np.asarray(0.0 - np.expm1(log_miss(sizes[0], each, column)))
    return values.take(problem, axis=1)


def coverage(
    n: npt.ArrayLike, c: npt.ArrayLike, ks: npt.ArrayLike, *, names: Sequence[str] | None = None
) -> FloatArray:
    """Mean of `pass_at_k` over problems, shape (ks,).

    Source: Brown et al. 2024, section 2, equation 1. Raises `AnalysisError` as `pass_at_k` does.
    """
    mean: FloatArray = pass_at_k(n, c, ks, names=names).mean(axis=1)
    return mean


def coverage_bounds(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    unsettled: npt.ArrayLike,
    ks: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
) -> CoverageBounds:
    """What coverage can still become once the `unsettled` candidates of each problem settle.

    `n` counts every candidate, the unsettled ones too. Raises `AnalysisError` as `pass_at_k`
    does and where c + unsettled > n.
    """
    sizes, passes = check_counts(n, c, names)
    missing = check_unsettled(unsettled, sizes, passes, names)
    return CoverageBounds(
        lower=coverage(sizes, passes, ks, names=names),
        upper=coverage(sizes, passes + missing, ks, names=names),
    )
