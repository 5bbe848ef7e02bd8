"""How many candidates reach a coverage: a forecast read the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, check_counts
from vervet.analysis.coverage import coverage
from vervet.analysis.forecast import DEFAULT, Curve, Method, fit_method
from vervet.analysis.intervals import Caveat
from vervet.analysis.scaling import NoFit
from vervet.core.errors import AnalysisError

__all__ = ["SamplesNeeded", "samples_for"]

_LONGEST = 10**15
"""No more candidates than this are ever called needed."""


@dataclass(frozen=True, slots=True)
class SamplesNeeded:
    """How many candidates per problem reach a coverage; None stands for never.

    `measured` says that the target lies on the measured curve and `k` was read off there.
    """

    target: float
    k: int | None
    low: int | None
    high: int | None
    method: Method
    level: float
    measured: bool
    caveats: tuple[Caveat, ...]


def samples_for(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    target: float,
    method: Method = DEFAULT,
    *,
    level: float = 0.95,
    resamples: int = 200,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> SamplesNeeded | NoFit:
    """The smallest number of candidates per problem whose coverage reaches `target`, in (0, 1).

    A target below the coverage measured at the smallest n is read off the measured curve, any
    other off the forecast; the interval is the forecast's, read the other way round.
    Raises `AnalysisError` for counts that cannot be and a target or level outside (0, 1).
    """
    if not 0.0 < target < 1.0:
        raise AnalysisError(f"the target is {target}", hint="Use a share between 0 and 1.")
    found = fit_method(n, c, method, level, resamples, seed, names)
    if isinstance(found, NoFit):
        return found
    sizes, passes = check_counts(n, c, names)
    smallest = int(sizes.min())

    def measured(at: FloatArray) -> FloatArray:
        return coverage(sizes, passes, at.astype(np.int64))

    reached = float(measured(np.array([float(smallest)]))[0]) >= target
    k = _first(measured, target, smallest) if reached else _first(found.curve, target, _LONGEST)
    each = sorted(_first(curve, target, _LONGEST) or _LONGEST + 1 for curve in found.resampled)
    tail = (1.0 - level) / 2.0
    low, high = (each[round(part * (len(each) - 1))] for part in (tail, 1.0 - tail))
    centre = k or _LONGEST + 1
    return SamplesNeeded(
        target=target,
        k=k,
        low=_or_never(min(low, centre)),
        high=_or_never(max(high, centre)),
        method=method,
        level=level,
        measured=reached,
        caveats=found.caveats,
    )


def _first(curve: Curve, target: float, longest: int) -> int | None:
    """The smallest k up to `longest` at which a curve that never falls reaches the target."""
    low, high = 0, 1
    while curve(np.array([float(high)]))[0] < target:
        if high >= longest:
            return None
        low, high = high, min(high * 2, longest)
    while high - low > 1:
        middle = (low + high) // 2
        reached = curve(np.array([float(middle)]))[0] >= target
        low, high = (low, middle) if reached else (middle, high)
    return high


def _or_never(k: int) -> int | None:
    return None if k > _LONGEST else k
