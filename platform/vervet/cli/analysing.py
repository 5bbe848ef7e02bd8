"""`vervet coverage`, `fit`, `forecast` and `compare`: what counts say, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

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
    is_file,
    plot,
    print_csv,
    read_ks,
    spare_sources,
)

if TYPE_CHECKING:
    from vervet.analysis.scaling import FitPreset
    from vervet.report.count_sets import CountSet
    from vervet.report.curves import Curve

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("coverage")(coverage)
    app.command("fit")(fit)


def coverage(
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
    """Print coverage with intervals and its fit, of runs or of counts in a CSV file.

    \b
    vervet coverage                                the latest run, with its statuses
    vervet coverage codegen --json
    vervet coverage counts.csv --k 1,10,100        columns problem, n, c and maybe model
    vervet coverage small large --plot both        both.png, both.svg, both.csv
    """
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    plain = len(sources or []) <= 1 and not (sources and is_file(sources[0]))
    if plain and not (k or label or plot_file or as_csv):
        _whole_run(config, sources[0] if sources else None, as_json)
        return
    sets = count_sets(config, sources, label)
    ks = read_ks(k)
    curves = [_curve(one, ks) for one in sets]
    files = _plot_coverage(sets, curves, plot_file) if plot_file else []
    rows = [_rows(curve, ks) for curve in curves]
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
                        "fit": _fit_fields(curve.fit),
                        "caveats": _caveats(one, curve),
                    }
                    for one, some, curve in zip(sets, rows, curves, strict=True)
                ],
                "files": files,
            }
        )
    else:
        _print_sets(sets, rows, curves, files)


def fit(
    sources: SourcesArgument = None,
    preset: Annotated[
        str,
        typer.Option("--preset", help="default, paper or log-log: what is compared, and where."),
    ] = "default",
    label: LabelOption = None,
    plot_file: PlotOption = None,
    as_csv: CsvOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the scaling law c = exp(a k^b) to the coverage of each run or model.

    \b
    vervet fit codegen
    vervet fit counts.csv --preset paper --plot fits
    """
    from vervet.analysis.scaling import DEFAULT, PAPER, FitPreset, Space
    from vervet.core.errors import UnknownNameError

    presets = {"default": DEFAULT, "paper": PAPER, "log-log": FitPreset("log-log", Space.LOG_LOG)}
    if preset not in presets:
        raise UnknownNameError("preset", preset, presets)
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    sets = count_sets(config, sources, label)
    curves = [_curve(one, None, presets[preset]) for one in sets]
    files: list[str] = []
    if plot_file:
        files = _plot_coverage(sets, curves, plot_file, fits=True)
    found = [{"label": s.label, **_fit_fields(c.fit)} for s, c in zip(sets, curves, strict=True)]
    if as_csv:
        print_csv((tuple(found[0]), [tuple(row.values()) for row in found]))
        return
    from vervet.cli.output import err, out, print_json, table

    if as_json:
        print_json({"preset": preset, "fits": found, "files": files})
        return
    rows = []
    for row in found:
        if row["reason"]:
            rows.append((row["label"], f"none: {row['reason']}", "", "", "", ""))
            continue
        a, b = row["a"], row["b"]
        rows.append(
            (
                row["label"],
                f"c = exp({a:.2f} k^{b:.2f})",
                f"c = exp({a:.2f} k^-({-b:.2f}))",
                f"{row['error_mean']:.4f} ± {row['error_sd']:.4f}",
                f"{row['points']} k up to {row['largest']:,}",
                row["space"],
            )
        )
    headings = ("", "fit", "as the paper's first version", "error", "fitted at", "space")
    out().print(table(headings, rows, set()))
    _print_files(files)
    for one in sets:
        for remark in one.remarks:
            err().print(remark, markup=False)


def _whole_run(config: Any, name: str | None, as_json: bool) -> None:
    from vervet.cli import work
    from vervet.cli.names import find
    from vervet.cli.output import print_json, print_summary
    from vervet.report.summary import summarise

    with work.open_database(config, create=False) as database:
        summary = summarise(work.report_of(database, find(database, name)))
    if as_json:
        print_json(asdict(summary))
    else:
        print_summary(summary)


def _curve(one: CountSet, ks: list[int] | None, preset: FitPreset | None = None) -> Curve:
    """The curve of a set at the k that are drawn and at `ks`, stopped sampling told apart."""
    import numpy as np

    from vervet.analysis.grid import curve_ks
    from vervet.analysis.scaling import DEFAULT
    from vervet.analysis.stopping import find_stopping
    from vervet.report.curves import curve_of, stopped_curve

    rules = preset or DEFAULT
    stopping = find_stopping(one.n, one.c, names=one.names)
    if stopping is not None:
        return stopped_curve(
            one.label, one.n, one.c, stopping, ks=ks, preset=rules, names=one.names
        )
    grid = curve_ks(int(one.n.min()))
    if ks is not None:
        grid = np.union1d(grid, ks)
    return curve_of(
        one.label,
        one.n,
        one.c,
        unsettled=one.unsettled,
        ks=grid,
        preset=rules,
        names=one.names,
    )


def _rows(curve: Curve, ks: list[int] | None) -> list[dict[str, Any]]:
    from vervet.analysis.grid import shown_ks
    from vervet.report.tables import rows_of_curve

    rows = rows_of_curve(curve, ks=ks or shown_ks(curve.largest))
    dropped = ("counting_doubted",)
    return [{key: v for key, v in row.as_dict().items() if key not in dropped} for row in rows]


def _solved(one: CountSet) -> dict[str, int]:
    never = int((one.c == 0).sum())
    return {"problems": len(one.names), "solved": len(one.names) - never, "never_solved": never}


def _fit_fields(fit: Any) -> dict[str, Any]:
    from vervet.analysis.scaling import NoFit

    if isinstance(fit, NoFit):
        keys = ("a", "b", "error_mean", "error_sd", "space", "points", "largest")
        return {**dict.fromkeys(keys), "reason": fit.reason}
    return {
        "a": fit.a,
        "b": fit.b,
        "error_mean": fit.error_mean,
        "error_sd": fit.error_sd,
        "space": str(fit.space),
        "points": int(fit.ks.size),
        "largest": int(fit.ks.max()),
        "reason": "",
    }


def _caveats(one: CountSet, curve: Curve) -> list[str]:
    found = [caveat.text for caveat in curve.estimate.caveats]
    if one.n.min() < one.n.max() and curve.largest == one.n.min():
        short = one.names[int(one.n.argmin())]
        found.append(
            f"Problems have {one.n.min():,} to {one.n.max():,} candidates: k ends at the "
            f"{one.n.min():,} of {short!r}."
        )
    return [*found, *one.remarks]


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
        cells = [
            [
                f"{row['k']:,}",
                percent(row["coverage"]),
                span(row["low"], row["high"]),
                *([span(row["lower"], row["upper"])] if open_ended else []),
            ]
            for row in some
        ]
        console.print(table(headings, cells, {0, 1, 2, 3}))
        found = _fit_fields(curve.fit)
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
    _print_files(files)


def _print_files(files: list[str]) -> None:
    from vervet.cli.output import out

    for file in files:
        out().print(file, markup=False)


def _plot_coverage(
    sets: Sequence[CountSet], curves: Sequence[Curve], file: Any, *, fits: bool = False
) -> list[str]:
    """One set with interval, fit and the histogram of its rates; several on one axis."""
    from vervet.report.figures import coverage_figure, rates_figure
    from vervet.report.figures_models import models_figure
    from vervet.report.files import coverage_table, rates_table

    data = coverage_table(curves)
    if len(curves) > 1:
        figure = models_figure(curves, title="Coverage", fits=fits)
        return plot(figure, data, file)
    [one] = sets
    files = plot(coverage_figure(curves, title=one.label), data, file)
    rates = rates_figure(one.n, one.c, title=one.label)
    return [*files, *plot(rates, rates_table(one.names, one.n, one.c), file, part="rates")]
