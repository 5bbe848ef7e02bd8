"""What the figures of selectors, models and cost show, as rows for CSV. Never formats numbers."""

from __future__ import annotations

from collections.abc import Sequence

from vervet.analysis.cost_curves import Axis, CostCurve
from vervet.analysis.selectors_curves import SelectorTable, VotedProblem
from vervet.report.figures_models import ShiftedCurve
from vervet.report.files import Table

__all__ = ["cost_table", "s_curves_table", "selectors_table", "votes_table"]


def selectors_table(table: SelectorTable) -> Table:
    """One row for each selector and k."""
    header = (
        "selector", "k", "accuracy", "low", "high", "drawn_error",
        "headroom", "headroom_low", "headroom_high",
    )  # fmt: skip
    rows: list[Sequence[object]] = []
    for curve in table.curves:
        for at, k in enumerate(curve.ks):
            numbers = (curve.accuracy, curve.low, curve.high, curve.drawn_error)
            share = curve.headroom[at] or ("", "", "")
            rows.append((curve.name, int(k), *(float(each[at]) for each in numbers), *share))
    return header, rows


def votes_table(rows: Sequence[VotedProblem]) -> Table:
    """One row for each problem, the largest share of correct candidates first."""
    header = ("problem", "n", "correct", "vote_right")
    return header, [(row.name, row.n, row.correct, row.vote) for row in rows]


def cost_table(curves: Sequence[CostCurve]) -> Table:
    """One row for each model and k; an unknown cost is empty."""
    header = (
        "model", "k", "coverage", "low", "high", "flops", "usd", "verifier_s",
        "flops_per_solved", "usd_per_solved",
    )  # fmt: skip
    rows: list[Sequence[object]] = []
    for curve in curves:
        per_flops, per_usd = curve.per_solved(Axis.FLOPS), curve.per_solved(Axis.USD)
        for at, k in enumerate(curve.ks):
            costs = [None if each is None else float(each[at]) for each in (curve.flops, curve.usd)]
            values = (*costs, float(curve.verifier_s[at]), per_flops[at], per_usd[at])
            shares = (float(each[at]) for each in (curve.coverage, curve.low, curve.high))
            cells = ("" if value is None else value for value in values)
            rows.append((curve.label, int(k), *shares, *cells))
    return header, rows


def s_curves_table(curves: Sequence[ShiftedCurve]) -> Table:
    """One row for each point of each curve."""
    rows = [
        (curve.label, float(x), float(y))
        for curve in curves
        for x, y in zip(curve.x, curve.coverage, strict=True)
    ]
    return ("curve", "k_over_anchor", "coverage"), rows
