"""Moments of a scaled beta by a sum over an even grid in logit x. Never sees data.

E[(s x)^c (1 - s x)^m] for x ~ Beta(a, b) is a 2F1 whose series alternates and loses every digit
for m in the hundreds. In y = logit x the integrand is smooth and falls off exponentially on both
sides, where an even grid converges faster than any power of its step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma

from vervet.analysis.counts import FloatArray

__all__ = ["Moments", "log_moments", "moments"]

_BEYOND = 16.0
"""The grid ends where n x is e^-16: from there on the integrand is a plain exponential."""
_LARGEST_STEP = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """log E[(s x)^c (1 - s x)^m] and its slopes in a, b and s, each of shape (pairs,)."""

    log: FloatArray
    by_a: FloatArray
    by_b: FloatArray
    by_scale: FloatArray


def log_moments(a: float, b: float, scale: float, c: npt.ArrayLike, m: npt.ArrayLike) -> FloatArray:
    """log E[(s x)^c (1 - s x)^m] for x ~ Beta(a, b), 0 < s < 1; `c` and `m` of shape (pairs,)."""
    return moments(a, b, scale, c, m).log


def moments(a: float, b: float, scale: float, c: npt.ArrayLike, m: npt.ArrayLike) -> Moments:
    """The same with its slopes.

    An integrand narrow in y needs a fine grid. Its information on y is at most about a + c,
    so pairs with alike c are computed together, with a step of 0.8 standard deviations,
    where the sum is off by about exp(-2 pi^2 / 0.8^2) = 4e-14 (Trefethen and Weideman 2014, SIAM
    Review 56:385).
    """
    passes, fails = np.asarray(c, dtype=np.float64), np.asarray(m, dtype=np.float64)
    level = np.ceil(np.log(np.maximum(passes, 1.0)) / np.log(8.0)).astype(np.int64)
    end = np.log(float((passes + fails).max(initial=1.0))) + _BEYOND
    found = np.empty((4, passes.size))
    for one in np.unique(level):
        group = level == one
        step = min(_LARGEST_STEP, 0.8 / np.sqrt(a + passes[group].max() + 1.0))
        grid = np.arange(-np.ceil(end / step), np.ceil(end / step) + 1) * step
        found[:, group] = _on_grid(a, b, scale, passes[group], fails[group], grid)
    return Moments(*found)


def _on_grid(
    a: float, b: float, scale: float, c: FloatArray, m: FloatArray, y: FloatArray
) -> FloatArray:
    """Logarithm and slopes for the pairs of one grid, shape (4, pairs)."""
    step = float(y[1] - y[0])
    log_x, log_rest = -np.logaddexp(0.0, -y), -np.logaddexp(0.0, y)
    log_fail = np.log1p(-scale * np.exp(log_x))
    norm = np.log(step) - betaln(a, b)
    terms = np.empty((c.size, y.size + 2))
    np.multiply.outer(c, np.log(scale) + log_x, out=terms[:, 2:])
    terms[:, 2:] += np.multiply.outer(m, log_fail)
    terms[:, 2:] += a * log_x + b * log_rest
    low, low_slope = _geometric(a + c, y[0], step)
    high, high_slope = _geometric(np.full_like(c, b), -y[-1], step)
    terms[:, 0] = c * np.log(scale) + low
    terms[:, 1] = c * np.log(scale) + m * np.log1p(-scale) + high
    top = terms.max(axis=1)
    terms -= top[:, np.newaxis]
    share = np.exp(terms, out=terms)
    total = share.sum(axis=1)
    share /= total[:, np.newaxis]
    lower, upper = share[:, 0], share[:, 1]

    def mean(of: FloatArray) -> FloatArray:
        # Not `@`: matrices of this size wake all of BLAS's threads for nothing.
        return np.asarray(np.einsum("ij,j->i", share[:, 2:], of), dtype=np.float64)

    return np.stack(
        [
            np.log(total) + top + norm,
            mean(log_x) + lower * low_slope - (digamma(a) - digamma(a + b)),
            mean(log_rest) + upper * high_slope - (digamma(b) - digamma(a + b)),
            c / scale - m * (mean(np.exp(log_x - log_fail)) + upper / (1.0 - scale)),
        ]
    )


def _geometric(power: FloatArray, edge: float, step: float) -> tuple[FloatArray, FloatArray]:
    """log of the sum of exp(power y) over all grid points below `edge`, and its slope in power."""
    grown = power * step
    kept = -np.expm1(-grown)
    return power * edge - grown - np.log(kept), edge - step / kept
