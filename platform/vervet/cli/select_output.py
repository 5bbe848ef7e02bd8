"""How selectors' accuracy is printed and drawn: for people, as CSV and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vervet.cli.sources import plot, print_csv

if TYPE_CHECKING:
    from vervet.analysis.selectors import Rules
    from vervet.analysis.selectors_curves import SelectorTable
    from vervet.report.selecting import SelectorData

__all__ = ["Selected", "document_of", "plot_selected", "print_as_csv", "print_selected"]

MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Selected:
    """One run or file with its table."""

    label: str
    data: SelectorData
    rules: Rules
    table: SelectorTable
    notes: tuple[str, ...]


def _remarks(one: Selected) -> list[str]:
    data = one.data
    found = [caveat.text for caveat in one.table.caveats]
    if data.unsettled:
        found.append(f"{data.unsettled:,} candidates are unsettled and count as not correct.")
    if data.conflicts:
        found.append(
            f"{data.conflicts:,} pairs of answers are in one class although the verifier tells "
            "them apart: its equivalence is not transitive."
        )
    if data.undecided:
        found.append(f"{data.undecided:,} pairs of answers could not be compared (--most-jobs).")
    errors = [curve.drawn_error.max() for curve in one.table.curves]
    if any(errors):
        found.append(
            f"* drawn over {one.rules.draws:,} random orders, with a standard error of at most "
            f"{max(errors):.4f}; all other numbers are exact."
        )
    return [*found, *one.notes]


def document_of(one: Selected) -> dict[str, Any]:
    data, table = one.data, one.table
    return {
        "run": one.label,
        "problems": table.problems,
        "candidates": sum(problem.n for problem in data.problems),
        "compared": data.compared,
        "conflicts": data.conflicts,
        "undecided": data.undecided,
        "mixed_classes": table.mixed,
        "unsettled": data.unsettled,
        "rules": asdict(one.rules),
        "scorers": list(data.scorers),
        "selectors": [
            {
                "selector": curve.name,
                "stops_improving": asdict(curve.plateau),
                "curve": [
                    {
                        "k": int(curve.ks[at]),
                        "accuracy": float(curve.accuracy[at]),
                        "low": float(curve.low[at]),
                        "high": float(curve.high[at]),
                        "drawn_error": float(curve.drawn_error[at]),
                        "headroom": curve.headroom[at],
                    }
                    for at in range(curve.ks.size)
                ],
            }
            for curve in table.curves
        ],
        "unavailable": {each.name: each.reason for each in table.unavailable},
        "caveats": _remarks(one),
    }


def print_as_csv(found: Sequence[Selected]) -> None:
    from vervet.report.analysis_tables import selectors_table

    tables = [(one.label, selectors_table(one.table)) for one in found]
    rows = [(label, *row) for label, (_, some) in tables for row in some]
    print_csv((("run", *tables[0][1][0]), rows))


def print_selected(found: Sequence[Selected], files: Sequence[str]) -> None:
    from rich.text import Text

    from vervet.cli.output import out

    console = out()
    for one in found:
        total = sum(problem.n for problem in one.data.problems)
        head = f"  {one.table.problems:,} problems, {total:,} candidates, ties {one.rules.ties}"
        scored = f", scores of {one.rules.scorer}" if one.rules.scorer else ""
        console.print(Text.assemble((one.label, "bold"), head + scored))
        console.print(_table(one.table))
        for each in one.table.unavailable:
            console.print(f"{each.name}: not available, {each.reason}", markup=False)
        for remark in _remarks(one):
            console.print(f"  {remark}", style="dim", markup=False)
        console.print()
    for file in files:
        console.print(file, markup=False)


def _table(found: SelectorTable) -> Any:
    """One row a selector: accuracy at powers of ten, the headroom closed, where it stops."""
    import numpy as np

    from vervet.analysis.grid import shown_ks
    from vervet.cli.output import table
    from vervet.report.words import percent, span

    usual = set(shown_ks(int(found.ks[-1])).tolist())
    shown = [int(k) for k in found.ks if found.ks.size <= MOST_COLUMNS or int(k) in usual]
    headings = ["selector", *(f"k = {k:,}" for k in shown), "95 % at the last", "headroom closed",
                "stops improving at k"]  # fmt: skip
    rows = []
    for curve in found.curves:
        at = [int(np.searchsorted(curve.ks, k)) for k in shown]
        cells = [
            percent(curve.accuracy[i]) + (" *" if curve.drawn_error[i] > 0 else "") for i in at
        ]
        share = curve.headroom[-1]
        closed = "-" if share is None else f"{share[0]:.0%} ({share[1]:.0%} to {share[2]:.0%})"
        end = curve.plateau
        stop = (
            f"still improving at {end.k:,}"
            if end.still_improving
            else f"{end.k:,} ({end.low:,} to {end.high:,})"
        )
        rows.append([curve.name, *cells, span(curve.low[-1], curve.high[-1]), closed, stop])
    return table(headings, rows, set(range(1, len(shown) + 2)))


def plot_selected(one: Selected, file: Path | None, *, alone: bool) -> list[str]:
    if file is None:
        return []
    from vervet.analysis.selectors_curves import voted_problems
    from vervet.report.analysis_tables import selectors_table, votes_table
    from vervet.report.figures_selectors import selectors_figure, votes_figure

    part = "" if alone else one.label
    figure = selectors_figure(one.table, title=one.label)
    files = plot(figure, selectors_table(one.table), file, part=part)
    rows = voted_problems(one.data.problems)
    part = f"{part}-votes" if part else "votes"
    return [*files, *plot(votes_figure(rows, title=one.label), votes_table(rows), file, part=part)]
