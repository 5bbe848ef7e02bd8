"""How what an audit found changes coverage is printed: one table a run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from vervet.audit.effect import Row, RunEffect
from vervet.cli.output import out, table
from vervet.report.words import percent, plural

__all__ = ["print_effects"]

SHOWN_RUNS = 5
WORDS = {
    Row.ALL: "as verified",
    Row.REMOVED: "without them",
    Row.SETTLED: "settled by majority",
    Row.LOWER: "as if all of them failed",
    Row.UPPER: "as if all of them passed",
}


def print_effects(effects: Sequence[RunEffect]) -> None:
    """Coverage of each run with the affected problems, without them, and its bounds."""
    console = out()
    for one in effects[:SHOWN_RUNS]:
        console.print()
        console.print(
            Text.assemble(
                "coverage of ",
                (one.run, "bold"),
                f": {plural(one.effect.affected, 'problem')} affected",
            )
        )
        rows = [
            (WORDS[row.row], f"{row.problems:,}", *_cells(row.coverage, len(one.effect.ks)))
            for row in one.effect.rows
        ]
        headings = ("", "problems", *(f"k={k:,}" for k in one.effect.ks))
        console.print(table(headings, rows, set(range(1, len(headings)))))
    if len(effects) > SHOWN_RUNS:
        console.print(f"{plural(len(effects) - SHOWN_RUNS, 'more run')}: --json has them all")


def _cells(coverage: tuple[float, ...] | None, count: int) -> list[str]:
    return ["-"] * count if coverage is None else [percent(each) for each in coverage]
