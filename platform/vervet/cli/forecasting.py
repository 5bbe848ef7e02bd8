"""`vervet forecast`: coverage with more candidates, and how many a coverage needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
    plot,
    print_csv,
    read_ks,
    spare_sources,
    warn_of_stopping,
)
from vervet.core.errors import UnknownNameError

if TYPE_CHECKING:
    from vervet.analysis.backtest import Backtest
    from vervet.analysis.forecast import Forecast, Method
    from vervet.analysis.samples import SamplesNeeded
    from vervet.analysis.scaling import NoFit
    from vervet.report.count_sets import CountSet

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("forecast")(forecast)


@dataclass(frozen=True, slots=True)
class _Told:
    """One set with what was asked of it; `ks` are those asked for, a figure has more."""

    counts: CountSet
    ks: frozenset[int]
    forecasts: dict[Method, Forecast | NoFit]
    needed: SamplesNeeded | NoFit | None
    tested: Backtest | None


def forecast(
    sources: SourcesArgument = None,
    k: KOption = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            help="log-log, beta-binomial, zero-inflated, scaled or all; the one that did best on "
            "known data if left out.",
        ),
    ] = None,
    target: Annotated[
        float | None, typer.Option("--target", help="How many candidates reach this coverage?")
    ] = None,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Refit on subsamples: which method was right here?")
    ] = False,
    small: Annotated[
        int | None,
        typer.Option("--from", min=2, help="Candidates of a subsample; a tenth if left out."),
    ] = None,
    label: LabelOption = None,
    plot_file: PlotOption = None,
    as_csv: CsvOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what coverage more candidates would give, with an interval; at 10 and 100 times n.

    \b
    vervet forecast codegen --k 10000 --target 0.9
    vervet forecast counts.csv --method all --plot ahead
    vervet forecast counts.csv --backtest --from 100
    """
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    methods = _methods(method)
    told = [
        _tell(one, methods, read_ks(k), target, small, backtest, drawn=plot_file is not None)
        for one in map(warn_of_stopping, count_sets(config, sources, label))
    ]
    files = [file for each in told for file in _plots(each, plot_file, alone=len(told) == 1)]
    if as_csv:
        _print_as_csv(told, backtest)
    elif as_json:
        from vervet.cli.output import print_json

        print_json({"sets": [_document(each) for each in told], "files": files})
    else:
        _print(told, files)


def _methods(name: str | None) -> list[Method]:
    """The methods that were asked for, the first one the main."""
    from vervet.analysis.forecast import DEFAULT, Method

    if name is None:
        return [DEFAULT]
    if name == "all":
        return [DEFAULT, *(each for each in Method if each is not DEFAULT)]
    if name not in set(Method):
        raise UnknownNameError("method", name, [*Method, "all"])
    return [Method(name)]


def _tell(
    one: CountSet,
    methods: Sequence[Method],
    ks: list[int] | None,
    target: float | None,
    small: int | None,
    tested: bool,
    *,
    drawn: bool,
) -> _Told:
    import numpy as np

    from vervet.analysis.backtest import backtest
    from vervet.analysis.forecast import forecast
    from vervet.analysis.samples import samples_for

    largest = int(one.n.min())
    wanted = ks or [largest, 10 * largest, 100 * largest]
    grid = np.array(wanted, dtype=np.int64)
    if drawn and max(wanted) > largest:
        smooth = np.rint(np.geomspace(largest, max(wanted), 40)).astype(np.int64)
        grid = np.union1d(grid, smooth)
    return _Told(
        counts=one,
        ks=frozenset(wanted),
        forecasts={each: forecast(one.n, one.c, grid, each, names=one.names) for each in methods},
        needed=None
        if target is None
        else samples_for(one.n, one.c, target, methods[0], names=one.names),
        tested=backtest(one.n, one.c, small, names=one.names) if tested else None,
    )


def _rows(told: _Told, found: Forecast) -> list[tuple[int, float, float, float]]:
    """k, coverage and interval at the k that were asked for."""
    columns = (found.ks, found.coverage, found.low, found.high)
    return [
        (int(k), float(c), float(low), float(high))
        for k, c, low, high in zip(*columns, strict=True)
        if int(k) in told.ks
    ]


def _document(told: _Told) -> dict[str, Any]:
    from vervet.analysis.scaling import NoFit

    document: dict[str, Any] = {"label": told.counts.label, "n": int(told.counts.n.min())}
    document["forecasts"] = [
        {"method": method.value, "reason": each.reason, "curve": []}
        if isinstance(each, NoFit)
        else {
            "method": method.value,
            "reason": "",
            "curve": [
                dict(zip(("k", "coverage", "low", "high"), row, strict=True))
                for row in _rows(told, each)
            ],
            "caveats": [caveat.text for caveat in each.caveats],
        }
        for method, each in told.forecasts.items()
    ]
    if told.needed is not None:
        document["needed"] = (
            {"reason": told.needed.reason}
            if isinstance(told.needed, NoFit)
            else {key: v for key, v in asdict(told.needed).items() if key != "caveats"}
        )
    if told.tested is not None:
        document["backtest"] = {
            "from": told.tested.small,
            "ks": told.tested.ks.tolist(),
            "measured": told.tested.measured.tolist(),
            "best": told.tested.best.value if told.tested.best else None,
            "default": told.tested.default.value,
            "repeats": told.tested.repeats,
            "methods": [
                {
                    "method": score.method.value,
                    "error": score.error,
                    "spread": score.spread,
                    "bias": score.bias,
                    "failed": score.failed,
                }
                for score in told.tested.scores
            ],
        }
    document["remarks"] = list(told.counts.remarks)
    return document


def _print_as_csv(told: Sequence[_Told], backtest: bool) -> None:
    from vervet.analysis.scaling import NoFit
    from vervet.report.figures_forecast import backtest_table

    if backtest:
        tables = [backtest_table(each.counts.label, each.tested) for each in told if each.tested]
        print_csv((tables[0][0], [row for _, rows in tables for row in rows]))
        return
    rows = [
        (each.counts.label, method.value, *row)
        for each in told
        for method, found in each.forecasts.items()
        if not isinstance(found, NoFit)
        for row in _rows(each, found)
    ]
    print_csv((("set", "method", "k", "coverage", "low", "high"), rows))


def _print(told: Sequence[_Told], files: list[str]) -> None:
    from rich.text import Text

    from vervet.analysis.scaling import NoFit
    from vervet.cli.output import err, out, table
    from vervet.report.words import percent, span

    console = out()
    for each in told:
        said = f"  measured up to n = {int(each.counts.n.min()):,}"
        console.print(Text.assemble((each.counts.label, "bold"), said))
        rows = []
        for method, found in each.forecasts.items():
            if isinstance(found, NoFit):
                console.print(f"{method.value}: none, {found.reason}", markup=False)
                continue
            rows += [
                (f"{k:,}", percent(c), span(low, high), method.value)
                for k, c, low, high in _rows(each, found)
            ]
        if rows:
            console.print(table(("k", "coverage", "95 %", "by"), rows, {0, 1, 2}))
        caveats = {
            caveat.text: None
            for found in each.forecasts.values()
            if not isinstance(found, NoFit)
            for caveat in found.caveats
        }
        for text in (*caveats, *each.counts.remarks):
            console.print(f"  {text}", style="dim", markup=False)
        if each.needed is not None:
            console.print(_needed(each.needed), markup=False)
        if each.tested is not None:
            _print_backtest(each.tested)
        console.print()
    for file in files:
        out().print(file, markup=False)
    if not any(each.tested for each in told):
        err().print("how far such forecasts were off on these data: --backtest", style="dim")


def _needed(needed: SamplesNeeded | NoFit) -> str:
    from vervet.analysis.scaling import NoFit

    if isinstance(needed, NoFit):
        return f"needed      unknown: {needed.reason}"
    how = "measured" if needed.measured else f"by {needed.method.value}"

    def count(k: int | None) -> str:
        return "never" if k is None else f"{k:,}"

    if needed.k is None:
        return (
            f"needed      {needed.target:.1%} is never reached, {how}; at best {count(needed.low)}"
        )
    return (
        f"needed      {needed.k:,} candidates per problem for {needed.target:.1%}, {how} "
        f"({count(needed.low)} to {count(needed.high)})"
    )


def _print_backtest(found: Backtest) -> None:
    from vervet.cli.output import out, table

    console = out()
    console.print(
        f"backtest    from {found.small:,} to {int(found.ks[-1]):,} candidates, "
        f"{found.repeats} subsamples; errors in points of coverage"
    )
    rows = []
    for score in found.scores:
        marks = [
            *(["best here"] if score.method is found.best else []),
            *(["default"] if score.method is found.default else []),
        ]
        rows.append(
            (
                score.method.value,
                "no fit" if score.error is None else f"{100 * score.error:.2f}",
                "" if score.bias is None else f"{100 * score.bias:+.2f}",
                f"{score.failed} of {found.repeats}" if score.failed else "",
                ", ".join(marks),
            )
        )
    headings = ("method", "mean error", "at the last k", "without a fit", "")
    console.print(table(headings, rows, {1, 2}))


def _plots(told: _Told, file: Any, *, alone: bool) -> list[str]:
    if file is None:
        return []
    from vervet.analysis.scaling import NoFit
    from vervet.cli.output import err
    from vervet.report.curves import curve_of
    from vervet.report.figures_forecast import forecast_figure, forecast_table

    one = told.counts
    fitted = [each for each in told.forecasts.values() if not isinstance(each, NoFit)]
    if not fitted:
        err().print(f"{one.label}: no forecast was found, so none is drawn", markup=False)
        return []
    curve = curve_of(one.label, one.n, one.c, names=one.names)
    figure = forecast_figure(curve, fitted, title=one.label)
    part = "" if alone else one.label
    return plot(figure, forecast_table(one.label, curve, fitted), file, part=part)
