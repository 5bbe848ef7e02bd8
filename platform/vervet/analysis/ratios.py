"""The chance that k candidates drawn from n hold none of c, as a logarithm, to full precision.

Owns the one ratio of binomials that every estimate of this room is made of; knows no problems.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray

__all__ = ["log_miss"]

_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680)
"""Coefficients of 1/x, 1/x^3, 1/x^5 and 1/x^7 in log x! (NIST DLMF, 5.11.1)."""
_SMALL = 32
"""From here on the four terms above leave less than a tenth of a unit in the last place."""


def log_miss(n: npt.ArrayLike, c: npt.ArrayLike, k: npt.ArrayLike) -> FloatArray:
    """log(C(n-c, k) / C(n, k)) for whole numbers 0 <= c, k <= n; shapes are broadcast.

    It is 0 for c = 0 or k = 0 and minus infinity where c + k > n. Its expm1 keeps 1e-13
    relative for any n up to 10^6 and beyond: differences of log-factorials lose their digits,
    so the difference is taken by hand in Stirling's series, where every term left is about
    c k / n in size, and small arguments get the tabled remainder of the series.
    """
    sizes, hits, drawn = (np.asarray(value, dtype=np.float64) for value in (n, c, k))
    left = np.asarray(sizes - hits - drawn)
    impossible, nothing_left = left < 0, left == 0
    # One draw less, its factor apart, keeps the logarithm of 0 out where nothing is left over.
    values = _undecided(np.maximum(sizes, 1.0), hits, np.maximum(drawn - nothing_left, 0.0))
    if nothing_left.any():
        factor = np.log(np.maximum(np.broadcast_to(sizes - drawn + 1, values.shape), 1.0))
        values[nothing_left] -= factor[nothing_left]
    values[impossible] = -np.inf
    values[np.broadcast_to((hits == 0) | (drawn == 0), values.shape)] = 0.0
    return values


def _undecided(n: FloatArray, c: FloatArray, k: FloatArray) -> FloatArray:
    """The logarithm where c + k < n; finite but of no meaning where c + k > n."""
    without_c, without_k = np.maximum(n - c, 1.0), np.maximum(n - k, 1.0)
    left = np.maximum(n - c - k, 1.0)
    both = c * k
    values = np.asarray(np.log1p(both / (n * left)))
    values *= left + 0.5
    values += k * _log_rest(c, n, without_c)
    values += c * _log_rest(k, n, without_k)
    both *= _STIRLING[0] / (n * without_c * without_k) * (without_c + without_k)
    both /= left
    values -= both
    values += _tail(without_c) - _tail(n)
    values += _tail(without_k) - _tail(left)
    return values


def _log_rest(part: FloatArray, whole: FloatArray, rest: FloatArray) -> FloatArray:
    """log(1 - part / whole), by the form that keeps its digits."""
    values = np.asarray(np.log1p(-np.minimum(part / whole, 0.5)))
    large = np.broadcast_to(2 * part > whole, values.shape)
    if large.any():
        values[large] = np.log(np.broadcast_to(rest / whole, values.shape)[large])
    return values


def _tail(x: FloatArray) -> FloatArray:
    """What log x! has beyond Stirling's series up to 1/x."""
    values = _terms(x, first=1)
    small = x < _SMALL
    if small.any():
        values[small] += _REMAINDERS[x[small].astype(np.int64)]
    return values


def _terms(x: FloatArray, first: int) -> FloatArray:
    """Stirling's correction from its term number `first` on, counted from 0."""
    inverse = np.asarray(1.0 / x)
    square = inverse * inverse
    total = np.full_like(square, _STIRLING[-1])
    for coefficient in _STIRLING[-2 : first - 1 if first else None : -1]:
        total *= square
        total += coefficient
    for _ in range(first):
        total *= square
    total *= inverse
    return total


def _remainders() -> FloatArray:
    """log x! less the whole series, for x from 0 to `_SMALL`, from the largest downwards.

    log (x+1)! - log x! = log(x+1) gives each remainder from the next without large numbers.
    """
    found = np.zeros(_SMALL + 1)
    for x in range(_SMALL - 1, 0, -1):
        here, above = _terms(np.array([x, x + 1.0]), first=0)
        found[x] = found[x + 1] + (x + 0.5) * np.log1p(1.0 / x) - 1.0 + above - here
    return found


_REMAINDERS = _remainders()
