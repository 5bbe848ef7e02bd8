"""One group of problems as everything that is drawn and tabled of it. Never draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks, check_unsettled
from vervet.analysis.coverage import coverage_bounds
from vervet.analysis.grid import curve_ks
from vervet.analysis.intervals import Caveat, CoverageEstimate, estimate_coverage, share_interval
from vervet.analysis.scaling import DEFAULT, FitPreset, NoFit, ScalingFit, fit_counts, fit_law
from vervet.analysis.stopping import Stopping, stopped_pass_at_k

__all__ = ["Curve", "curve_of", "stopped_curve"]


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


def stopped_curve(
    label: str,
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    stopping: Stopping,
    *,
    ks: npt.ArrayLike | None = None,
    preset: FitPreset = DEFAULT,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> Curve:
    """The curve of counts of problems that were sampled until they passed, as `stopping` says.

    It ends where problems were given up, which may lie beyond the smallest n. A caveat names the
    estimate. Raises `AnalysisError` for counts that cannot be and for k beyond that end.
    """
    sizes, passes = check_counts(n, c, names)
    given_up = sizes[~stopping.stopped]
    largest = int(given_up.min() if given_up.size else sizes.max())
    grid = curve_ks(largest) if ks is None else check_ks(ks)
    values = stopped_pass_at_k(sizes, passes, grid, stopping.stopped, names=names)
    mean = values.mean(axis=1)
    low, high = share_interval(values, level=level)
    often = "their first pass" if stopping.passes == 1 else f"{stopping.passes} passes"
    text = (
        f"Problems seem to have been sampled until {often}: pass@k is the inverse-binomial "
        "estimate (Haldane 1945), since the usual one is biased there."
    )
    return Curve(
        label=label,
        estimate=CoverageEstimate(
            ks=grid,
            coverage=mean,
            low=low,
            high=high,
            standard_error=None,
            problems=sizes.size,
            level=level,
            caveats=(Caveat("stopped", text),),
        ),
        lower=mean,
        upper=mean,
        fit=_with_error(fit_law(grid, mean, space=preset.space), grid, mean),
        largest=largest,
        unsettled=0,
    )


def _with_error(fit: ScalingFit | NoFit, ks: IntArray, curve: FloatArray) -> ScalingFit | NoFit:
    """The fit with its distance from the curve at `ks`."""
    if isinstance(fit, NoFit):
        return fit
    miss = np.abs(curve - fit.predict(ks))
    return replace(fit, error_ks=ks, error_mean=float(miss.mean()), error_sd=float(miss.std()))
