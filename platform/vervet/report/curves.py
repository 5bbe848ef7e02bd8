"""One group of problems as everything that is drawn and tabled of it. Never draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, check_counts, check_unsettled
from vervet.analysis.coverage import coverage_bounds
from vervet.analysis.grid import curve_ks
from vervet.analysis.intervals import CoverageEstimate, estimate_coverage
from vervet.analysis.scaling import DEFAULT, FitPreset, NoFit, ScalingFit, fit_counts

__all__ = ["Curve", "curve_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Coverage of one group of problems against k, with interval, bounds and fit.

    `lower` and `upper`, shape (ks,), are what coverage can still become; they are equal where
    every candidate has its verdict. `largest` is the smallest n, where the curve ends.
    """

    label: str
    estimate: CoverageEstimate
    lower: FloatArray
    upper: FloatArray
    fit: ScalingFit | NoFit
    largest: int
    unsettled: int

    def at(self, k: int) -> int:
        """Index of `k` in the curve's arrays. Raises `ValueError` where it is not in them."""
        found = np.flatnonzero(self.estimate.ks == k)
        if found.size == 0:
            raise ValueError(f"k = {k} is not on the curve of {self.label}")
        return int(found[0])


def curve_of(
    label: str,
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    *,
    unsettled: npt.ArrayLike = 0,
    ks: npt.ArrayLike | None = None,
    preset: FitPreset = DEFAULT,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> Curve:
    """The curve of counts of shape (problems,), at `ks` or else at `curve_ks` of the smallest n.

    Raises `AnalysisError` for counts that cannot be and for k above the smallest n.
    """
    sizes, passes = check_counts(n, c, names)
    missing = check_unsettled(unsettled, sizes, passes, names)
    largest = int(sizes.min())
    grid = curve_ks(largest) if ks is None else ks
    bounds = coverage_bounds(sizes, passes, missing, grid, names=names)
    return Curve(
        label=label,
        estimate=estimate_coverage(sizes, passes, grid, level=level, names=names),
        lower=bounds.lower,
        upper=bounds.upper,
        fit=fit_counts(sizes, passes, preset, names=names),
        largest=largest,
        unsettled=int(missing.sum()),
    )
