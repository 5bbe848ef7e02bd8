"""Figures of several models on one axis: coverage against k, against cost, S-curves laid over
each other. Never computes an estimate of its own and never writes a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from vervet.analysis.cost_curves import Axis, CostCurve, Option
from vervet.analysis.counts import FloatArray
from vervet.analysis.grid import shown_ks
from vervet.analysis.scaling import ScalingFit
from vervet.report.curves import Curve
from vervet.report.lines import End, label_ends, line_style
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

__all__ = ["ShiftedCurve", "cost_figure", "models_figure", "s_curves_figure"]

HEIGHT = 4.6


@dataclass(frozen=True, slots=True, eq=False)
class ShiftedCurve:
    """A coverage curve moved along log k: `x` is k over the k at which it reaches the anchor."""

    label: str
    x: FloatArray
    coverage: FloatArray


def models_figure(
    curves: Sequence[Curve],
    *,
    title: str,
    fits: bool = False,
    theme: Theme = LIGHT,
    width: float = 7.6,
) -> Figure:
    """Coverage against k of several models, each with its name at its end.

    The interval over problems stands as a bar at the marked k; `fits` draws the law of each as a
    thin line where one was found. Raises `ValueError` for no curves.
    """
    if not curves:
        raise ValueError("a figure of models needs a curve")
    figure, axes = new_figure(theme, width=width, height=HEIGHT)
    ends = []
    for position, curve in enumerate(curves):
        style, found = line_style(theme, position), curve.estimate
        marked = np.flatnonzero(np.isin(found.ks, shown_ks(curve.largest)))
        style.plot(axes, found.ks, found.coverage, marked=marked.tolist())
        # Bars of several models at one k would hide each other.
        beside = 1.0 + 0.035 * (position - (len(curves) - 1) / 2)
        axes.vlines(
            found.ks[marked] * beside,
            found.low[marked],
            found.high[marked],
            color=style.color,
            linewidth=1.0,
            alpha=0.55,
        )
        if fits and isinstance(curve.fit, ScalingFit):
            smooth = np.geomspace(1, curve.largest, 200)
            axes.plot(smooth, curve.fit.predict(smooth), color=style.color, linewidth=0.8)
        ends.append(End(curve.largest, float(found.coverage[-1]), curve.label, style.color))
    bars = f"bars: {curves[0].estimate.level:.0%} interval over problems"
    said = f"{bars}; thin lines: fits c = exp(a k^b)" if fits else bars
    count_axis(axes, max(curve.largest for curve in curves))
    share_axis(axes, max(float(curve.estimate.high.max()) for curve in curves))
    dress(axes, theme, title=title, x=f"Candidates per problem, k\n({said})", y="Coverage (pass@k)")
    label_ends(axes, ends)
    return figure


def s_curves_figure(
    curves: Sequence[ShiftedCurve],
    *,
    anchor: float,
    title: str,
    theme: Theme = LIGHT,
    width: float = 7.6,
) -> Figure:
    """Coverage curves moved along log k so that all pass through `anchor` at x = 1.

    Where they lie upon each other, models differ in where they begin and not in how they grow.
    Raises `ValueError` for no curves.
    """
    if not curves:
        raise ValueError("a figure of S-curves needs a curve")
    figure, axes = new_figure(theme, width=width, height=HEIGHT)
    for position, curve in enumerate(curves):
        marked = np.unique(np.linspace(0, curve.x.size - 1, 6).astype(int)).tolist()
        style = line_style(theme, position)
        style.plot(axes, curve.x, curve.coverage, marked=marked, label=curve.label)
    axes.axvline(1.0, color=theme.quiet, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.axhline(anchor, color=theme.quiet, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    share_axis(axes, max(float(curve.coverage.max()) for curve in curves))
    dress(
        axes,
        theme,
        title=title,
        x=f"k, divided by the k at which coverage is {anchor:.0%}",
        y="Coverage (pass@k)",
    )
    _legend_inside(axes, theme)
    return figure


def cost_figure(
    curves: Sequence[CostCurve],
    axis: Axis,
    *,
    title: str,
    target: float | None = None,
    options: Sequence[Option] = (),
    theme: Theme = LIGHT,
    width: float = 7.6,
) -> Figure:
    """Coverage of several models against what k candidates for every problem cost.

    Models without a cost on this axis are left out. With a `target` its height is drawn, and the
    first of `options`, the cheapest way to it, is marked. Raises `ValueError` if nothing is left.
    """
    priced = [(at, curve) for at, curve in enumerate(curves) if curve.cost(axis) is not None]
    if not priced:
        raise ValueError("a figure of cost needs a model with a known cost")
    figure, axes = new_figure(theme, width=width, height=HEIGHT)
    ends = []
    for at, curve in priced:
        style, cost = line_style(theme, at), curve.cost(axis)
        assert cost is not None
        shown = np.flatnonzero(np.isin(curve.ks, shown_ks(int(curve.ks[-1]))))
        style.plot(axes, cost, curve.coverage, marked=shown.tolist())
        axes.fill_between(cost, curve.low, curve.high, color=style.color, alpha=0.07, linewidth=0)
        ends.append(End(float(cost[-1]), float(curve.coverage[-1]), curve.label, style.color))
    if target is not None:
        axes.axhline(target, color=theme.ink, linewidth=0.9, linestyle=(0, (2, 2)))
    if options:
        best = options[0]
        axes.plot(
            [best.cost],
            [best.coverage],
            marker="*",
            markersize=15,
            color=theme.page,
            markeredgecolor=theme.ink,
            markeredgewidth=1.3,
            linestyle="none",
            zorder=6,
            label=f"cheapest way to {target:.0%}: {best.label}, k = {best.k:,}",
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=9))
    axes.xaxis.set_minor_formatter(NullFormatter())
    share_axis(axes, max(float(curve.high.max()) for _, curve in priced))
    words = "FLOPs of inference" if axis is Axis.FLOPS else "USD"
    x = f"{words}, all problems together\n(markers: k = 1, 10, 100, ...; bands: interval)"
    dress(axes, theme, title=title, x=x, y="Coverage (pass@k)")
    label_ends(axes, ends)
    if options:
        legend_below(figure, theme)
    return figure


def _legend_inside(axes: Axes, theme: Theme) -> None:
    """A legend in the corner that an S-curve leaves empty."""
    axes.legend(
        loc="upper left",
        frameon=False,
        fontsize=TEXT_SIZE - 1,
        labelcolor=theme.ink,
        handlelength=3.2,
    )
