"""Fits the models of success rates to counts by maximum likelihood. Never forecasts.

Counts are fitted through their distinct (n, c) pairs and how often each occurs, so that a
bootstrap over problems is the same fit with other weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, digamma, expit, logit

from vervet.analysis.counts import FloatArray, check_counts
from vervet.analysis.rates import BetaRates, RateModel, ScaledBetaRates, ZeroInflatedRates
from vervet.analysis.rates_grid import moments
from vervet.analysis.scaling import NoFit
from vervet.core.errors import AnalysisError

__all__ = ["Grouped", "RateFit", "fit_rates", "refit_rates", "starts_beside"]

_MEAN = (-14.0, 14.0)
_SPREAD = (-9.0, 13.0)
_SPREAD_SCALED = (-9.0, 8.0)
"""Bounds of logit(a / (a+b)) and of log(a + b). A larger a + b is as good as one rate for all."""
_SHARE = (-14.0, 9.0)
"""Bounds of the logit of `never` and of `scale`."""
_INSIDE = 3.0
_CLOSE = 1e-3
"""Log-likelihoods this near count as the same maximum."""
_Objective = Callable[[FloatArray], tuple[float, FloatArray]]


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Distinct pairs of candidates and passes with the number of problems that show each."""

    n: FloatArray
    c: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, n: npt.ArrayLike, c: npt.ArrayLike) -> Grouped:
        """Groups counts of shape (problems,). Raises `AnalysisError` for counts that cannot be."""
        pairs, times = np.unique(np.stack(check_counts(n, c)), axis=1, return_counts=True)
        sizes, passes = pairs.astype(np.float64)
        return cls(sizes, passes, times.astype(np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class RateFit:
    """A model at its maximum of the likelihood.

    `log_likelihood` is the sum over problems, `parameters` the point in the fit's own
    coordinates (to start the next fit from), `agreed` how many of `starts` ended at the maximum.
    `at_bound` says that a + b or the odds of the mean met their bound, as a + b does where all
    problems are equally hard.
    """

    model: RateModel
    log_likelihood: float
    parameters: FloatArray
    starts: int
    agreed: int
    at_bound: bool = False


def fit_rates(kind: type[RateModel], n: npt.ArrayLike, c: npt.ArrayLike) -> RateFit | NoFit:
    """Fits `BetaRates`, `ZeroInflatedRates` or `ScaledBetaRates` to counts of shape (problems,).

    The likelihood is climbed with its exact slope (SLSQP) from several starts. A fit that
    converges from none, or data without a pass or without a failure, is a `NoFit`.
    Raises `AnalysisError` for counts that cannot be and for another kind.
    """
    grouped = Grouped.of(n, c)
    starts = _starts(kind, grouped)
    return refit_rates(kind, grouped, starts)


def refit_rates(
    kind: type[RateModel], grouped: Grouped, starts: Sequence[npt.ArrayLike]
) -> RateFit | NoFit:
    """Fits grouped counts from the given `starts`, as a bootstrap does from the first fit."""
    used = grouped.weights > 0
    data = Grouped(grouped.n[used], grouped.c[used], grouped.weights[used])
    if not (data.c > 0).any():
        return NoFit("no candidate passed, so nothing is known of how rates are spread")
    if not (data.c < data.n).any():
        return NoFit("every candidate passed, so nothing is known of how rates are spread")
    objective, bounds = _problem(kind, data)
    ends = [_climb(objective, bounds, start) for start in starts]
    good = [end for end in ends if end.success and np.isfinite(end.fun)]
    if not good:
        return NoFit(f"the likelihood did not converge from any of {len(ends)} starts")
    best = min(good, key=lambda end: float(end.fun))
    model = _model(kind, best.x)
    return RateFit(
        model=model,
        log_likelihood=float(data.weights @ model.log_likelihood(data.n, data.c)),
        parameters=np.asarray(best.x),
        starts=len(ends),
        agreed=sum(float(end.fun) - float(best.fun) < _CLOSE for end in good),
        at_bound=_bound(best.x, bounds),
    )


def starts_beside(fit: RateFit) -> list[FloatArray]:
    """Starts for other data like those of `fit`: its maximum, and where that lies at the edge of
    the third parameter, where every slope vanishes, a point inside as well."""
    inside = fit.parameters.copy()
    inside[2:] = np.clip(inside[2:], -_INSIDE, _INSIDE)
    same = bool((inside == fit.parameters).all())
    return [fit.parameters] if same else [fit.parameters, inside]


def _climb(
    objective: _Objective, bounds: Sequence[tuple[float, float]], start: npt.ArrayLike
) -> OptimizeResult:
    inside = np.clip(np.asarray(start, dtype=np.float64), *np.array(bounds).T)
    # L-BFGS-B is as good, but its small matrices wake all of BLAS's threads: ten times the time.
    options = {"maxiter": 500, "ftol": 1e-8}
    return minimize(objective, inside, jac=True, method="SLSQP", bounds=bounds, options=options)


def _shape(parameters: FloatArray) -> tuple[float, float]:
    """a and b from logit(a / (a+b)) and log(a + b)."""
    mean, total = parameters[0], np.exp(parameters[1])
    return float(total * expit(mean)), float(total * expit(-mean))


def _model(kind: type[RateModel], parameters: FloatArray) -> RateModel:
    a, b = _shape(parameters)
    if kind is BetaRates:
        return BetaRates(a, b)
    share = float(expit(parameters[2]))
    if kind is ZeroInflatedRates:
        return ZeroInflatedRates(share, a, b)
    return ScaledBetaRates(a, b, share)


def _problem(
    kind: type[RateModel], data: Grouped
) -> tuple[_Objective, tuple[tuple[float, float], ...]]:
    """What is minimised, with its slope, and within which bounds."""
    if kind is BetaRates:
        return lambda at: _beta(at, data), (_MEAN, _SPREAD)
    if kind is ZeroInflatedRates:
        return lambda at: _zero_inflated(at, data), (_MEAN, _SPREAD, _SHARE)
    if kind is ScaledBetaRates:
        return lambda at: _scaled(at, data), (_MEAN, _SPREAD_SCALED, _SHARE)
    raise AnalysisError(f"{kind.__name__} is no model of success rates that can be fitted")


def _chain(parameters: FloatArray, by_a: float, by_b: float) -> list[float]:
    """Slopes in logit mean and log total from those in a and b."""
    a, b = _shape(parameters)
    return [(by_a - by_b) * a * b / (a + b), by_a * a + by_b * b]


def _beta_terms(parameters: FloatArray, data: Grouped) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-likelihood without the binomial coefficient, and its slopes in a and b, per pair."""
    a, b = _shape(parameters)
    log = betaln(a + data.c, b + data.n - data.c) - betaln(a, b)
    shared = digamma(a + b) - digamma(a + b + data.n)
    by_a = digamma(a + data.c) - digamma(a) + shared
    by_b = digamma(b + data.n - data.c) - digamma(b) + shared
    return log, by_a, by_b


def _beta(parameters: FloatArray, data: Grouped) -> tuple[float, FloatArray]:
    log, by_a, by_b = _beta_terms(parameters, data)
    slopes = _chain(parameters, float(data.weights @ by_a), float(data.weights @ by_b))
    return -float(data.weights @ log), -np.array(slopes)


def _zero_inflated(parameters: FloatArray, data: Grouped) -> tuple[float, FloatArray]:
    log, by_a, by_b = _beta_terms(parameters, data)
    never = float(expit(parameters[2]))
    others = log + np.log(expit(-parameters[2]))
    total = np.where(data.c == 0, np.logaddexp(others, np.log(never)), others)
    share = data.weights * np.exp(others - total)
    slopes = _chain(parameters, float(share @ by_a), float(share @ by_b))
    by_never = float((data.weights - share).sum() - never * data.weights.sum())
    return -float(data.weights @ total), -np.array([*slopes, by_never])


def _scaled(parameters: FloatArray, data: Grouped) -> tuple[float, FloatArray]:
    a, b = _shape(parameters)
    scale = float(expit(parameters[2]))
    found = moments(a, b, scale, data.c, data.n - data.c)
    slopes = _chain(parameters, float(data.weights @ found.by_a), float(data.weights @ found.by_b))
    by_scale = float(data.weights @ found.by_scale) * scale * (1.0 - scale)
    return -float(data.weights @ found.log), -np.array([*slopes, by_scale])


def _starts(kind: type[RateModel], data: Grouped) -> list[FloatArray]:
    """Around the observed mean rate, from rates far apart to rates alike."""
    rates = data.c / data.n
    mean = float(np.clip(data.weights @ rates / data.weights.sum(), 1e-6, 1 - 1e-6))
    spreads = (-1.0, 1.0, 4.0)
    if kind is BetaRates:
        return [np.array([logit(mean), spread]) for spread in spreads]
    unsolved = float(data.weights @ (data.c == 0) / data.weights.sum())
    if kind is ZeroInflatedRates:
        shares = [float(logit(np.clip(part * unsolved, 1e-6, 1 - 1e-6))) for part in (0.02, 0.8)]
        return [np.array([logit(mean), spread, share]) for spread in spreads for share in shares]
    top = float(np.clip(rates.max(), 1e-6, 0.999))
    scales = [min(0.999, 1.2 * top), min(0.999, np.sqrt(top))]
    return [
        np.array([logit(min(mean / scale, 0.9)), spread, logit(scale)])
        for spread in spreads[:2]
        for scale in scales
    ]


def _bound(parameters: FloatArray, bounds: Sequence[tuple[float, float]]) -> bool:
    low, high = np.array(bounds[:2]).T
    return bool((np.minimum(parameters[:2] - low, high - parameters[:2]) < 1e-6).any())
