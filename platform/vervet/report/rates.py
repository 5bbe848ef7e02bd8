"""Success rates of problems, sorted into bins that are even on a log axis. Never draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import check_counts

__all__ = ["RateBins", "rate_bins"]

_NEARLY = 1e-9
"""A rate such as 0.1 belongs to the bin that ends there, whatever its last bit says."""


@dataclass(frozen=True, slots=True)
class RateBins:
    """Problems per bin of c/n; bin i holds edges[i] < rate <= edges[i + 1].

    `edges` are shares of 1, `per_decade` bins to a power of ten, the last edge is 1. `never`
    counts the problems with no pass, which have no place on a log axis. `decades` are the
    indices of the edges that are powers of ten.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    never: int
    decades: tuple[int, ...]


def rate_bins(n: npt.ArrayLike, c: npt.ArrayLike, *, per_decade: int = 3) -> RateBins:
    """Bins from just below the smallest rate that n candidates can show, up to 1.

    `per_decade` bins make a factor of ten. `n` and `c` have shape (problems,). Raises
    `AnalysisError` for counts that cannot be.
    """
    sizes, passes = check_counts(n, c)
    first = int(np.floor(-np.log10(sizes.max()) * per_decade - _NEARLY))
    if first % per_decade == 0:
        # Room for the label of the decade beside that of the never solved.
        first -= 1
    exponents = np.arange(first, 1)
    edges = 10.0 ** (exponents / per_decade)
    rates = (passes / sizes)[passes > 0]
    places = np.searchsorted(edges * (1 + _NEARLY), rates, side="left")
    counts = np.bincount(places, minlength=edges.size)[1:]
    return RateBins(
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
        never=int((passes == 0).sum()),
        decades=tuple(int(at) for at in np.flatnonzero(exponents % per_decade == 0)),
    )
