"""The scaling law c = exp(a k^b), fitted to a coverage curve. Never extrapolates on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks
from vervet.analysis.coverage import coverage
from vervet.analysis.grid import log_grid
from vervet.core.errors import AnalysisError

__all__ = ["DEFAULT", "PAPER", "FitPreset", "NoFit", "ScalingFit", "Space", "fit_counts", "fit_law"]

_START_LIMIT = 1e-15
"""Keeps logarithms of the starting line finite where coverage rounds to 1."""


class Space(StrEnum):
    """Where the squared differences of a fit are taken."""

    COVERAGE = "coverage"
    """c against exp(a k^b): every point of coverage weighs alike."""
    LOG_COVERAGE = "log-coverage"
    """log c against a k^b: small coverages weigh as much as large ones."""
    LOG_LOG = "log-log"
    """log(-log c) against log(-a) + b log k: a straight line."""


@dataclass(frozen=True, slots=True)
class FitPreset:
    """The rules of a fit, kept with its result.

    `points` log-spaced k from 1 to the smallest n are fitted and `error_points` of them give
    the error; `keep_duplicates` says whether k that rounding made equal count once or as often
    as they occur.
    """

    name: str
    space: Space
    points: int = 40
    keep_duplicates: bool = False
    error_points: int = 100


DEFAULT = FitPreset("default", Space.COVERAGE)
PAPER = FitPreset("paper", Space.LOG_COVERAGE, keep_duplicates=True)
"""Reproduces the numbers printed in Brown et al. 2024, figure 5."""


@dataclass(frozen=True, slots=True, eq=False)
class ScalingFit:
    """A law that was found: c = exp(a k^b), a < 0, b negative where coverage grows.

    The first version of the paper writes the same law as c = exp(a k^-b), with b positive.
    `error_mean` and `error_sd` are of abs(curve - fit) over `error_ks`, in units of coverage.
    """

    a: float
    b: float
    space: Space
    ks: IntArray
    preset: FitPreset | None = None
    error_ks: IntArray | None = None
    error_mean: float | None = None
    error_sd: float | None = None

    def predict(self, ks: npt.ArrayLike) -> FloatArray:
        """Coverage by the law at each k, shape (ks,)."""
        return _law(self.a, self.b, np.atleast_1d(np.asarray(ks, dtype=np.float64)))

    @property
    def formula(self) -> str:
        """The law as plain text, as in `c = exp(-7.59 k^-0.18)`."""
        return f"c = exp({self.a:.2f} k^{self.b:.2f})"


@dataclass(frozen=True, slots=True)
class NoFit:
    """No law was found, and why; there is nothing to draw."""

    reason: str


def fit_law(
    ks: npt.ArrayLike,
    curve: npt.ArrayLike,
    *,
    space: Space = Space.COVERAGE,
    max_evaluations: int = 1000,
) -> ScalingFit | NoFit:
    """Fits c = exp(a k^b) by least squares in `space` to a curve, both of shape (ks,).

    Points at which the space has no finite value (coverage 0 in a log, 1 in log-log) are left
    out; `ks` of the result are the ones used. Source: Brown et al. 2024 (arXiv 2407.21787v3),
    section 3.1, equation 3. Raises `AnalysisError` for shapes that differ or values outside
    [0, 1]; a curve that has no law is a `NoFit`, not an error.
    """
    wanted, values = check_ks(ks), np.atleast_1d(np.asarray(curve, dtype=np.float64))
    if wanted.shape != values.shape:
        raise AnalysisError(f"{wanted.size} values of k are given and {values.size} of coverage")
    if not ((values >= 0.0) & (values <= 1.0)).all():
        raise AnalysisError("coverage holds a value outside [0, 1]", hint="Coverage is a share.")
    usable = (values > 0.0) & ((values < 1.0) | (space is not Space.LOG_LOG))
    reason = _hopeless(wanted[usable], values[usable])
    if reason:
        return NoFit(reason)
    used, target = wanted[usable], values[usable]
    start = _line(used, np.clip(target, _START_LIMIT, 1.0 - _START_LIMIT))
    if space is Space.LOG_LOG:
        return ScalingFit(a=-float(np.exp(start[0])), b=float(start[1]), space=space, ks=used)
    found = least_squares(
        _residuals, start, args=(used.astype(np.float64), target, space), max_nfev=max_evaluations
    )
    log_minus_a, b = (float(value) for value in found.x)
    if not found.success or not np.isfinite(found.x).all():
        return NoFit(f"the fit did not converge within {max_evaluations} evaluations")
    return ScalingFit(a=-float(np.exp(log_minus_a)), b=b, space=space, ks=used)


def fit_counts(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    preset: FitPreset = DEFAULT,
    *,
    names: Sequence[str] | None = None,
) -> ScalingFit | NoFit:
    """Fits the law to the coverage of counts of shape (problems,), by the rules of `preset`.

    The error is the mean and the standard deviation of abs(curve - fit), as in figure 5 of the
    paper. Raises `AnalysisError` for counts that cannot be.
    """
    sizes, passes = check_counts(n, c, names)
    largest = int(sizes.min())
    ks = log_grid(largest, preset.points, keep_duplicates=preset.keep_duplicates)
    fit = fit_law(ks, coverage(sizes, passes, ks, names=names), space=preset.space)
    if isinstance(fit, NoFit):
        return fit
    error_ks = log_grid(largest, preset.error_points, keep_duplicates=preset.keep_duplicates)
    miss = np.abs(coverage(sizes, passes, error_ks, names=names) - fit.predict(error_ks))
    return ScalingFit(
        a=fit.a,
        b=fit.b,
        space=fit.space,
        ks=fit.ks,
        preset=preset,
        error_ks=error_ks,
        error_mean=float(miss.mean()),
        error_sd=float(miss.std()),
    )


def _law(a: float, b: float, ks: FloatArray) -> FloatArray:
    values: FloatArray = np.exp(a * ks**b)
    return values


def _residuals(
    parameters: FloatArray, ks: FloatArray, target: FloatArray, space: Space
) -> FloatArray:
    """Fitting log(-a) keeps a below 0, and with it coverage within (0, 1)."""
    exponent = -np.exp(parameters[0] + parameters[1] * np.log(ks))
    if space is Space.LOG_COVERAGE:
        return np.asarray(exponent - np.log(target))
    return np.asarray(np.exp(exponent) - target)


def _line(ks: IntArray, values: FloatArray) -> FloatArray:
    """log(-a) and b of the straight line through log(-log c) against log k."""
    slope, level = np.polyfit(np.log(ks), np.log(-np.log(values)), 1)
    return np.array([level, slope])


def _hopeless(ks: IntArray, values: FloatArray) -> str:
    """Why no law can be fitted to these points; empty where it can."""
    if values.size == 0:
        return "coverage is 0 or 1 at every k"
    if values.min() == 1.0:
        return "coverage is 1 at every k"
    if np.unique(ks).size < 3:
        return "a law with two parameters needs coverage at three or more values of k"
    return ""
