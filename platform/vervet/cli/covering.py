"""`vervet coverage`: of a run with its statuses, or of counts of runs and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.curves import fit_fields, plot_coverage, print_files, set_curve
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
    is_file,
    print_csv,
    read_ks,
    spare_sources,
)
from vervet.core.errors import UsageError

if TYPE_CHECKING:
    from vervet.report.count_sets import CountSet
    from vervet.report.curves import Curve

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("coverage")(coverage)


def coverage(
    sources: SourcesArgument = None,
    k: KOption = None,
    label: LabelOption = None,
    reliability: Annotated[
        bool, typer.Option("--reliability", help="pass^k, too: the chance that all k pass.")
    ] = False,
    tau: Annotated[
        list[float] | None,
        typer.Option("--tau", help="G-Pass@k: that this share of the k pass; may be repeated."),
    ] = None,
    over_samples: Annotated[
        bool,
        typer.Option(
            "--over-samples",
            help="The interval that other candidates of these problems would give, too.",
        ),
    ] = False,
    audited: Annotated[
        bool,
        typer.Option(
            "--audited",
            help="A run's coverage beside it without the problems that audits found fault with, "
            "and with flaky solutions settled.",
        ),
    ] = False,
    plot_file: PlotOption = None,
    as_csv: CsvOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print coverage with intervals and its fit, of runs or of counts in a CSV file.

    \b
    vervet coverage                                the latest run, with its statuses
    vervet coverage codegen --json
    vervet coverage counts.csv --k 1,10,100        columns problem, n, c and maybe model
    vervet coverage small large --plot both        both.png, both.svg, both.csv
    vervet coverage codegen --tau 0.5 --reliability
    vervet coverage codegen --audited              without what audits found fault with
    """
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    plain = len(sources or []) <= 1 and not (sources and is_file(sources[0]))
    more = reliability or tau or over_samples
    if plain and not (k or label or plot_file or as_csv or more):
        _whole_run(config, sources[0] if sources else None, as_json, audited)
        return
    if audited:
        raise UsageError(
            "--audited is for one run, and stands alone",
            hint="As in vervet coverage RUN --audited.",
        )
    sets = count_sets(config, sources, label)
    ks = read_ks(k)
    curves = [set_curve(one, ks) for one in sets]
    files = plot_coverage(sets, curves, plot_file) if plot_file else []
    rows = [_rows(curve, ks) for curve in curves]
    for one, some in zip(sets, rows, strict=True):
        _add_measures(one, some, tau or [], reliability or bool(tau), over_samples)
    if as_csv:
        header = ("set", *rows[0][0])
        print_csv(
            (header, [(s.label, *row.values()) for s, some in zip(sets, rows, strict=True)
                      for row in some])
        )  # fmt: skip
    elif as_json:
        from vervet.cli.output import print_json

        print_json(
            {
                "sets": [
                    {
                        "label": one.label,
                        **_solved(one),
                        "coverage": some,
                        "fit": fit_fields(curve.fit),
                        "caveats": _caveats(one, curve),
                    }
                    for one, some, curve in zip(sets, rows, curves, strict=True)
                ],
                "files": files,
            }
        )
    else:
        _print_sets(sets, rows, curves, files)


def _whole_run(config: Any, name: str | None, as_json: bool, audited: bool) -> None:
    from vervet.cli import work
    from vervet.cli.audit_effect_output import print_effects
    from vervet.cli.names import find
    from vervet.cli.output import print_json, print_summary
    from vervet.pipeline.audit_effect import effect_of_audits
    from vervet.report.summary import summarise

    with work.open_database(config, create=False) as database:
        run = find(database, name)
        summary = summarise(work.report_of(database, run))
        with database.read() as conn:
            found = effect_of_audits(conn, run) if audited else None
    if as_json:
        more = {"audited": asdict(found) if found else None} if audited else {}
        print_json({**asdict(summary), **more})
        return
    print_summary(summary)
    if found is not None:
        print_effects([found])


def _rows(curve: Curve, ks: list[int] | None) -> list[dict[str, Any]]:
    from vervet.analysis.grid import shown_ks
    from vervet.report.tables import rows_of_curve

    rows = rows_of_curve(curve, ks=ks or shown_ks(curve.largest))
    dropped = ("counting_doubted",)
    return [{key: v for key, v in row.as_dict().items() if key not in dropped} for row in rows]


def _add_measures(
    one: CountSet,
    rows: list[dict[str, Any]],
    taus: Sequence[float],
    reliable: bool,
    by_samples: bool,
) -> None:
    """Put what else was asked for beside coverage, in the same rows."""
    from vervet.report.measures import over_samples, reliability

    ks = [row["k"] for row in rows]
    for more in (
        over_samples(one, ks) if by_samples else [],
        reliability(one, ks, taus) if reliable else [],
    ):
        for row, columns in zip(rows, more, strict=bool(more)):
            row.update(columns)


def _solved(one: CountSet) -> dict[str, int]:
    never = int((one.c == 0).sum())
    return {"problems": len(one.names), "solved": len(one.names) - never, "never_solved": never}


def _caveats(one: CountSet, curve: Curve) -> list[str]:
    found = [caveat.text for caveat in curve.estimate.caveats]
    if one.n.min() < one.n.max() and curve.largest == one.n.min():
        short = one.names[int(one.n.argmin())]
        found.append(
            f"Problems have {one.n.min():,} to {one.n.max():,} candidates: k ends at the "
            f"{one.n.min():,} of {short!r}."
        )
    return [*found, *one.remarks]


def _more_cells(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Heading and cell of each measure that was asked for."""
    from vervet.report.words import percent, span

    cells = []
    if "samples_low" in row:
        told = row["samples_low"] is not None
        words = span(row["samples_low"], row["samples_high"]) if told else "needs 2k candidates"
        cells.append(("95 % over samples", words))
    if "pass_hat_k" in row:
        cells.append(("pass^k", percent(row["pass_hat_k"])))
    for name, value in row.items():
        if name.startswith("g_pass_"):
            cells.append((f"G-Pass, tau {name.removeprefix('g_pass_')}", percent(value)))
    return cells


def _print_sets(
    sets: Sequence[CountSet],
    rows: Sequence[Sequence[dict[str, Any]]],
    curves: Sequence[Curve],
    files: list[str],
) -> None:
    from rich.text import Text

    from vervet.cli.output import out, table
    from vervet.report.words import percent, span

    console = out()
    for one, some, curve in zip(sets, rows, curves, strict=True):
        solved = _solved(one)
        said = f"  {solved['solved']} of {solved['problems']} problems solved"
        console.print(Text.assemble((one.label, "bold"), said))
        open_ended = any(row["lower"] != row["upper"] for row in some)
        headings = ["k", "coverage", "95 % over problems", *(["bounds"] if open_ended else [])]
        headings += [heading for heading, _ in _more_cells(some[0])]
        cells = [
            [
                f"{row['k']:,}",
                percent(row["coverage"]),
                span(row["low"], row["high"]),
                *([span(row["lower"], row["upper"])] if open_ended else []),
                *(cell for _, cell in _more_cells(row)),
            ]
            for row in some
        ]
        console.print(table(headings, cells, set(range(len(headings)))))
        found = fit_fields(curve.fit)
        words = (
            f"none: {found['reason']}"
            if found["reason"]
            else f"c = exp({found['a']:.2f} k^{found['b']:.2f}), "
            f"mean error {found['error_mean']:.4f}"
        )
        console.print(f"fit         {words}", markup=False)
        for caveat in _caveats(one, curve):
            console.print(f"  {caveat}", style="dim", markup=False)
        console.print()
    print_files(files)
