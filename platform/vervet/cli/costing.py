"""`vervet cost`: what coverage costs, the cheapest way to a target, published tables checked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
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
    number,
    open_runs,
    plot,
    print_csv,
    read_ks,
    spare_sources,
    warn_of_stopping,
)
from vervet.core.errors import AnalysisError, UsageError

if TYPE_CHECKING:
    from vervet.analysis.cost import ModelShape, Price
    from vervet.analysis.cost_curves import CostCurve, Option, OutOfReach, Spender
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.price_file import PriceFile
    from vervet.report.count_sets import CountSet

__all__ = ["register"]

COLUMNS = ("name", "cost_usd", "attempts", "solved_percent", "total_usd", "relative")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("cost")(cost)


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line says of costs, None where it says nothing."""

    prices: PriceFile
    prompt_tokens: float | None
    decoded_tokens: float | None
    shape: ModelShape | None
    provider: str | None
    per_request: int | None
    cpu_usd_hour: float


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
        typer.Option("--shape", metavar="P,L,D", help="Parameters, layers, width of the model."),
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
        _check(check, problems, as_json)
        return
    from vervet.pipeline.price_file import PriceFile, read_prices

    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    file = read_prices(prices) if prices else PriceFile()
    hour = file.cpu_usd_hour if cpu_usd_hour is None else cpu_usd_hour
    given = _Given(file, prompt_tokens, decoded_tokens, _shape(shape), provider, per_request, hour)
    curves, said = _curves(config, sources, label, given, read_ks(k))
    notes = _gathered(said)
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


def _shape(text: str | None) -> ModelShape | None:
    from vervet.analysis.cost import ModelShape

    if text is None:
        return None
    parts = text.replace("_", "").split(",")
    try:
        parameters, layers, width = (int(float(part)) for part in parts)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--shape is {text!r}",
            hint="Give parameters, layers and width with commas between: 8.03e9,32,4096.",
        ) from None
    return ModelShape(parameters, layers, width)


def _curves(
    config: RunConfig,
    sources: Sequence[str] | None,
    label: str | None,
    given: _Given,
    ks: list[int] | None,
) -> tuple[list[CostCurve], list[tuple[str, str]]]:
    """The curve of every set; by the set's name what could not be known of its cost."""
    from vervet.analysis.cost_curves import cost_curve

    curves: list[CostCurve] = []
    notes: list[tuple[str, str]] = []
    wanted: Sequence[str | None] = sources or [None]
    for source in wanted:
        in_file = source is not None and is_file(source)
        named = [source] if source is not None else None
        for one in map(warn_of_stopping, count_sets(config, named, label)):
            if in_file:
                spender, said = _of_file(one, given)
            else:
                spender, said = _of_run(config, one, given)
            notes += [(one.label, each) for each in (*said, *one.remarks)]
            curves.append(cost_curve(one.label, one.n, one.c, spender, ks=ks, names=one.names))
    return curves, notes


def _gathered(said: Sequence[tuple[str, str]]) -> list[str]:
    """One sentence each, with the names of all that it holds for."""
    names: dict[str, list[str]] = {}
    for label, each in said:
        names.setdefault(each, []).append(label)
    most = 3
    return [
        f"{', '.join(labels[:most])}"
        + (f" and {len(labels) - most} more" if len(labels) > most else "")
        + f": {each}"
        for each, labels in names.items()
    ]


def _of_file(one: CountSet, given: _Given) -> tuple[Spender, list[str]]:
    from vervet.analysis.cost import Usage
    from vervet.analysis.cost_curves import Spender

    if given.prompt_tokens is None or given.decoded_tokens is None:
        raise AnalysisError(
            f"counts alone do not say what a candidate of {one.label!r} took",
            hint="Give --prompt-tokens and --decoded-tokens, both on average.",
        )
    usage = Usage(given.prompt_tokens, given.decoded_tokens)
    shape, said = _known_shape(one.model, given)
    prices = given.prices.price_of(one.model)
    price, more = _price({row.provider: (row.input_usd, row.output_usd) for row in prices}, given)
    spender = Spender(usage, shape, price, given.per_request or 1, given.cpu_usd_hour)
    return spender, [*said, *more, "the verifier's time is unknown and not counted"]


def _of_run(config: RunConfig, one: CountSet, given: _Given) -> tuple[Spender, list[str]]:
    from vervet.analysis.cost import Usage
    from vervet.analysis.cost_curves import Spender
    from vervet.store.prices import run_costs, save_prices

    with open_runs(config, [one.label]) as (database, [run]):
        if given.prices.rows:
            with database.write() as conn:
                save_prices(conn, given.prices.rows)
        with database.read() as conn:
            rows = [row for row in run_costs(conn, run.id) if row.problem in set(one.names)]
    first = list({row.problem: row for row in rows}.values())
    candidates = sum(row.candidates for row in first)
    said: list[str] = []
    prompt, decoded = given.prompt_tokens, given.decoded_tokens
    if prompt is None:
        told = [row.prompt_tokens for row in first if row.prompt_tokens is not None]
        prompt = sum(told) / len(told) if told else 0.0
        if len(told) < len(first):
            missing = len(first) - len(told)
            said.append(
                f"the prompts of {missing} of {len(first)} problems have no token count: "
                + ("they are left out (--prompt-tokens)" if not told else "the mean is taken")
            )
    if decoded is None:
        decoded = sum(row.decoded_tokens for row in first) / candidates
        if decoded == 0.0:
            said.append("no candidate says how many tokens it has: give --decoded-tokens")
    seconds = sum(row.verifier_cpu_s for row in first) / candidates
    shape, more = _known_shape(one.model, given)
    offers = {
        row.provider: (row.input_usd, row.output_usd)
        for row in rows
        if row.provider is not None and row.input_usd is not None and row.output_usd is not None
    }
    price, most = _price(offers, given)
    shared = given.per_request or int(run.config.get("samples_per_request") or 1)
    usage = Usage(prompt, decoded, seconds)
    return Spender(usage, shape, price, shared, given.cpu_usd_hour), [*said, *more, *most]


def _known_shape(model: str, given: _Given) -> tuple[ModelShape | None, list[str]]:
    from vervet.analysis.cost_shapes import known_shape

    shape = given.shape or given.prices.shape_of(model) or known_shape(model)
    unknown = [f"the shape of {model} is unknown, so its FLOPs are (--shape P,L,D)"]
    return shape, [] if shape else unknown


def _price(offers: dict[str, tuple[float, float]], given: _Given) -> tuple[Price | None, list[str]]:
    """The price of the provider that was named, or of the only one there is."""
    from vervet.analysis.cost import Price

    if given.provider is not None:
        offers = {name: price for name, price in offers.items() if name == given.provider}
    if len(offers) > 1:
        names = ", ".join(repr(name) for name in sorted(offers))
        return None, [f"several providers have a price ({names}): name one with --provider"]
    if not offers:
        return None, ["it has no price, so its USD are unknown (--prices FILE)"]
    [(asked, paid)] = offers.values()
    return Price(asked, paid), []


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


def _check(path: Path, problems: int | None, as_json: bool) -> None:
    """Hold a published table against its own arithmetic; exit status 1 if it fails."""
    from vervet.analysis.cost_published import check_published
    from vervet.cli.output import out, print_json

    if problems is None:
        raise UsageError(
            "the number of problems behind the table is not given", hint="Add --problems 300."
        )
    rows = _published(path)
    found = check_published(rows, problems)
    if as_json:
        print_json({"rows": len(rows), "inconsistent": [asdict(each) for each in found]})
    elif found:
        for each in found:
            out().print(f"{each.label}: {each.column}: {each.reason}", markup=False)
    else:
        out().print(f"{len(rows)} rows agree with themselves")
    if found:
        raise typer.Exit(1)


def _published(path: Path) -> list[Any]:
    from vervet.analysis.cost_published import published_row

    hint = f"It needs a header with the columns {', '.join(COLUMNS)}."
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise UsageError(f"{path} has no column {missing[0]!r}", hint=hint)
            rows = [published_row(*(row[name] for name in COLUMNS)) for row in reader]
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}", hint="Name a CSV file."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV file in UTF-8: {error}", hint=hint) from error
    if not rows:
        raise AnalysisError(f"{path} holds no rows", hint=hint)
    return rows
