"""Owns what problems that an audit found fault with do to coverage: with them, without, bounds.

Pure, on counts per problem; which problems are affected, and by what, is for others to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import IntArray, check_counts, check_ks
from vervet.analysis.coverage import coverage
from vervet.core.errors import AnalysisError

__all__ = ["Effect", "EffectRow", "Row", "RunEffect", "effect", "usual_ks"]

USUAL_KS = (1, 10, 100)


class Row(StrEnum):
    """A way to count the affected problems."""

    ALL = "all"
    """As they were verified."""
    REMOVED = "removed"
    """Not at all."""
    SETTLED = "settled"
    """With the passes that an audit settled on."""
    LOWER = "lower"
    """As if none of their candidates was right."""
    UPPER = "upper"
    """As if every one was."""


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Coverage at each k over so many problems; None where no problem is left."""

    row: Row
    problems: int
    coverage: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Coverage at `ks`, counted in each way. The row `settled` is there only if it was given."""

    ks: tuple[int, ...]
    affected: int
    rows: tuple[EffectRow, ...]

    def row(self, wanted: Row) -> EffectRow | None:
        """The row of that name, if there is one."""
        return next((each for each in self.rows if each.row is wanted), None)


@dataclass(frozen=True, slots=True)
class RunEffect:
    """A run, and its coverage with the affected problems, without them, and bounds."""

    run: str
    effect: Effect


def effect(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    affected: npt.ArrayLike,
    ks: npt.ArrayLike,
    *,
    settled: npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> Effect:
    """Coverage (mean pass@k) with all problems, without the affected ones, and its bounds.

    `n` candidates, `c` passes and whether a problem is `affected`, shape (problems,); `ks` of
    shape (ks,); `settled` takes the place of `c` in the row of that name.
    Source: pass@k of Chen et al. 2021 (arXiv 2107.03374), equation 1; results with the affected
    problems beside those without, as Brown et al. 2024 (arXiv 2407.21787) gives them for flaky
    tests.
    Raises `AnalysisError` as `coverage` does, and where `affected` has another shape than `c`.
    """
    sizes, passes = check_counts(n, c, names)
    marked = _marks(affected, passes)
    wanted = check_ks(ks)
    ways: list[tuple[Row, IntArray, IntArray]] = [
        (Row.ALL, sizes, passes),
        (Row.REMOVED, sizes[~marked], passes[~marked]),
    ]
    if settled is not None:
        ways.append((Row.SETTLED, *check_counts(sizes, settled, names)))
    ways.append((Row.LOWER, sizes, np.where(marked, 0, passes)))
    ways.append((Row.UPPER, sizes, np.where(marked, sizes, passes)))
    rows = tuple(EffectRow(row, some.size, _coverage(some, of, wanted)) for row, some, of in ways)
    return Effect(tuple(wanted.tolist()), int(marked.sum()), rows)


def usual_ks(n: npt.ArrayLike) -> tuple[int, ...]:
    """1, 10, 100 and the smallest n of all problems, as far as every problem reaches."""
    smallest = int(np.min(n))
    return (*(k for k in USUAL_KS if k < smallest), smallest)


def _marks(affected: npt.ArrayLike, passes: IntArray) -> npt.NDArray[np.bool_]:
    marked = np.atleast_1d(np.asarray(affected, dtype=np.bool_))
    if marked.shape != passes.shape:
        raise AnalysisError(
            f"c is given for {passes.size} problems, and whether they are affected for "
            f"{marked.size}"
        )
    return marked


def _coverage(n: IntArray, c: IntArray, ks: IntArray) -> tuple[float, ...] | None:
    return tuple(coverage(n, c, ks).tolist()) if n.size else None
