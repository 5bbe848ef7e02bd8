"""How far coverage of these very problems may lie from what these candidates show.

Owns the interval over samples only. It says nothing about other problems: where the question is
how a model does on problems of this kind, the interval of `estimate_coverage` is the one to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks, check_within
from vervet.analysis.ratios import log_miss
from vervet.core.errors import AnalysisError

__all__ = ["SamplesEstimate", "interval_over_samples"]


@dataclass(frozen=True, slots=True, eq=False)
class SamplesEstimate:
    """Coverage of exactly these problems, with an interval over their candidates, shape (ks,).

    `standard_error` is that of drawing other candidates for the same problems.
    """

    ks: IntArray
    coverage: FloatArray
    low: FloatArray
    high: FloatArray
    standard_error: FloatArray
    problems: int
    level: float


def interval_over_samples(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    ks: npt.ArrayLike,
    *,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> SamplesEstimate:
    """Coverage with the interval that other candidates of the same problems would give.

    With q_k = C(n-c, k) / C(n, k), q_k^2 - q_2k is an unbiased estimate of the variance of q_k,
    since q_2k estimates (1-p)^2k without bias (a U-statistic; Hoeffding 1948). It needs 2k
    candidates: k may be at most half the smallest n. The interval is normal, cut to [0, 1]; to
    it comes what problems hide that never, or always, passed, `_hidden`.
    Raises `AnalysisError` for counts that cannot be, for k above half the smallest n and for a
    level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise AnalysisError(f"the level is {level}", hint="Use a number between 0 and 1.")
    sizes, passes = check_counts(n, c, names)
    wanted = check_ks(ks)
    check_within(wanted, sizes, names)
    smallest = int(sizes.min())
    if 2 * wanted.max() > smallest:
        raise AnalysisError(
            f"k = {wanted.max()} is more than half of n = {smallest}",
            hint=f"How much candidates vary can be told for k up to {smallest // 2}.",
        )
    column = wanted[:, np.newaxis]
    misses = np.exp(log_miss(sizes, passes, column))
    twice = np.exp(log_miss(sizes, passes, 2 * column))
    variance = np.maximum(misses**2 - twice, 0.0).sum(axis=1) / sizes.size**2
    error = np.sqrt(variance)
    mean = 0.0 - np.expm1(log_miss(sizes, passes, column)).mean(axis=1)
    half = float(ndtri(0.5 + level / 2.0)) * error
    below, above = _hidden(sizes, passes, wanted, level)
    return SamplesEstimate(
        ks=wanted,
        coverage=mean,
        low=np.clip(np.minimum(mean - half, mean - below), 0.0, 1.0),
        high=np.clip(np.maximum(mean + half, mean + above), 0.0, 1.0),
        standard_error=error,
        problems=sizes.size,
        level=level,
    )


def _hidden(n: IntArray, c: IntArray, ks: IntArray, level: float) -> tuple[FloatArray, FloatArray]:
    """What coverage may lose and gain through problems whose candidates all agree, shape (ks,).

    If U problems had rates p_i > 0, the chance that none of their candidates passed is the
    product of (1-p_i)^n_i. Where it is 1 - level at least, their coverage at k is at most
    1 - (1-level)^(k / (n U)), n the smallest: the rule of three over all their candidates. For
    problems that always passed, failures take the place of passes, and coverage falls the most
    where one of them, or all alike, hide some: the larger of the two is taken.
    """
    unsolved, certain = c == 0, c == n
    gain = np.zeros(ks.shape)
    if unsolved.any():
        candidates = float(n[unsolved].min()) * unsolved.sum()
        gain = -np.expm1(np.log1p(-level) * ks / candidates) * unsolved.mean()
    loss = np.zeros(ks.shape)
    if certain.any():
        smallest = float(n[certain].min())
        for sharing in (1, int(certain.sum())):
            fails = -np.expm1(np.log1p(-level) / (smallest * sharing))
            loss = np.maximum(loss, fails**ks * sharing / n.size)
    return loss, gain
