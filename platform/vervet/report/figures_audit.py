"""The figures of an audit: flip rates with their intervals, what repetitions miss, the effect on
coverage. Never computes an estimate of its own and never writes a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from vervet.audit.effect import Effect, EffectRow, Row
from vervet.audit.repetition import FlipRate, miss_chance, repetitions_for
from vervet.report.audit_texts import plain
from vervet.report.files import Table
from vervet.report.lines import line_style
from vervet.report.theme import (
    LIGHT,
    TEXT_SIZE,
    Theme,
    count_axis,
    dress,
    legend_below,
    new_figure,
    share_axis,
)

__all__ = [
    "WAYS",
    "Flip",
    "effect_figure",
    "effect_table",
    "flips_figure",
    "flips_table",
    "misses_figure",
    "misses_table",
]

WAYS = {
    Row.ALL: "all, as verified",
    Row.REMOVED: "without the affected problems",
    Row.SETTLED: "flaky ones settled by majority",
    Row.LOWER: "as if the affected all failed",
    Row.UPPER: "as if the affected all passed",
}
LONGEST_LABEL = 34
LOWEST_RATE = 0.005
USUAL_REPETITIONS = (3, 11, 50)


@dataclass(frozen=True, slots=True)
class Flip:
    """Something that gave both outcomes: a check of a solution, or the solution itself."""

    label: str
    passed: int
    missed: int
    rate: FlipRate


def flips_figure(
    flips: Sequence[Flip], *, title: str = "", theme: Theme = LIGHT, width: float = 6.4
) -> Figure:
    """A dot for each flip rate with a line for its interval, in the order given from the top.

    Raises `ValueError` for none.
    """
    if not flips:
        raise ValueError("a figure of flip rates needs a rate")
    figure, axes = new_figure(theme, width=width, height=1.0 + 0.27 * len(flips))
    places = np.arange(len(flips))[::-1]
    estimates = np.array([flip.rate.estimate for flip in flips])
    low = np.array([flip.rate.low for flip in flips])
    high = np.array([flip.rate.high for flip in flips])
    axes.hlines(places, low, high, color=theme.main, linewidth=2.2, alpha=0.45)
    axes.plot(estimates, places, "o", color=theme.main, markersize=6, zorder=3)
    longest = LONGEST_LABEL if width > 5 else LONGEST_LABEL // 2
    # A label is somebody's text: nothing in it is a formula.
    axes.set_yticks(places, [_ending(flip.label, longest) for flip in flips], parse_math=False)
    axes.set_ylim(-0.7, len(flips) - 0.3)
    axes.set_xlim(-0.01, 0.51)
    axes.xaxis.set_major_locator(FixedLocator([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    dress(axes, theme, title=title, x="Flip rate, with its 95 % interval", y="", grid="x")
    axes.tick_params(axis="y", length=0, colors=theme.ink, labelsize=TEXT_SIZE - 1)
    return figure


def flips_table(flips: Sequence[Flip]) -> Table:
    """What `flips_figure` draws: one row for each dot."""
    header = ("flips", "passed", "missed", "rate", "low", "high")
    return header, [
        (f.label, f.passed, f.missed, f.rate.estimate, f.rate.low, f.rate.high) for f in flips
    ]


def misses_figure(
    repetitions: int, *, title: str = "", theme: Theme = LIGHT, width: float = 6.4
) -> Figure:
    """The chance that so many attempts show a flip, against the flip rate; others beside it."""
    figure, axes = new_figure(theme, width=width, height=3.9)
    rates = _rates()
    for position, count in enumerate(_counts(repetitions)):
        style = line_style(theme, position)
        mine = count == repetitions
        axes.plot(
            rates,
            [1 - miss_chance(p, count) for p in rates],
            color=style.color if mine else theme.quiet,
            linestyle=style.dash,
            linewidth=2.2 if mine else 1.3,
            label=f"{count:,} attempts" + (", as in this audit" if mine else ""),
            zorder=3 if mine else 2,
        )
    axes.axhline(0.95, color=theme.fit, linewidth=1.0, linestyle=(0, (2, 2)), label="95 %")
    axes.set_xscale("log")
    axes.set_xlim(LOWEST_RATE, 0.5)
    axes.xaxis.set_major_locator(FixedLocator([0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g}%"))
    share_axis(axes, 1.0)
    dress(axes, theme, title=title, x="Flip rate (log scale)", y="Chance to be found")
    legend_below(figure, theme)
    return figure


def misses_table(repetitions: int) -> Table:
    """What `misses_figure` draws, and how many attempts find a rate with 95 %."""
    counts = _counts(repetitions)
    header = ("flip_rate", *(f"found_by_{count}" for count in counts), "attempts_for_95")
    return header, [
        (p, *(1 - miss_chance(p, count) for count in counts), repetitions_for(p)) for p in _rates()
    ]


def effect_figure(
    effect: Effect, *, title: str = "", theme: Theme = LIGHT, width: float = 6.4
) -> Figure:
    """Coverage against k in each way of counting the affected problems; bounds are an area.

    Raises `ValueError` where no way has any coverage.
    """
    lines = [row for row in effect.rows if row.coverage and row.row not in (Row.LOWER, Row.UPPER)]
    if not lines:
        raise ValueError("a figure of coverage needs a problem")
    figure, axes = new_figure(theme, width=width, height=3.4 + 0.2 * len(lines))
    ks, single = np.array(effect.ks), len(effect.ks) == 1
    low, high = (_coverage(effect.row(way)) for way in (Row.LOWER, Row.UPPER))
    between = "as if the affected all failed, or all passed"
    if low and high and single:
        axes.vlines(ks, low, high, color=theme.quiet, linewidth=7, alpha=0.3, label=between)
    elif low and high:
        axes.fill_between(ks, low, high, color=theme.quiet, alpha=0.18, linewidth=0, label=between)
    for position, row in enumerate(lines):
        # Lines that hide each other can be told apart where the markers differ in size, too.
        style = line_style(theme, position)
        axes.plot(
            ks,
            _coverage(row),
            color=style.color,
            linestyle=style.dash,
            marker=style.marker,
            markersize=9 - 2 * position,
            linewidth=1.7,
            label=WAYS[row.row],
            zorder=3 + position,
        )
    count_axis(axes, max(effect.ks))
    share_axis(axes, _highest(effect))
    dress(axes, theme, title=title, x="Candidates per problem, k", y="Coverage (pass@k)")
    legend_below(figure, theme)
    return figure


def effect_table(run: str, effect: Effect) -> Table:
    """What `effect_figure` draws: one row for each way and k."""
    rows = [
        (run, row.row.value, row.problems, k, coverage)
        for row in effect.rows
        for k, coverage in zip(effect.ks, row.coverage or (), strict=False)
    ]
    return ("run", "counted", "problems", "k", "coverage"), rows


def _coverage(row: EffectRow | None) -> list[float]:
    return list(row.coverage) if row is not None and row.coverage else []


def _highest(effect: Effect) -> float:
    return max((share for row in effect.rows for share in row.coverage or ()), default=0.0)


def _counts(repetitions: int) -> list[int]:
    """This audit's number first, then usual ones that are not near it."""
    others = [count for count in USUAL_REPETITIONS if not 0.7 < count / max(1, repetitions) < 1.4]
    return [repetitions, *others]


def _rates() -> list[float]:
    return [float(f"{p:.4g}") for p in np.geomspace(LOWEST_RATE, 0.5, 81)]


def _ending(label: str, longest: int) -> str:
    """A label that is too long, with its end: names of checks begin alike."""
    label = plain(label)
    return label if len(label) <= longest else f"…{label[1 - longest :]}"
