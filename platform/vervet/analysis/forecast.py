"""Coverage beyond the candidates at hand, with an interval.

Never says more than its method can: a method that does not fit is a `NoFit` with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks
from vervet.analysis.coverage import pass_at_k
from vervet.analysis.grid import log_grid
from vervet.analysis.intervals import FEW, Caveat
from vervet.analysis.rates import BetaRates, RateModel, ScaledBetaRates, ZeroInflatedRates
from vervet.analysis.rates_fit import Grouped, RateFit, fit_rates, refit_rates, starts_beside
from vervet.analysis.scaling import NoFit, ScalingFit, Space, fit_law
from vervet.analysis.stopping import find_stopping
from vervet.core.errors import AnalysisError

__all__ = [
    "DEFAULT",
    "Curve",
    "Fitted",
    "Forecast",
    "Method",
    "fit_method",
    "forecast",
    "point_forecast",
]

_POINTS = 40
_REPEATS_KEPT = 0.8
"""Below this share of bootstrap fits that converged there is no interval to speak of."""


class Method(StrEnum):
    """How coverage is carried beyond n."""

    LINE = "log-log"
    """The line log(-log c) = log(-a) + b log k: the scaling law of Brown et al. 2024."""
    BETA = "beta-binomial"
    """Rates are Beta(a, b), by maximum likelihood (Kazdan et al. 2025)."""
    ZERO_INFLATED = "zero-inflated"
    """The same with a share of problems that are never solved."""
    SCALED = "scaled"
    """Rates are scale x Beta(a, b) (Schaeffer et al. 2025)."""


DEFAULT = Method.LINE
"""The best single method on the seven Pythia models, whichever of them is left out."""

_MODELS: dict[Method, type[RateModel]] = {
    Method.BETA: BetaRates,
    Method.ZERO_INFLATED: ZeroInflatedRates,
    Method.SCALED: ScaledBetaRates,
}
Curve = Callable[[FloatArray], FloatArray]
"""Coverage by one fit at each k."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Coverage at each k by one method, with a percentile interval; arrays of shape (ks,).

    `fit` is what was fitted, `resamples` how many bootstrap fits converged and carry the
    interval. k up to n is forecast as well: there the curve shows how well the method fits.
    """

    ks: IntArray
    coverage: FloatArray
    low: FloatArray
    high: FloatArray
    method: Method
    fit: ScalingFit | RateFit
    level: float
    resamples: int
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """One method's fit to all problems, and to each bootstrap resample of them."""

    fit: ScalingFit | RateFit
    curve: Curve
    resampled: tuple[Curve, ...]
    caveats: tuple[Caveat, ...]


def forecast(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    ks: npt.ArrayLike,
    method: Method = DEFAULT,
    *,
    level: float = 0.95,
    resamples: int = 200,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Forecast | NoFit:
    """Coverage at `ks`, shape (ks,), from counts of shape (problems,); k may exceed n.

    The interval is the percentile bootstrap over problems (Efron and Tibshirani 1993, chapter
    13): problems are drawn anew and the method refitted. It holds the spread of problems and of
    their candidates, not the error of a method that is wrong: `backtest` shows that one.
    Raises `AnalysisError` for counts or k that cannot be and for a level outside (0, 1).
    """
    wanted = check_ks(ks)
    found = fit_method(n, c, method, level, resamples, seed, names)
    if isinstance(found, NoFit):
        return found
    at = wanted.astype(np.float64)
    value = found.curve(at)
    low, high = _percentiles(np.array([curve(at) for curve in found.resampled]), level)
    return Forecast(
        ks=wanted,
        coverage=value,
        low=np.minimum(low, value),
        high=np.maximum(high, value),
        method=method,
        fit=found.fit,
        level=level,
        resamples=len(found.resampled),
        caveats=found.caveats,
    )


def point_forecast(
    n: npt.ArrayLike, c: npt.ArrayLike, ks: npt.ArrayLike, method: Method = DEFAULT
) -> FloatArray | None:
    """Coverage at `ks` without an interval, shape (ks,); None where the method does not fit."""
    sizes, passes = check_counts(n, c)
    none = np.zeros((0, sizes.size), dtype=np.int64)
    found = _fit_drawn(sizes, passes, method, none)
    return None if isinstance(found, NoFit) else found.curve(check_ks(ks).astype(np.float64))


def fit_method(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    method: Method,
    level: float,
    resamples: int,
    seed: int,
    names: Sequence[str] | None,
) -> Fitted | NoFit:
    """One method's fit, and its fits to bootstrap resamples of the problems.

    Raises `AnalysisError` as `forecast` does.
    """
    if not 0.0 < level < 1.0:
        raise AnalysisError(f"the level is {level}", hint="Use a number between 0 and 1.")
    if resamples < 20:
        raise AnalysisError(f"resamples is {resamples}", hint="Use at least 20.")
    sizes, passes = check_counts(n, c, names)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(sizes.size, np.full(sizes.size, 1.0 / sizes.size), size=resamples)
    fitted = _fit_drawn(sizes, passes, method, drawn)
    if isinstance(fitted, NoFit):
        return fitted
    if len(fitted.resampled) < _REPEATS_KEPT * resamples:
        return NoFit(
            f"only {len(fitted.resampled)} of {resamples} resamples of the problems could be "
            "fitted: too few problems were solved for a forecast"
        )
    return fitted


def _fit_drawn(n: IntArray, c: IntArray, method: Method, drawn: IntArray) -> Fitted | NoFit:
    """Fits all problems, and every row of `drawn`: how often each problem was drawn."""
    if method is Method.LINE:
        return _fit_line(n, c, drawn)
    return _fit_model(_MODELS[method], n, c, drawn)


def _fit_line(n: IntArray, c: IntArray, drawn: IntArray) -> Fitted | NoFit:
    ks = log_grid(int(n.min()), _POINTS, keep_duplicates=False)
    values = pass_at_k(n, c, ks)
    first = fit_law(ks, values.mean(axis=1), space=Space.LOG_LOG)
    if isinstance(first, NoFit):
        return first
    curves = np.clip(drawn @ values.T / n.size, 0.0, 1.0)
    again = [fit_law(ks, curve, space=Space.LOG_LOG) for curve in curves]
    return Fitted(
        fit=first,
        curve=first.predict,
        resampled=tuple(fit.predict for fit in again if isinstance(fit, ScalingFit)),
        caveats=(*_caveats(c), *_stopping_caveat(n, c)),
    )


def _fit_model(kind: type[RateModel], n: IntArray, c: IntArray, drawn: IntArray) -> Fitted | NoFit:
    first = fit_rates(kind, n, c)
    if isinstance(first, NoFit):
        return first
    pairs, pair = np.unique(np.stack([n, c]), axis=1, return_inverse=True)
    sizes, passes = pairs.astype(np.float64)
    weights = np.zeros((len(drawn), sizes.size))
    np.add.at(weights.T, pair.reshape(-1), drawn.T)
    starts = starts_beside(first)
    each = [refit_rates(kind, Grouped(sizes, passes, times), starts) for times in weights]
    extra = (
        (Caveat("at_bound", "The problems look equally hard: the spread met its bound."),)
        if first.at_bound
        else ()
    )
    return Fitted(
        fit=first,
        curve=first.model.coverage,
        resampled=tuple(fit.model.coverage for fit in each if isinstance(fit, RateFit)),
        caveats=(*_caveats(c), *extra),
    )


def _caveats(c: IntArray) -> tuple[Caveat, ...]:
    solved = int((c > 0).sum())
    if solved < FEW:
        text = f"Only {solved} of {c.size} problems were ever solved: the forecast is rough."
        return (Caveat("few_solved", text),)
    return ()


def _stopping_caveat(n: IntArray, c: IntArray) -> tuple[Caveat, ...]:
    if find_stopping(n, c) is None:
        return ()
    text = (
        "The counts look like sampling that stopped at a success, where the line's coverage is "
        "too high: the beta-binomial methods do not mind."
    )
    return (Caveat("perhaps_stopped", text),)


def _percentiles(curves: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(curves, [tail, 1.0 - tail], axis=0)
    return low, high
