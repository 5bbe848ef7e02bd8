"""Tables as plain rows, for the terminal, JSON, CSV and the page alike. Never formats numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import check_counts, check_ks
from vervet.analysis.grid import shown_ks
from vervet.core.status import Status
from vervet.report.curves import Curve, curve_of

__all__ = [
    "CoverageRow",
    "StatusRow",
    "coverage_rows",
    "rows_of_curve",
    "status_rows",
]


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Coverage at one k, all as shares of 1.

    `low` to `high` is the interval over problems; `lower` to `upper` what the unsettled
    candidates leave open; `counting_doubted` is coverage with doubted passes counted, None
    where the caller gave none.
    """

    k: int
    coverage: float
    low: float
    high: float
    lower: float
    upper: float
    counting_doubted: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON and CSV, under the names of its fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """How many candidates ended with a status; `share` is of all that were counted."""

    status: str
    count: int
    share: float
    infrastructure: bool = False


def coverage_rows(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    *,
    ks: npt.ArrayLike | None = None,
    unsettled: npt.ArrayLike = 0,
    doubted: npt.ArrayLike | None = None,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> tuple[CoverageRow, ...]:
    """The table of coverage at `ks`, or at powers of ten and the smallest n.

    `n`, `c`, `unsettled` and `doubted` (passes left out of `c`) have shape (problems,).
    Raises `AnalysisError` for counts that cannot be and for k above the smallest n.
    """
    sizes, passes = check_counts(n, c, names)
    wanted = shown_ks(int(sizes.min())) if ks is None else np.unique(check_ks(ks))
    curve = curve_of("", sizes, passes, unsettled=unsettled, ks=wanted, level=level, names=names)
    if doubted is None:
        return rows_of_curve(curve)
    more = passes + np.asarray(doubted)
    return rows_of_curve(curve, curve_of("", sizes, more, ks=wanted, level=level, names=names))


def rows_of_curve(
    curve: Curve, with_doubted: Curve | None = None, ks: npt.ArrayLike | None = None
) -> tuple[CoverageRow, ...]:
    """The rows of a curve that was computed already, at all its k or at `ks`."""
    wanted = curve.estimate.ks if ks is None else check_ks(ks)
    rows = []
    for k in (int(value) for value in wanted):
        at = curve.at(k)
        more = None
        if with_doubted is not None:
            more = float(with_doubted.estimate.coverage[with_doubted.at(k)])
        rows.append(
            CoverageRow(
                k=k,
                coverage=float(curve.estimate.coverage[at]),
                low=float(curve.estimate.low[at]),
                high=float(curve.estimate.high[at]),
                lower=float(curve.lower[at]),
                upper=float(curve.upper[at]),
                counting_doubted=more,
            )
        )
    return tuple(rows)


def status_rows(counts: Mapping[str, int]) -> tuple[StatusRow, ...]:
    """Statuses that occur, in the order of `Status`; other names follow, infrastructure is last."""
    order = [str(status) for status in Status if status is not Status.INFRA_ERROR]
    other = [name for name in counts if name not in order and name != Status.INFRA_ERROR]
    total = sum(counts.values())
    return tuple(
        StatusRow(name, counts[name], counts[name] / total, name == Status.INFRA_ERROR)
        for name in [*order, *other, str(Status.INFRA_ERROR)]
        if counts.get(name)
    )
