"""How alike the shapes of coverage curves are once each is shifted along log k."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_ks
from vervet.core.errors import AnalysisError

__all__ = ["ShiftedCurves", "k_reaching", "shift_curves"]

_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class ShiftedCurves:
    """Curves laid over one another where each reaches the coverage `anchor`.

    `k_at_anchor` of shape (curves,) is pass@k^-1(anchor), by `names`. `relative_k` of shape
    (points,) is k by that of the anchor, over the stretch that all curves share, and `coverage`
    of shape (curves, points) what each covers there. `spread` is the mean over points of the
    standard deviation between curves, `spread_before` the same with k as it was: the smaller the
    first against the second, the more the curves are one S-curve.
    """

    names: tuple[str, ...]
    anchor: float
    k_at_anchor: FloatArray
    relative_k: FloatArray
    coverage: FloatArray
    spread: float
    spread_before: float


def k_reaching(ks: npt.ArrayLike, curve: npt.ArrayLike, coverage: float) -> float | None:
    """pass@k^-1: the k, not rounded, at which a curve reaches `coverage`; None where never.

    `ks` ascending and `curve` not falling, both of shape (ks,). Between points the curve is
    straight over log k. Raises `AnalysisError` for another shape or order.
    """
    wanted, values = _checked(ks, curve)
    if not values[0] <= coverage <= values[-1]:
        return None
    after = int(np.searchsorted(values, coverage))
    if values[after] == coverage:
        return float(wanted[after])
    low, high = np.log(wanted[after - 1 : after + 1])
    share = (coverage - values[after - 1]) / (values[after] - values[after - 1])
    return float(np.exp(low + share * (high - low)))


def shift_curves(
    curves: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], anchor: float | None = None
) -> ShiftedCurves:
    """Shifts each curve, given as name: (ks, coverage), by log pass@k^-1(anchor).

    Without `anchor` it is the middle of the range of coverage that all curves pass through.
    Source: Brown et al. 2024 (arXiv 2407.21787v3), section 3.2, which compares curves by
    c = pass@k(exp(log k' + log pass@k^-1(c))).
    Raises `AnalysisError` for fewer than two curves, for curves that share no range of coverage
    and for an anchor that some curve does not reach.
    """
    if len(curves) < 2:
        raise AnalysisError("shapes are compared between two curves or more")
    checked = [_checked(*curve) for curve in curves.values()]
    low = max(float(values[0]) for _, values in checked)
    high = min(float(values[-1]) for _, values in checked)
    if low >= high:
        raise AnalysisError("the curves share no coverage at which they could be laid together")
    level = (low + high) / 2.0 if anchor is None else anchor
    if not low <= level <= high:
        raise AnalysisError(
            f"not every curve reaches a coverage of {level}",
            hint=f"Use a coverage between {low:.3g} and {high:.3g}.",
        )
    reached = [k_reaching(ks, values, level) for ks, values in checked]
    at = np.array([k for k in reached if k is not None])
    logs = [np.log(ks) for ks, _ in checked]
    relative, shifted = _overlay(checked, [x - np.log(k) for x, k in zip(logs, at, strict=True)])
    _, before = _overlay(checked, logs)
    return ShiftedCurves(
        names=tuple(curves),
        anchor=level,
        k_at_anchor=at,
        relative_k=np.exp(relative),
        coverage=shifted,
        spread=float(shifted.std(axis=0).mean()),
        spread_before=float(before.std(axis=0).mean()),
    )


def _overlay(
    curves: list[tuple[IntArray, FloatArray]], positions: list[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """All curves at common positions, shapes (points,) and (curves, points)."""
    start, end = max(x[0] for x in positions), min(x[-1] for x in positions)
    grid = np.linspace(start, end, _POINTS)
    pairs = zip(curves, positions, strict=True)
    return grid, np.stack([np.interp(grid, x, values) for (_, values), x in pairs])


def _checked(ks: npt.ArrayLike, curve: npt.ArrayLike) -> tuple[IntArray, FloatArray]:
    wanted, values = check_ks(ks), np.atleast_1d(np.asarray(curve, dtype=np.float64))
    if wanted.shape != values.shape:
        raise AnalysisError(f"{wanted.size} values of k are given and {values.size} of coverage")
    if not (np.diff(wanted) > 0).all() or not (np.diff(values) >= -1e-12).all():
        raise AnalysisError("a curve needs ascending k and a coverage that never falls")
    return wanted, np.maximum.accumulate(values)
