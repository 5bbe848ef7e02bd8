"""Coverage from problems whose sampling ended at a success, where Chen's estimate is wrong.

Sees only the counts and whether the last candidate of each problem passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks
from vervet.analysis.ratios import log_miss
from vervet.core.errors import AnalysisError

__all__ = ["Stopping", "find_stopping", "stopped_pass_at_k"]

_UNLIKELY = 0.01
_FEWEST = 5
"""Without the order, this many problems must end at the same number of passes."""


@dataclass(frozen=True, slots=True, eq=False)
class Stopping:
    """Sampling of each problem ended with its pass number `passes`, or was given up.

    `stopped`, shape (problems,), says which ended so; `chance` is the chance that the last
    candidates of all these passed if no such rule was at work, None where the order of the
    candidates is not known and only the counts look like it.
    """

    passes: int
    stopped: npt.NDArray[np.bool_]
    chance: float | None


def find_stopping(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    last_passed: npt.ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
) -> Stopping | None:
    """Whether these problems were sampled until a fixed number of passes; None where not.

    `n`, `c` and `last_passed` of shape (problems,): the last tells whether the candidate drawn
    last passed. The rule is found where n differs, no problem has more passes than r, every
    problem with r passes ends with one, and that would be unlikely (below 1 %) by chance: given
    its counts, a problem ends with a pass with chance c/n. Without `last_passed` the counts can
    only look like it (`chance` is None): at least five problems with r passes and differing n,
    and every problem with fewer passes has as many candidates as any of them.
    Raises `AnalysisError` for counts that cannot be, and for a last pass where none passed.
    """
    sizes, passes = check_counts(n, c, names)
    most = int(passes.max())
    reached = passes == most
    if most == 0 or (sizes == sizes[0]).all():
        return None
    if last_passed is None:
        given_up = sizes[~reached]
        alike = given_up.size == 0 or given_up.min() >= sizes[reached].max()
        varied = np.unique(sizes[reached]).size >= 3
        if reached.sum() >= _FEWEST and alike and varied:
            return Stopping(most, reached, None)
        return None
    ends = _ends(last_passed, sizes, passes)
    chance = float(np.prod(passes[reached] / sizes[reached]))
    if (ends == reached).all() and chance < _UNLIKELY:
        return Stopping(most, reached, chance)
    return None


def stopped_pass_at_k(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    ks: npt.ArrayLike,
    stopped: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
) -> FloatArray:
    """pass@k without bias where sampling of the `stopped` problems ended with their last pass.

    All of shape (problems,), `ks` of shape (ks,); returns shape (ks, problems). The last of n
    candidates is a pass by the rule and the other c - 1 passes lie anywhere before it, so the
    first k hold none with chance C(n-c, k) / C(n-1, k), and k >= n always holds one. At k = 1
    this is Haldane's inverse-binomial estimate (c - 1) / (n - 1) (Haldane 1945, Biometrika
    33:222). Problems given up have Chen's estimate. It is the mean of "a pass among the first
    k" given the counts, hence unbiased, for any k up to where problems are given up.
    Raises `AnalysisError` for counts that cannot be, for k above the n of a problem given up
    and for k above the largest n.
    """
    sizes, passes = check_counts(n, c, names)
    wanted = check_ks(ks)
    ends = _ends(stopped, sizes, passes)
    limit = int(sizes[~ends].min()) if not ends.all() else int(sizes.max())
    if wanted.max() > limit:
        raise AnalysisError(
            f"k = {wanted.max()} is larger than {limit}, where sampling was given up",
            hint=f"Nothing was seen beyond: use k up to {limit}.",
        )
    before, earlier = sizes - ends, passes - ends
    drawn = np.minimum(wanted[:, np.newaxis], before)
    values: FloatArray = 0.0 - np.expm1(log_miss(before, earlier, drawn))
    values[(wanted[:, np.newaxis] >= sizes) & ends] = 1.0
    return values


def _ends(last_passed: npt.ArrayLike, n: IntArray, c: IntArray) -> npt.NDArray[np.bool_]:
    ends = np.atleast_1d(np.asarray(last_passed))
    if ends.dtype != np.bool_ or ends.shape != n.shape:
        raise AnalysisError(
            f"whether the last candidate passed is not given as one yes or no for each of {n.size} "
            "problems"
        )
    if (ends & (c == 0)).any():
        raise AnalysisError("the last candidate of a problem passed and its c is 0")
    return ends
