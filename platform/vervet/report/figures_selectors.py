"""Figures of selectors: accuracy against k beside the oracle, and each problem by its vote.

Never picks an answer, never writes a file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vervet.analysis.grid import shown_ks
from vervet.analysis.selectors_curves import SelectorTable, VotedProblem
from vervet.report.lines import End, label_ends, line_style
from vervet.report.theme import (
    LIGHT,
    Theme,
    count_axis,
    dress,
    legend_below,
    new_figure,
    share_axis,
)
from vervet.report.words import plural

__all__ = ["selectors_figure", "votes_figure"]


def selectors_figure(
    table: SelectorTable, *, title: str, theme: Theme = LIGHT, width: float = 7.6
) -> Figure:
    """Accuracy against k of every selector, the oracle too, each with its name at its end.

    Bands are the interval over problems; a ring marks the k from which on a selector gains
    nothing more. Raises `ValueError` for a table without curves.
    """
    if not table.curves:
        raise ValueError("a figure of selectors needs a curve")
    figure, axes = new_figure(theme, width=width, height=4.8)
    largest = int(table.ks[-1])
    marked = np.flatnonzero(np.isin(table.ks, shown_ks(largest))).tolist()
    ends, ringed = [], False
    for position, curve in enumerate(table.curves):
        style = line_style(theme, position)
        style.plot(axes, curve.ks, curve.accuracy, marked=marked)
        axes.fill_between(
            curve.ks, curve.low, curve.high, color=style.color, alpha=0.08, linewidth=0
        )
        if not curve.plateau.still_improving and curve.plateau.k > 1:
            at = int(np.searchsorted(curve.ks, curve.plateau.k))
            axes.plot(
                [curve.plateau.k],
                [curve.accuracy[at]],
                marker="o",
                markersize=12,
                markerfacecolor="none",
                markeredgecolor=theme.ink,
                markeredgewidth=1.2,
                linestyle="none",
                zorder=5,
                clip_on=False,
                label="_" if ringed else "from here on it gains less than half a point",
            )
            ringed = True
        ends.append(End(largest, float(curve.accuracy[-1]), curve.name, style.color))
    count_axis(axes, largest)
    share_axis(axes, max(float(curve.high.max()) for curve in table.curves))
    x = f"Candidates per problem, k\n(bands: {table.level:.0%} interval over problems)"
    dress(axes, theme, title=title, x=x, y="Problems answered correctly")
    label_ends(axes, ends)
    if ringed:
        legend_below(figure, theme)
    return figure


def votes_figure(
    rows: Sequence[VotedProblem], *, title: str, theme: Theme = LIGHT, width: float = 7.6
) -> Figure:
    """The share of correct candidates of each problem, the largest first, by their vote.

    Bars of problems whose vote is right are filled, wrong ones hatched, ties and mixed classes
    in between are plain. After Brown et al. 2024, figure 8. Raises `ValueError` for no rows.
    """
    if not rows:
        raise ValueError("a figure of votes needs a problem")
    figure, axes = new_figure(theme, width=width, height=4.0)
    places = np.arange(1, len(rows) + 1)
    heights = np.array([row.correct for row in rows])
    votes = np.array([row.vote for row in rows])
    kinds = (
        ("the vote is right", votes == 1.0, theme.main, None, theme.main),
        ("the vote is wrong", (votes == 0.0) & (heights > 0.0), theme.page, "//////", theme.fit),
        (
            "a tie, or equal answers judged differently",
            (votes > 0) & (votes < 1),
            theme.page,
            "....",
            theme.ink,
        ),
    )
    for label, wanted, face, hatch, edge in kinds:
        if not wanted.any():
            continue
        axes.bar(
            places[wanted],
            heights[wanted],
            width=1.0 if len(rows) > 80 else 0.82,
            color=face,
            edgecolor=edge,
            linewidth=0.6,
            hatch=hatch,
            label=f"{label}: {plural(int(wanted.sum()), 'problem')}",
        )
    none = int((heights == 0.0).sum())
    if none:
        first = len(rows) - none
        axes.plot(
            places[first:], np.zeros(none), linestyle="none", marker="|", markersize=7,
            color=theme.ink, label=f"no candidate is correct: {plural(none, 'problem')}",
            clip_on=False,
        )  # fmt: skip
    share_axis(axes, 1.0)
    axes.set_xlim(0.2, len(rows) + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    x = "Problems, by their share of correct candidates"
    dress(axes, theme, title=title, x=x, y="Correct candidates", grid="y")
    legend_below(figure, theme)
    return figure
