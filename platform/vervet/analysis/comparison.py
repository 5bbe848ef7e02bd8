"""Two runs on the same problems: how far their coverage lies apart. Never matches problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks
from vervet.analysis.coverage import pass_at_k
from vervet.analysis.intervals import FEW, Caveat, share_interval
from vervet.core.errors import AnalysisError

__all__ = ["Comparison", "compare_coverage"]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Coverage of two runs at each k, and `difference` = second - first with its interval.

    Arrays of shape (ks,). `clear` says where the interval leaves 0 out.
    """

    ks: IntArray
    first: FloatArray
    second: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    problems: int
    level: float
    caveats: tuple[Caveat, ...]

    @property
    def clear(self) -> npt.NDArray[np.bool_]:
        """Where one run covers more than the other beyond what the choice of problems explains."""
        return np.asarray((self.low > 0) | (self.high < 0))


def compare_coverage(
    first: tuple[npt.ArrayLike, npt.ArrayLike],
    second: tuple[npt.ArrayLike, npt.ArrayLike],
    ks: npt.ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Comparison:
    """Compares two pairs of n and c, each of shape (problems,), the same problems in one order.

    The paired bootstrap over problems (BCa; Efron 1987, section 4): a problem is drawn with its
    results in both runs, so that what makes it hard for both falls out of the difference. n may
    differ between runs. Raises `AnalysisError` for counts or k that cannot be and for runs of
    unequal length.
    """
    counts = [check_counts(*run, names) for run in (first, second)]
    sizes = [passes.size for _, passes in counts]
    if sizes[0] != sizes[1]:
        raise AnalysisError(
            f"the first run has {sizes[0]} problems and the second {sizes[1]}",
            hint="Compare runs on the problems that both have, in the same order.",
        )
    wanted = check_ks(ks)
    one, two = (pass_at_k(n, c, wanted, names=names) for n, c in counts)
    apart = two - one
    low, high = share_interval(apart, level=level, resamples=resamples, seed=seed, lowest=-1.0)
    return Comparison(
        ks=wanted,
        first=one.mean(axis=1),
        second=two.mean(axis=1),
        difference=apart.mean(axis=1),
        low=low,
        high=high,
        problems=sizes[0],
        level=level,
        caveats=_caveats(apart),
    )


def _caveats(apart: FloatArray) -> tuple[Caveat, ...]:
    problems = apart.shape[1]
    if problems < FEW:
        text = f"There are only {problems} problems: the interval over problems is rough."
        return (Caveat("few_problems", text),)
    differing = int((apart != 0).any(axis=0).sum())
    if differing < FEW:
        text = f"The runs differ on {differing} of {problems} problems only: the interval is rough."
        return (Caveat("few_differ", text),)
    return ()
