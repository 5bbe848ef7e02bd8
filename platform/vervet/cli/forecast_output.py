"""How a forecast is printed: for people, as CSV and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from vervet.cli.sources import print_csv

if TYPE_CHECKING:
    from vervet.analysis.backtest import Backtest
    from vervet.analysis.forecast import Forecast, Method
    from vervet.analysis.samples import SamplesNeeded
    from vervet.analysis.scaling import NoFit
    from vervet.report.count_sets import CountSet

__all__ = ["Told", "document_of", "print_as_csv", "print_told"]

MOST_PLANNED = 8


@dataclass(frozen=True, slots=True)
class Told:
    """One set with what was asked of it; `ks` are those asked for, a figure has more."""

    counts: CountSet
    ks: frozenset[int]
    forecasts: dict[Method, Forecast | NoFit]
    needed: SamplesNeeded | NoFit | None
    tested: Backtest | None
    plan: dict[str, int]


def _rows(told: Told, found: Forecast) -> list[tuple[int, float, float, float]]:
    """k, coverage and interval at the k that were asked for."""
    columns = (found.ks, found.coverage, found.low, found.high)
    return [
        (int(k), float(c), float(low), float(high))
        for k, c, low, high in zip(*columns, strict=True)
        if int(k) in told.ks
    ]


def document_of(told: Told) -> dict[str, Any]:
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
    if told.plan:
        document["plan"] = told.plan
    document["remarks"] = list(told.counts.remarks)
    return document


def print_as_csv(told: Sequence[Told], backtest: bool) -> None:
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


def print_told(told: Sequence[Told], files: list[str]) -> None:
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
        if each.plan:
            shown = list(each.plan.items())[:MOST_PLANNED]
            rest = len(each.plan) - len(shown)
            words = ", ".join(f"{name} {count:,}" for name, count in shown)
            tail = f" and {rest:,} more problems (--json lists all)" if rest else ""
            console.print(f"next        {words}{tail}", markup=False)
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
