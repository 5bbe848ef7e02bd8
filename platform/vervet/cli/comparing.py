"""`vervet compare`: two runs on the same problems, and how far their coverage lies apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    StateOption,
    config_from,
)
from vervet.cli.sources import (
    CsvOption,
    KOption,
    LabelOption,
    PlotOption,
    SourcesArgument,
    count_sets,
    plot,
    print_csv,
    read_ks,
    spare_sources,
    warn_of_stopping,
)
from vervet.core.errors import AnalysisError

if TYPE_CHECKING:
    from pathlib import Path

    from vervet.analysis.comparison import Comparison
    from vervet.report.count_sets import CountSet

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("compare")(compare)


def compare(
    sources: SourcesArgument = None,
    k: KOption = None,
    label: LabelOption = None,
    plot_file: PlotOption = None,
    as_csv: CsvOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how much more the other runs cover than the first, on the problems that both have.

    \b
    vervet compare small large
    vervet compare before.csv after.csv --k 1,10 --json
    vervet compare counts.csv                (its first model against each other one)
    """
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    sets = [warn_of_stopping(one) for one in count_sets(config, sources, label)]
    if len(sets) < 2:
        raise AnalysisError(
            f"there is only {sets[0].label!r} to compare",
            hint="Name two runs, or files with the counts of two models.",
        )
    ks = read_ks(k)
    found = [(other, *_compared(sets[0], other, ks)) for other in sets[1:]]
    files = _plot(sets[0], [other for other, _, _ in found], plot_file) if plot_file else []
    rows = [
        {"first": sets[0].label, "second": other.label, **row}
        for other, one, _ in found
        for row in _rows(one)
    ]
    if as_csv:
        print_csv((tuple(rows[0]), [tuple(row.values()) for row in rows]))
    elif as_json:
        from vervet.cli.output import print_json

        print_json(
            {
                "comparisons": [
                    {
                        "first": sets[0].label,
                        "second": other.label,
                        "problems": one.problems,
                        "rows": _rows(one),
                        "caveats": [caveat.text for caveat in one.caveats],
                        "remarks": remarks,
                    }
                    for other, one, remarks in found
                ],
                "files": files,
            }
        )
    else:
        _print(sets[0], found, files)


def _compared(
    first: CountSet, second: CountSet, ks: list[int] | None
) -> tuple[Comparison, list[str]]:
    """The comparison over the problems that both sets have, and who else there was."""
    from vervet.analysis.comparison import compare_coverage
    from vervet.analysis.grid import shown_ks

    places = {name: at for at, name in enumerate(second.names)}
    both = [at for at, name in enumerate(first.names) if name in places]
    if not both:
        raise AnalysisError(
            f"{first.label!r} and {second.label!r} have no problem in common",
            hint="Compare runs of one suite.",
        )
    names = [first.names[at] for at in both]
    there = [places[name] for name in names]
    one, two = (first.n[both], first.c[both]), (second.n[there], second.c[there])
    largest = int(min(one[0].min(), two[0].min()))
    found = compare_coverage(one, two, ks or shown_ks(largest).tolist(), names=names)
    alone = [(first.label, len(first.names) - len(both))]
    alone += [(second.label, len(second.names) - len(both))]
    remarks = [
        f"{count:,} problems of {label} alone are left out" for label, count in alone if count
    ]
    return found, [*remarks, *first.remarks, *second.remarks]


def _rows(one: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "k": int(one.ks[at]),
            "coverage_first": float(one.first[at]),
            "coverage_second": float(one.second[at]),
            "difference": float(one.difference[at]),
            "low": float(one.low[at]),
            "high": float(one.high[at]),
            "clear": bool(one.clear[at]),
        }
        for at in range(one.ks.size)
    ]


def _print(
    first: CountSet, found: Sequence[tuple[CountSet, Comparison, list[str]]], files: list[str]
) -> None:
    from rich.text import Text

    from vervet.cli.output import out, table
    from vervet.report.words import percent

    console = out()
    for other, one, remarks in found:
        head = Text.assemble((other.label, "bold"), " less ", (first.label, "bold"))
        console.print(head, f" on {one.problems:,} problems, paired")
        rows = [
            (
                f"{row['k']:,}",
                percent(row["coverage_first"]),
                percent(row["coverage_second"]),
                f"{100 * row['difference']:+.2f}",
                f"{100 * row['low']:+.2f} to {100 * row['high']:+.2f}",
                "clear" if row["clear"] else "",
            )
            for row in _rows(one)
        ]
        headings = ("k", first.label, other.label, "difference", f"{one.level:.0%}", "")
        console.print(table(headings, rows, {0, 1, 2, 3, 4}))
        for text in (*(caveat.text for caveat in one.caveats), *remarks):
            console.print(f"  {text}", style="dim", markup=False)
        console.print()
    for file in files:
        console.print(file, markup=False)


def _plot(first: CountSet, others: Sequence[CountSet], file: Path) -> list[str]:
    from vervet.report.curves import curve_of
    from vervet.report.figures_models import models_figure
    from vervet.report.files import coverage_table

    curves = [curve_of(one.label, one.n, one.c, names=one.names) for one in (first, *others)]
    return plot(models_figure(curves, title="Coverage"), coverage_table(curves), file)
