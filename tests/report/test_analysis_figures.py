"""Figures of analysis: what they say, that names lie apart, and that grey tells lines apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from tests.analysis.test_selectors import answers
from vervet.analysis.cost import ModelShape, Usage
from vervet.analysis.cost_curves import Axis, CostCurve, Spender, cheapest, cost_curve
from vervet.analysis.forecast import Forecast, forecast
from vervet.analysis.selectors_curves import VotedProblem, compare_selectors
from vervet.report.analysis_tables import cost_table, selectors_table, votes_table
from vervet.report.curves import Curve, curve_of
from vervet.report.figures_forecast import forecast_figure, forecast_table
from vervet.report.figures_models import (
    ShiftedCurve,
    cost_figure,
    models_figure,
    s_curves_figure,
)
from vervet.report.figures_selectors import selectors_figure, votes_figure
from vervet.report.files import svg_text
from vervet.report.lines import _apart, line_style
from vervet.report.theme import DARK, LIGHT, Theme

C = [0, 0, 0, 1, 1, 2, 3, 5, 9, 20, 40, 80]


def models(count: int = 7) -> list[Curve]:
    """Models so alike that the names at their ends would meet."""
    return [curve_of(f"model {at}", [100] * 12, [c + at % 2 for c in C]) for at in range(count)]


def names(figure: Figure) -> list[Annotation]:
    figure.draw_without_rendering()
    return [text for text in figure.axes[0].texts if isinstance(text, Annotation)]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12).map(sorted))
def test_names_keep_their_order_and_their_distance(wanted: list[float]) -> None:
    placed = _apart(wanted, 0.05)
    assert len(placed) == len(wanted)
    assert all(b - a >= 0.05 - 1e-9 for a, b in itertools.pairwise(placed))


def test_names_at_the_ends_of_lines_do_not_meet() -> None:
    found = names(models_figure(models(), title="x"))
    assert {text.get_text() for text in found} == {f"model {at}" for at in range(7)}
    # An annotation's own extent holds its arrow too.
    boxes = sorted((Text.get_window_extent(text) for text in found), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in itertools.pairwise(boxes))


def test_names_at_the_ends_lie_within_the_picture() -> None:
    figure = models_figure(models(), title="x")
    inside = figure.bbox
    assert all(text.get_window_extent().x1 <= inside.x1 for text in names(figure))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_no_two_lines_are_told_apart_by_colour_alone(theme: Theme) -> None:
    styles = [line_style(theme, at) for at in range(35)]
    assert len({(style.marker, str(style.dash)) for style in styles}) == 35


def test_a_fit_that_was_not_found_is_not_drawn() -> None:
    none = [curve_of(name, [50] * 12, [0] * 12) for name in "ab"]
    with_fits = models_figure(models(2), title="x", fits=True)
    without = models_figure(none, title="x", fits=True)
    assert len(with_fits.axes[0].lines) == 4
    assert len(without.axes[0].lines) == 2


def test_s_curves_meet_at_their_anchor() -> None:
    moved = [ShiftedCurve(name, np.array([0.1, 1.0, 10.0]), np.array([0.1, 0.2, y]))
             for name, y in (("a", 0.5), ("b", 0.6))]  # fmt: skip
    axes = s_curves_figure(moved, anchor=0.2, title="x").axes[0]
    assert axes.get_xscale() == "log"
    assert "coverage is 20%" in axes.get_xlabel()


def spent() -> list[CostCurve]:
    use = Usage(100, 200)
    return [
        cost_curve("small", 100, [c // 2 for c in C], Spender(use, ModelShape(10**6, 2, 64))),
        cost_curve("large", 100, C, Spender(use, ModelShape(10**9, 20, 2048))),
        cost_curve("unknown", 100, C, Spender(use)),
    ]


def test_the_cheapest_way_to_a_target_is_marked_and_the_unknown_left_out() -> None:
    curves = spent()
    options, _ = cheapest(curves, 0.3, Axis.FLOPS)
    figure = cost_figure(curves, Axis.FLOPS, title="x", target=0.3, options=options)
    assert legend(figure) == [f"cheapest way to 30%: small, k = {options[0].k}"]
    assert {text.get_text() for text in names(figure)} == {"small", "large"}


def test_nothing_is_drawn_where_no_cost_is_known() -> None:
    with pytest.raises(ValueError, match="known cost"):
        cost_figure(spent()[2:], Axis.FLOPS, title="x")


def test_selectors_are_drawn_beside_the_oracle() -> None:
    problems = [answers([0] * right + [1] * (20 - right), [True] * right + [False] * (20 - right))
                for right in (1, 8, 12, 19)]  # fmt: skip
    table = compare_selectors(problems, names=["oracle", "first", "vote"])
    figure = selectors_figure(table, title="x")
    assert {text.get_text() for text in names(figure)} == {"oracle", "first", "vote"}
    header, rows = selectors_table(table)
    assert header[:3] == ("selector", "k", "accuracy")
    assert len(rows) == 3 * table.ks.size


def test_votes_are_filled_hatched_or_dotted() -> None:
    rows = [VotedProblem("a", 9, 0.9, 1.0), VotedProblem("b", 9, 0.5, 0.5),
            VotedProblem("c", 9, 0.3, 0.0), VotedProblem("d", 9, 0.0, 0.0)]  # fmt: skip
    figure = votes_figure(rows, title="x")
    hatches = [bars.patches[0].get_hatch() for bars in figure.axes[0].containers]
    assert hatches[0] is None
    assert len(set(hatches)) == 3
    assert sorted(legend(figure)) == [
        "a tie, or equal answers judged differently: 1 problem",
        "no candidate is correct: 1 problem",
        "the vote is right: 1 problem",
        "the vote is wrong: 1 problem",
    ]
    assert votes_table(rows)[1][0] == ("a", 9, 0.9, 1.0)


def test_a_forecast_begins_where_the_measured_ends() -> None:
    curve = curve_of("m", [100] * 12, C)
    told = forecast(100, C, [100, 1000])
    assert isinstance(told, Forecast)
    figure = forecast_figure(curve, [told], title="x")
    assert legend(figure)[0] == "m, measured"
    assert "at k = 1,000" in legend(figure)[1]
    _, rows = forecast_table("m", curve, [told])
    assert len(rows) == curve.estimate.ks.size + 2


def test_what_is_drawn_has_no_date_and_takes_any_name() -> None:
    curves = [curve_of(name, [9] * 12, [0, 1] * 6) for name in ("_$a_b$", "猿", "x" * 60)]
    assert "<dc:date>" not in svg_text(models_figure(curves, title="$"))
    assert len(cost_table(spent())[1]) == sum(curve.ks.size for curve in spent())


@pytest.mark.parametrize("draw", [models_figure, votes_figure])
def test_refuses_figures_of_nothing(draw: object) -> None:
    with pytest.raises(ValueError, match="needs a"):
        draw([], title="")  # type: ignore[operator]
