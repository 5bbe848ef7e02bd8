"""Which problems the next candidates should go to. Never samples, and never forecasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import IntArray, check_counts
from vervet.core.errors import AnalysisError

__all__ = ["allocate"]

_CELLS = 2_000_000


def allocate(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    budget: int,
    *,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> IntArray:
    """How many of the next `budget` candidates each problem gets, shape (problems,).

    Every candidate goes to the problem that looks hardest in one draw of all success rates from
    their posteriors Beta(1 + c, 1 + n - c): Thompson sampling for the smallest rate, so that
    what was solved often gets little more and what was tried little is tried again. It
    follows the dynamic sampling of Kazdan et al. 2025 (arXiv 2510.05197) as the code of its
    experiments has it, which draws anew after every candidate; here one call plans a batch, so
    ask again after each batch is verified. n and c so
    gained serve the beta-binomial forecasts, whose likelihood does not mind why sampling went
    on; Chen's estimate has a bias on them, since n then depends on c. The plan solves more
    problems for the same budget; it need not sharpen a forecast (docs/analysis.md has figures).
    Raises `AnalysisError` for counts that cannot be and a budget below 1.
    """
    if budget < 1:
        raise AnalysisError(f"the budget is {budget}", hint="Plan at least one candidate.")
    sizes, passes = check_counts(n, c, names)
    rng = np.random.default_rng(seed)
    planned = np.zeros(sizes.size, dtype=np.int64)
    rows = max(1, _CELLS // sizes.size)
    for start in range(0, budget, rows):
        drawn = rng.beta(1 + passes, 1 + sizes - passes, (min(rows, budget - start), sizes.size))
        planned += np.bincount(drawn.argmin(axis=1), minlength=sizes.size)
    return planned
