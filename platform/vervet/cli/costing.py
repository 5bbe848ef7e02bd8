"""`vervet cost`: what coverage costs, the cheapest way to a target, published tables checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.cost_checking import check_table
from vervet.cli.cost_inputs import CostGiven, cost_curves, gathered, read_shape
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
    number,
    plot,
    print_csv,
    read_ks,
    spare_sources,
)
from vervet.core.errors import AnalysisError

if TYPE_CHECKING:
    from vervet.analysis.cost_curves import CostCurve, Option, OutOfReach

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("cost")(cost)


def cost(
    sources: SourcesArgument = None,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="YAML price table; kept in the database."),
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Whose price, where several ask one.")
    ] = None,
    prompt_tokens: Annotated[
        float | None, typer.Option("--prompt-tokens", min=0, help="Of a prompt, on average.")
    ] = None,
    decoded_tokens: Annotated[
        float | None, typer.Option("--decoded-tokens", min=0, help="Of a candidate, on average.")
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            "--shape",
            metavar="P,L,D|DIR",
            help="Parameters, layers, width; or a folder of weights.",
        ),
    ] = None,
    per_request: Annotated[
        int | None,
        typer.Option("--per-request", min=1, help="Candidates that share one paid prompt."),
    ] = None,
    cpu_usd_hour: Annotated[
        float | None, typer.Option("--cpu-usd-hour", min=0, help="Of a processor that verifies.")
    ] = None,
    target: Annotated[
        float | None, typer.Option("--target", help="Coverage to reach at the least cost.")
    ] = None,
    surely: Annotated[
        bool, typer.Option("--surely", help="The interval's lower end must reach the target.")
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="CSV of a published table of cost to check."),
    ] = None,
    problems: Annotated[
        int | None, typer.Option("--problems", min=1, help="Problems behind the table to check.")
    ] = None,
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
    """Print what k candidates for every problem cost: FLOPs, USD, the verifier's time.

    \b
    vervet cost codegen --prices prices.yaml --target 0.5
    vervet cost counts.csv --prompt-tokens 300 --decoded-tokens 200 --plot cost
    vervet cost --check table.csv --problems 300     (is a published table consistent?)
    """
    if check is not None:
        check_table(check, problems, as_json)
        return
    from vervet.pipeline.price_file import PriceFile, read_prices

    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    file = read_prices(prices) if prices else PriceFile()
    hour = file.cpu_usd_hour if cpu_usd_hour is None else cpu_usd_hour
    given = CostGiven(
        file, prompt_tokens, decoded_tokens, read_shape(shape), provider, per_request, hour
    )
    curves, said = cost_curves(config, sources, label, given, read_ks(k))
    notes = gathered(said)
    ways = _ways(curves, target, surely)
    files = _plots(curves, target, ways, plot_file)
    if as_csv:
        from vervet.report.analysis_tables import cost_table

        print_csv(cost_table(curves))
    elif as_json:
        from vervet.cli.output import print_json

        print_json(_document(curves, ways, notes, files))
    else:
        _print(curves, ways, target, notes, files)


_Ways = dict[str, tuple[tuple["Option", ...], tuple["OutOfReach", ...]]]


def _ways(curves: Sequence[CostCurve], target: float | None, surely: bool) -> _Ways:
    from vervet.analysis.cost_curves import Axis, cheapest

    if target is None:
        return {}
    known = [axis for axis in Axis if any(curve.cost(axis) is not None for curve in curves)]
    return {str(axis): cheapest(curves, target, axis, surely=surely) for axis in known}


def _rows(curve: CostCurve, all_ks: bool) -> list[dict[str, Any]]:
    from vervet.analysis.cost_curves import Axis
    from vervet.analysis.grid import shown_ks

    shown = set(shown_ks(int(curve.ks[-1])).tolist())
    flops, usd = curve.per_solved(Axis.FLOPS), curve.per_solved(Axis.USD)
    return [
        {
            "k": int(k),
            "coverage": float(curve.coverage[at]),
            "low": float(curve.low[at]),
            "high": float(curve.high[at]),
            "flops": None if curve.flops is None else float(curve.flops[at]),
            "usd": None if curve.usd is None else float(curve.usd[at]),
            "verifier_s": float(curve.verifier_s[at]),
            "flops_per_solved": flops[at],
            "usd_per_solved": usd[at],
        }
        for at, k in enumerate(curve.ks)
        if all_ks or int(k) in shown or curve.ks.size <= 12
    ]


def _document(
    curves: Sequence[CostCurve], ways: _Ways, notes: list[str], files: list[str]
) -> dict[str, Any]:
    return {
        "models": [
            {"label": curve.label, "problems": curve.problems, "curve": _rows(curve, True)}
            for curve in curves
        ],
        "cheapest": {
            axis: {
                "options": [asdict(option) for option in options],
                "out_of_reach": {each.label: each.reason for each in rest},
            }
            for axis, (options, rest) in ways.items()
        },
        "remarks": notes,
        "files": files,
    }


def _print(
    curves: Sequence[CostCurve],
    ways: _Ways,
    target: float | None,
    notes: list[str],
    files: list[str],
) -> None:
    from rich.text import Text

    from vervet.cli.output import err, out, table
    from vervet.report.words import percent

    console = out()
    headings = ("k", "coverage", "FLOPs", "USD", "verifier s", "FLOPs a solved", "USD a solved")
    names = ("flops", "usd", "verifier_s", "flops_per_solved", "usd_per_solved")
    for curve in curves:
        said = f"  {curve.problems:,} problems, k candidates for each"
        console.print(Text.assemble((curve.label, "bold"), said))
        rows = [
            [f"{row['k']:,}", percent(row["coverage"]), *(number(row[name]) for name in names)]
            for row in _rows(curve, False)
        ]
        console.print(table(headings, rows, set(range(7))))
        console.print()
    for axis, (options, rest) in ways.items():
        unit = "FLOPs" if axis == "flops" else "USD"
        if not options:
            console.print(f"cheapest    no model reaches {target:.1%} at a known cost in {unit}")
        for at, option in enumerate(options):
            head = f"{'cheapest' if at == 0 else '':<12}" + f"{option.label}, k = {option.k:,}: "
            console.print(
                head + f"{percent(option.coverage)} for {number(option.cost)} {unit}",
                markup=False,
            )
        for each in rest:
            console.print(f"{'':<12}{each.label}: {each.reason}", style="dim", markup=False)
    for file in files:
        console.print(file, markup=False)
    for note in notes:
        err().print(note, markup=False, soft_wrap=True)


def _plots(
    curves: Sequence[CostCurve], target: float | None, ways: _Ways, file: Path | None
) -> list[str]:
    """One figure for each axis on which some model has a cost."""
    if file is None:
        return []
    from vervet.analysis.cost_curves import Axis
    from vervet.report.analysis_tables import cost_table
    from vervet.report.figures_models import cost_figure

    known = [axis for axis in Axis if any(curve.cost(axis) is not None for curve in curves)]
    if not known:
        raise AnalysisError(
            "there is nothing to draw: no model has a known cost",
            hint="Give --shape P,L,D for FLOPs or --prices FILE for USD.",
        )
    files: list[str] = []
    for axis in known:
        options, _ = ways.get(str(axis), ((), ()))
        figure = cost_figure(
            curves, axis, title="Coverage against cost", target=target, options=options
        )
        files += plot(figure, cost_table(curves), file, part="" if len(known) == 1 else str(axis))
    return files
