"""How surely a problem is solved when asked again: pass^k and G-Pass@k.

Both are per problem and without bias; their means over problems are what papers print.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks, check_within
from vervet.analysis.ratios import log_miss
from vervet.core.errors import AnalysisError

__all__ = ["g_pass_at_k", "pass_hat_k"]

_WHOLE = 1e-9
"""tau k within this of a whole number is that number: 0.1 * 30 must ask for 3, not 4."""


def pass_hat_k(
    n: npt.ArrayLike, c: npt.ArrayLike, ks: npt.ArrayLike, *, names: Sequence[str] | None = None
) -> FloatArray:
    """pass^k: the chance that all of k candidates pass, C(c, k) / C(n, k).

    `n` and `c` of shape (problems,), `ks` of shape (ks,); returns shape (ks, problems), within
    [0, 1]. Source: Yao et al. 2024 (tau-bench, arXiv 2406.12045), section 3.
    Raises `AnalysisError` for counts that cannot be and for k above the smallest n.
    """
    sizes, passes = check_counts(n, c, names)
    wanted = check_ks(ks)
    check_within(wanted, sizes, names)
    values: FloatArray = np.exp(log_miss(sizes, sizes - passes, wanted[:, np.newaxis]))
    return values


def g_pass_at_k(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    ks: npt.ArrayLike,
    tau: float,
    *,
    names: Sequence[str] | None = None,
) -> FloatArray:
    """G-Pass@k_tau: the chance that at least ceil(tau k) of k candidates pass.

    `n` and `c` of shape (problems,), `ks` of shape (ks,), `tau` in [0, 1]; returns shape
    (ks, problems). It is pass^k for tau = 1 and pass@k where ceil(tau k) is at most 1.
    Source: Liu et al. 2024, "Are Your LLMs Capable of Stable Reasoning?" (arXiv 2412.13147),
    the sum of C(c, j) C(n-c, k-j) / C(n, k) over j from ceil(tau k) on.
    Raises `AnalysisError` as `pass_hat_k` does, and for tau outside [0, 1].
    """
    if not 0.0 <= tau <= 1.0:
        raise AnalysisError(f"tau is {tau}", hint="Use a share between 0 and 1.")
    sizes, passes = check_counts(n, c, names)
    wanted = check_ks(ks)
    check_within(wanted, sizes, names)
    rows = [_at_least(sizes, passes, int(k), _needed(tau, int(k))) for k in wanted]
    return np.stack(rows)


def _needed(tau: float, k: int) -> int:
    return max(1, int(np.ceil(tau * k - _WHOLE)))


def _at_least(n: IntArray, c: IntArray, k: int, needed: int) -> FloatArray:
    """The chance of `needed` or more passes among k, shape (problems,)."""
    if needed == 1:
        values: FloatArray = 0.0 - np.expm1(log_miss(n, c, k))
        return values
    pairs, problem = np.unique(np.stack([n, c]), axis=1, return_inverse=True)
    sums = [_upper_sum(int(one_n), int(one_c), k, needed) for one_n, one_c in pairs.T]
    tails: FloatArray = np.minimum(np.array(sums)[problem.reshape(-1)], 1.0)
    return tails


def _upper_sum(n: int, c: int, k: int, needed: int) -> float:
    """The hypergeometric chances of `needed` to min(c, k) passes; each is a positive term.

    j passes among k: the first j all pass and the other k - j all fail, in any order.
    """
    passed = np.arange(needed, min(c, k) + 1)
    if passed.size == 0:
        return 0.0
    orders = gammaln(k + 1) - gammaln(passed + 1) - gammaln(k - passed + 1)
    all_pass = log_miss(n, n - c, passed)
    others_fail = log_miss(n - passed, c - passed, k - passed)
    return float(np.exp(orders + all_pass + others_fail).sum())
