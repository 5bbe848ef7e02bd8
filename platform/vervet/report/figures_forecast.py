"""The figure of a forecast: what was measured, what is said of more candidates, how surely.

Never computes an estimate of its own and never writes a file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vervet.analysis.backtest import Backtest
from vervet.analysis.forecast import Forecast
from vervet.analysis.grid import shown_ks
from vervet.report.curves import Curve
from vervet.report.files import Table
from vervet.report.lines import line_style
from vervet.report.theme import (
    LIGHT,
    Theme,
    count_axis,
    dress,
    legend_below,
    new_figure,
    share_axis,
)

__all__ = ["backtest_table", "forecast_figure", "forecast_table"]


def forecast_figure(
    curve: Curve,
    forecasts: Sequence[Forecast],
    *,
    title: str,
    theme: Theme = LIGHT,
    width: float = 7.6,
) -> Figure:
    """Measured coverage up to n with its interval, and beyond n each forecast with its own.

    The first forecast is the one the figure is about; others are drawn without interval.
    Raises `ValueError` for no forecasts.
    """
    if not forecasts:
        raise ValueError("a figure of forecasts needs a forecast")
    figure, axes = new_figure(theme, width=width, height=4.8)
    found = curve.estimate
    marked = np.flatnonzero(np.isin(found.ks, shown_ks(curve.largest))).tolist()
    measured = line_style(theme, 0)
    measured.plot(axes, found.ks, found.coverage, marked=marked, label=f"{curve.label}, measured")
    axes.fill_between(
        found.ks, found.low, found.high, color=measured.color, alpha=0.16, linewidth=0
    )
    for at, forecast in enumerate(forecasts):
        style = line_style(theme, at + 1)
        low, high = forecast.low[-1], forecast.high[-1]
        said = f"{forecast.method.value}: {low:.0%} to {high:.0%} at k = {forecast.ks[-1]:,}"
        style.plot(axes, forecast.ks, forecast.coverage, marked=[forecast.ks.size - 1], label=said)
        if at == 0:
            axes.fill_between(
                forecast.ks,
                forecast.low,
                forecast.high,
                facecolor="none",
                edgecolor=style.color,
                hatch="////",
                alpha=0.35,
                linewidth=0.5,
            )
    axes.axvline(curve.largest, color=theme.quiet, linewidth=0.9, linestyle=(0, (2, 3)))
    axes.annotate(
        f"n = {curve.largest:,}  ",
        (curve.largest, 1.0),
        xycoords=("data", "axes fraction"),
        ha="right",
        va="top",
        fontsize=9,
        color=theme.quiet,
    )
    count_axis(axes, max(int(forecast.ks[-1]) for forecast in forecasts))
    share_axis(axes, max(float(forecast.high.max()) for forecast in forecasts))
    dress(axes, theme, title=title, x="Candidates per problem, k", y="Coverage (pass@k)")
    legend_below(figure, theme)
    return figure


def forecast_table(label: str, curve: Curve, forecasts: Sequence[Forecast]) -> Table:
    """One row for each k of what was measured and of each forecast."""
    found = curve.estimate
    rows: list[Sequence[object]] = [
        (label, "measured", int(k), float(c), float(low), float(high))
        for k, c, low, high in zip(found.ks, found.coverage, found.low, found.high, strict=True)
    ]
    for each in forecasts:
        rows += [
            (label, each.method.value, int(k), float(c), float(low), float(high))
            for k, c, low, high in zip(each.ks, each.coverage, each.low, each.high, strict=True)
        ]
    return ("set", "method", "k", "coverage", "low", "high"), rows


def backtest_table(label: str, found: Backtest) -> Table:
    """One row for each method: its error and bias in units of coverage, empty where none."""
    header = ("set", "method", "from", "to", "error", "spread", "bias", "failed", "best", "default")
    rows = [
        (
            label,
            one.method.value,
            found.small,
            int(found.ks[-1]),
            "" if one.error is None else one.error,
            "" if one.spread is None else one.spread,
            "" if one.bias is None else one.bias,
            one.failed,
            int(one.method is found.best),
            int(one.method is found.default),
        )
        for one in found.scores
    ]
    return header, rows
