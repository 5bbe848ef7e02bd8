"""`vervet forecast`: coverage with more candidates, and how many a coverage needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.forecast_output import Told, document_of, print_as_csv, print_told
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
    read_ks,
    spare_sources,
    warn_of_stopping,
)
from vervet.core.errors import UnknownNameError

if TYPE_CHECKING:
    from vervet.analysis.forecast import Method
    from vervet.report.count_sets import CountSet

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("forecast")(forecast)


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
    spend: Annotated[
        int | None,
        typer.Option("--spend", min=1, help="Where should so many more candidates go?"),
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
    vervet forecast codegen --spend 5000         which problems they should go to
    """
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    methods = _methods(method)
    told = [
        _tell(one, methods, read_ks(k), target, small, backtest, spend, drawn=plot_file is not None)
        for one in map(warn_of_stopping, count_sets(config, sources, label))
    ]
    files = [file for each in told for file in _plots(each, plot_file, alone=len(told) == 1)]
    if as_csv:
        print_as_csv(told, backtest)
    elif as_json:
        from vervet.cli.output import print_json

        print_json({"sets": [document_of(each) for each in told], "files": files})
    else:
        print_told(told, files)


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
    spend: int | None,
    *,
    drawn: bool,
) -> Told:
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
    return Told(
        counts=one,
        ks=frozenset(wanted),
        forecasts={each: forecast(one.n, one.c, grid, each, names=one.names) for each in methods},
        needed=None
        if target is None
        else samples_for(one.n, one.c, target, methods[0], names=one.names),
        tested=backtest(one.n, one.c, small, names=one.names) if tested else None,
        plan=_plan(one, spend),
    )


def _plan(one: CountSet, spend: int | None) -> dict[str, int]:
    """Candidates to sample next by problem, the most first; empty where none are to be spent."""
    from vervet.analysis.allocation import allocate

    if spend is None:
        return {}
    planned = allocate(one.n, one.c, spend, names=one.names).tolist()
    named = sorted(zip(one.names, planned, strict=True), key=lambda pair: -pair[1])
    return {name: int(count) for name, count in named if count}


def _plots(told: Told, file: Any, *, alone: bool) -> list[str]:
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
