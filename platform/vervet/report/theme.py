"""Colours and axes of every figure: readable in grey and by the colour-blind, light and dark.

Never touches matplotlib's global state (no pyplot, no rcParams).
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

__all__ = [
    "DARK",
    "LIGHT",
    "Theme",
    "count_axis",
    "dress",
    "legend_below",
    "new_figure",
    "recolour",
    "share_axis",
]

TEXT_SIZE = 10.0


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by role. Hues are those of Okabe and Ito 2008, which differ in lightness too."""

    page: str
    ink: str
    quiet: str
    line: str
    main: str
    fit: str
    others: tuple[str, ...]


LIGHT = Theme(
    page="#ffffff",
    ink="#1b1f24",
    quiet="#5b6470",
    line="#d9dee5",
    main="#0072b2",
    fit="#c4470a",
    others=("#7a5c00", "#00785a", "#8e4a78"),
)
DARK = Theme(
    page="#15191f",
    ink="#e8ecf1",
    quiet="#a3adb9",
    line="#343b45",
    main="#56b4e9",
    fit="#f0a060",
    others=("#e6c84f", "#4fc9a4", "#d79ac0"),
)


def new_figure(theme: Theme, *, width: float = 6.4, height: float = 4.0) -> tuple[Figure, Axes]:
    """An empty figure of `width` x `height` inches with one dressed pair of axes."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=theme.page)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    return figure, axes


def dress(
    axes: Axes,
    theme: Theme,
    *,
    title: str,
    x: str,
    y: str,
    grid: Literal["both", "x", "y", "none"] = "both",
) -> None:
    """Titles, labels, grid and spines. To be called once the data is drawn."""
    axes.set_facecolor(theme.page)
    if title:
        axes.set_title(
            fitted(axes, title, per_inch=8.0),
            loc="left",
            fontsize=TEXT_SIZE + 1,
            color=theme.ink,
            fontweight="bold",
            pad=10,
        )
    axes.set_xlabel(x, fontsize=TEXT_SIZE, color=theme.ink, labelpad=6)
    axes.set_ylabel(y, fontsize=TEXT_SIZE, color=theme.ink, labelpad=6)
    axes.tick_params(which="both", colors=theme.quiet, labelsize=TEXT_SIZE - 0.5)
    axes.tick_params(which="minor", length=2.5)
    if grid != "none":
        axes.grid(which="major", axis=grid, color=theme.line, linewidth=0.7)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.quiet)
        spine.set_linewidth(0.8)


def fitted(axes: Axes, text: str, *, per_inch: float = 9.0) -> str:
    """Free text as matplotlib can show it: broken into lines, never read as a formula.

    A label that begins with an underscore would be left out of the legend; a space prevents it.
    """
    figure = axes.get_figure(root=True)
    width = figure.get_figwidth() if figure is not None else 6.4
    lines = textwrap.fill(text, max(16, int((width - 0.9) * per_inch)))
    shown = lines.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def legend_below(figure: Figure, theme: Theme) -> None:
    """One column of labels under the axes, where it can cover nothing."""
    figure.legend(
        loc="outside lower left",
        frameon=False,
        fontsize=TEXT_SIZE - 0.5,
        labelcolor=theme.ink,
        handlelength=2.8,
        labelspacing=0.35,
    )


def count_axis(axes: Axes, largest: int) -> None:
    """A log axis of k from 1 to `largest`, with ticks at powers of ten and at `largest`."""
    axes.set_xscale("log")
    if largest == 1:
        axes.set_xlim(0.5, 2.0)
        ticks = [1]
    else:
        axes.set_xlim(1 / largest**0.02, largest**1.02)
        # A label of its own for n needs a third of a decade of room on axes of three decades.
        ticks = [10**e for e in range(len(str(largest))) if 10**e * largest**0.1 <= largest]
        ticks.append(largest)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value):,}"))
    between = [m * 10**e for e in range(len(str(largest))) for m in range(2, 10)]
    axes.xaxis.set_minor_locator(FixedLocator([value for value in between if value < largest]))
    axes.xaxis.set_minor_formatter(NullFormatter())


def share_axis(axes: Axes, highest: float) -> None:
    """A linear axis of shares from 0 to a little above `highest`, at most 1, in percent."""
    top = 1.0 if highest > 0.75 or highest <= 0.0 else min(1.0, highest * 1.15)
    axes.set_ylim(-0.02 * top, top * 1.02)
    step = _step(top)
    axes.yaxis.set_major_locator(FixedLocator(list(np.arange(0.0, top * 1.001, step))))
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)) - 2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.{decimals}%}"))


def recolour(svg: str, old: Theme, new: Theme) -> str:
    """A drawing in the colours of `old` in those of `new`, role by role."""
    table = dict(zip(_colours(old), _colours(new), strict=True))
    return re.sub("|".join(map(re.escape, table)), lambda found: table[found[0]], svg)


def _colours(theme: Theme) -> tuple[str, ...]:
    own = (theme.page, theme.ink, theme.quiet, theme.line, theme.main, theme.fit)
    return (*own, *theme.others)


def _step(top: float) -> float:
    """1, 2 or 5 times a power of ten, so that about five steps reach `top`."""
    rough = top / 5
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999))
