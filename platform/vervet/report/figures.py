"""The figures of a run: coverage against k, success per problem, statuses.

Each is drawn from plain values and returned as a matplotlib Figure. Never computes an estimate
of its own and never writes a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vervet.analysis.grid import shown_ks
from vervet.analysis.scaling import ScalingFit
from vervet.report.curves import Curve
from vervet.report.rates import rate_bins
from vervet.report.tables import status_rows
from vervet.report.theme import (
    LIGHT,
    TEXT_SIZE,
    Theme,
    count_axis,
    dress,
    fitted,
    legend_below,
    new_figure,
    share_axis,
)
from vervet.report.words import percent, status_name

__all__ = ["coverage_figure", "fit_label", "rates_figure", "status_figure"]

_DASHES: tuple[Any, ...] = ((0, (1, 1.6)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
_MARKERS = ("s", "^", "D")


def coverage_figure(
    curves: Sequence[Curve],
    *,
    title: str,
    theme: Theme = LIGHT,
    width: float = 6.4,
    height: float = 4.4,
) -> Figure:
    """Coverage against k on a log axis. The first curve is the one the figure is about.

    It is drawn with its interval, its fit and, where candidates are unsettled, what they leave
    open; the others are lines for comparison. Raises `ValueError` for no curves.
    """
    if not curves:
        raise ValueError("a figure of coverage needs a curve")
    figure, axes = new_figure(theme, width=width, height=height + 0.24 * len(curves))
    _draw_main(axes, curves[0], theme)
    for position, curve in enumerate(curves[1:]):
        style = position % len(_DASHES)
        axes.plot(
            curve.estimate.ks,
            curve.estimate.coverage,
            color=theme.others[style],
            linestyle=_DASHES[style],
            marker=_MARKERS[style],
            markevery=_marked(curve),
            markersize=4,
            linewidth=1.6,
            label=fitted(axes, curve.label),
        )
    count_axis(axes, max(curve.largest for curve in curves))
    share_axis(axes, max(_highest(curve) for curve in curves))
    dress(axes, theme, title=title, x="Candidates per problem, k", y="Coverage (pass@k)")
    legend_below(figure, theme)
    return figure


def _draw_main(axes: Axes, curve: Curve, theme: Theme) -> None:
    found = curve.estimate
    axes.plot(
        found.ks,
        found.coverage,
        color=theme.main,
        linewidth=2.0,
        marker="o",
        markersize=5,
        markevery=_marked(curve),
        label=fitted(axes, curve.label),
        zorder=3,
    )
    interval = f"{found.level:.0%} interval over problems"
    if curve.largest == 1:
        error = np.array([found.coverage - found.low, found.high - found.coverage])
        axes.errorbar(
            [1],
            found.coverage,
            yerr=error,
            color=theme.main,
            capsize=5,
            linewidth=1.2,
            label=interval,
        )
    else:
        axes.fill_between(
            found.ks,
            found.low,
            found.high,
            color=theme.main,
            alpha=0.18,
            linewidth=0,
            label=interval,
        )
    if isinstance(curve.fit, ScalingFit):
        smooth = np.geomspace(1, curve.largest, 200)
        axes.plot(
            smooth,
            curve.fit.predict(smooth),
            color=theme.fit,
            linewidth=1.5,
            linestyle=(0, (4, 2.2)),
            label=fit_label(curve.fit),
            zorder=4,
        )
    if curve.unsettled:
        axes.plot(
            found.ks,
            curve.upper,
            color=theme.ink,
            linewidth=1.0,
            linestyle=(0, (2, 2)),
            label="if every unsettled candidate passed",
        )


def fit_label(fit: ScalingFit) -> str:
    """The formula of a fit and its error, in matplotlib's mathtext."""
    text = rf"fit $c=\exp({fit.a:.2f}\,k^{{{fit.b:.2f}}})$"
    if fit.error_mean is None or fit.error_sd is None:
        return text
    return rf"{text}, error {fit.error_mean:.4f} $\pm$ {fit.error_sd:.4f}"


def rates_figure(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    *,
    title: str,
    theme: Theme = LIGHT,
    width: float = 6.4,
    height: float = 3.4,
) -> Figure:
    """How many problems have which success rate c/n: bars on a log axis, never solved apart.

    `n` and `c` have shape (problems,). Raises `AnalysisError` for counts that cannot be.
    """
    figure, axes = new_figure(theme, width=width, height=height)
    bins = rate_bins(n, c)
    places = np.arange(len(bins.counts)) + 2.1
    edges = places[0] - 0.5 + np.arange(len(bins.edges))
    solved = axes.bar(places, bins.counts, width=0.92, color=theme.main)
    never = axes.bar(
        [0.6],
        [bins.never],
        width=0.92,
        color=theme.page,
        edgecolor=theme.fit,
        hatch="////",
        linewidth=1.2,
    )
    for bars, numbers in ((solved, bins.counts), (never, (bins.never,))):
        axes.bar_label(
            bars,
            labels=[str(number) if number else "" for number in numbers],
            padding=2,
            fontsize=TEXT_SIZE - 1,
            color=theme.ink,
        )
    axes.set_xticks([0.6, *edges[list(bins.decades)]])
    axes.set_xticklabels(["never\nsolved", *(f"{bins.edges[at] * 100:g}%" for at in bins.decades)])
    axes.set_xlim(-0.1, edges[-1] + 0.2)
    axes.set_ylim(0, max(1, bins.never, *bins.counts) * 1.14)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.axvline(1.33, color=theme.quiet, linewidth=0.8, linestyle=(0, (2, 3)))
    dress(
        axes,
        theme,
        title=title,
        x="Success rate of a problem, c/n (log scale)",
        y="Problems",
        grid="y",
    )
    return figure


def status_figure(
    counts: Mapping[str, int],
    *,
    title: str,
    theme: Theme = LIGHT,
    width: float = 6.4,
) -> Figure:
    """Candidates by status, one horizontal bar each; infrastructure is hatched and last.

    Raises `ValueError` where nothing was counted.
    """
    rows = status_rows(counts)
    if not rows:
        raise ValueError("a figure of statuses needs a candidate")
    figure, axes = new_figure(theme, width=width, height=0.75 + 0.34 * len(rows))
    places = np.arange(len(rows))[::-1]
    for place, row in zip(places, rows, strict=True):
        passed = row.status == "passed"
        axes.barh(
            [place],
            [row.count],
            height=0.68,
            color=theme.page if row.infrastructure else theme.main if passed else theme.quiet,
            edgecolor=theme.fit if row.infrastructure else "none",
            hatch="////" if row.infrastructure else None,
        )
        axes.annotate(
            f"{row.count:,}  ({percent(row.share)})",
            (row.count, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=TEXT_SIZE - 1,
            color=theme.ink,
        )
    axes.set_yticks(places, [status_name(row.status) for row in rows])
    axes.set_xlim(0, max(row.count for row in rows) * 1.22)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    dress(axes, theme, title=title, x="", y="", grid="none")
    axes.tick_params(axis="y", length=0, colors=theme.ink)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return figure


def _marked(curve: Curve) -> list[int]:
    return np.flatnonzero(np.isin(curve.estimate.ks, shown_ks(curve.largest))).tolist()


def _highest(curve: Curve) -> float:
    return float(max(curve.estimate.high.max(), curve.upper.max()))
