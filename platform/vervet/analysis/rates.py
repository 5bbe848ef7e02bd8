"""How success rates are spread over problems: three models, their likelihood and their coverage.

Knows nothing of fitting; each model is given its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from vervet.analysis.counts import FloatArray
from vervet.analysis.rates_grid import log_moments

__all__ = ["BetaRates", "RateModel", "ScaledBetaRates", "ZeroInflatedRates", "log_binomial"]


class RateModel(Protocol):
    """A distribution of success rates p over problems; candidates of a problem are independent."""

    def log_likelihood(self, n: npt.ArrayLike, c: npt.ArrayLike) -> FloatArray:
        """The log-chance of c passes in n candidates for each problem, shape (problems,)."""

    def coverage(self, ks: npt.ArrayLike) -> FloatArray:
        """E[1 - (1-p)^k] for each k, shape (ks,)."""

    def draw(self, rng: np.random.Generator, problems: int) -> FloatArray:
        """Success rates of that many new problems."""


@dataclass(frozen=True, slots=True)
class BetaRates:
    """p ~ Beta(a, b); counts are beta-binomial.

    Source: Kazdan et al. 2025, "Efficient Prediction of Pass@k Scaling in Large Language
    Models" (arXiv 2510.05197); the distribution is Skellam 1948. Coverage falls short of 1
    like k^-a.
    """

    a: float
    b: float

    def log_likelihood(self, n: npt.ArrayLike, c: npt.ArrayLike) -> FloatArray:
        sizes, passes = np.asarray(n, dtype=np.float64), np.asarray(c, dtype=np.float64)
        ratio = betaln(self.a + passes, self.b + sizes - passes) - betaln(self.a, self.b)
        return np.asarray(log_binomial(sizes, passes) + ratio, dtype=np.float64)

    def coverage(self, ks: npt.ArrayLike) -> FloatArray:
        """1 - B(a, b+k) / B(a, b)."""
        drawn = np.asarray(ks, dtype=np.float64)
        misses = _log_rising(self.b, drawn) - _log_rising(self.a + self.b, drawn)
        return np.asarray(-np.expm1(misses), dtype=np.float64)

    def draw(self, rng: np.random.Generator, problems: int) -> FloatArray:
        return rng.beta(self.a, self.b, problems)


@dataclass(frozen=True, slots=True)
class ZeroInflatedRates:
    """A share `never` of the problems has p = 0, the others p ~ Beta(a, b).

    Coverage cannot pass 1 - never. Source: the zero-inflated binomial of Hall 2000
    (Biometrics 56:1030) with a beta in place of one rate.
    """

    never: float
    a: float
    b: float

    def log_likelihood(self, n: npt.ArrayLike, c: npt.ArrayLike) -> FloatArray:
        others = np.log1p(-self.never) + BetaRates(self.a, self.b).log_likelihood(n, c)
        with np.errstate(divide="ignore"):
            nothing = np.where(np.asarray(c) == 0, np.log(self.never), -np.inf)
        return np.asarray(np.logaddexp(others, nothing), dtype=np.float64)

    def coverage(self, ks: npt.ArrayLike) -> FloatArray:
        """(1 - never) (1 - B(a, b+k) / B(a, b))."""
        return (1.0 - self.never) * BetaRates(self.a, self.b).coverage(ks)

    def draw(self, rng: np.random.Generator, problems: int) -> FloatArray:
        found = rng.beta(self.a, self.b, problems)
        found[rng.random(problems) < self.never] = 0.0
        return found


@dataclass(frozen=True, slots=True)
class ScaledBetaRates:
    """p = scale x with x ~ Beta(a, b): no problem is easier than `scale`.

    Source: Schaeffer et al. 2025, "How Do Large Language Monkeys Get Their Power (Laws)?"
    (arXiv 2502.17578), the three-parameter beta. Its moments are Gauss's 2F1, computed here as
    a sum of positive terms.
    """

    a: float
    b: float
    scale: float

    def log_likelihood(self, n: npt.ArrayLike, c: npt.ArrayLike) -> FloatArray:
        sizes, passes = np.broadcast_arrays(
            np.asarray(n, dtype=np.float64), np.asarray(c, dtype=np.float64)
        )
        moments = log_moments(self.a, self.b, self.scale, passes, sizes - passes)
        return np.asarray(log_binomial(sizes, passes) + moments, dtype=np.float64)

    def coverage(self, ks: npt.ArrayLike) -> FloatArray:
        """1 - E[(1 - scale x)^k]."""
        drawn = np.atleast_1d(np.asarray(ks, dtype=np.float64))
        misses = log_moments(self.a, self.b, self.scale, np.zeros_like(drawn), drawn)
        return np.asarray(-np.expm1(np.minimum(misses, 0.0)), dtype=np.float64)

    def draw(self, rng: np.random.Generator, problems: int) -> FloatArray:
        return self.scale * rng.beta(self.a, self.b, problems)


def log_binomial(n: FloatArray, c: FloatArray) -> FloatArray:
    """log C(n, c)."""
    return np.asarray(-np.log1p(n) - betaln(n - c + 1.0, c + 1.0), dtype=np.float64)


def _log_rising(x: float, k: FloatArray) -> FloatArray:
    """log of x (x+1) ... (x+k-1)."""
    return np.asarray(gammaln(x + k) - gammaln(x), dtype=np.float64)
