"""Several lines on one pair of axes, told apart by marker and dash before colour.

Owns their styles and the names at their ends; knows nothing of what they show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from vervet.report.theme import TEXT_SIZE, Theme, fitted

__all__ = ["End", "LineStyle", "label_ends", "line_style"]

_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.3)), (0, (6, 1.5, 1, 1.5)), (0, (9, 2)))
_GAP = 0.058
"""Between the names at the ends of lines, as a share of the height of axes 3.6 inches high."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How one line looks: never two alike among the first 42."""

    color: str
    marker: str
    dash: Any

    def plot(
        self,
        axes: Axes,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        marked: Sequence[int] | None = None,
        label: str = "",
        width: float = 1.7,
    ) -> None:
        """Draws the line with markers at the places `marked`, at all points if not given."""
        axes.plot(
            np.asarray(x),
            np.asarray(y),
            color=self.color,
            linestyle=self.dash,
            marker=self.marker,
            markevery=None if marked is None else list(marked),
            markersize=5,
            linewidth=width,
            label=fitted(axes, label) if label else "_",
            zorder=3,
        )


@dataclass(frozen=True, slots=True)
class End:
    """Where a line ends on the right, and its name."""

    x: float
    y: float
    name: str
    color: str


def line_style(theme: Theme, position: int) -> LineStyle:
    """The style of the line at that position among those of a figure."""
    colors = (theme.main, theme.fit, *theme.others, theme.ink)
    return LineStyle(
        color=colors[position % len(colors)],
        marker=_MARKERS[position % len(_MARKERS)],
        dash=_DASHES[position % len(_DASHES)],
    )


def label_ends(axes: Axes, ends: Sequence[End], *, high: float = 3.6) -> None:
    """Names lines where they end, to the right of the axes, moved apart where they would meet.

    To be called once the limits of the axes stand; `high` is the height of the axes in inches.
    """
    if not ends:
        return
    order = sorted(ends, key=lambda end: end.y)
    to_axes = axes.transData + axes.transAxes.inverted()
    wanted = [float(to_axes.transform((end.x, end.y))[1]) for end in order]
    for end, height in zip(order, _apart(wanted, _GAP * 3.6 / high), strict=True):
        axes.annotate(
            fitted(axes, end.name),
            xy=(end.x, end.y),
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize=TEXT_SIZE - 1,
            color=end.color,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": end.color,
                "linewidth": 0.6,
                "alpha": 0.7,
                "shrinkA": 1,
                "shrinkB": 3,
            },
        )


def _apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Heights in the given rising order, at least `gap` apart and as near as can be.

    Names that would meet form a block around their mean height.
    """
    blocks: list[list[float]] = []
    for height in wanted:
        blocks.append([height])
        while len(blocks) > 1 and _top(blocks[-2], gap) + gap > _bottom(blocks[-1], gap):
            last = blocks.pop()
            blocks[-1] += last
    return [_bottom(block, gap) + gap * at for block in blocks for at in range(len(block))]


def _bottom(block: Sequence[float], gap: float) -> float:
    return sum(block) / len(block) - gap * (len(block) - 1) / 2


def _top(block: Sequence[float], gap: float) -> float:
    return _bottom(block, gap) + gap * (len(block) - 1)
