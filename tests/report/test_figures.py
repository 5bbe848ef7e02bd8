from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib import _pylab_helpers, rcParams
from matplotlib.figure import Figure

from tests.real_data import Counts
from vervet.analysis.scaling import PAPER
from vervet.report.curves import Curve, curve_of
from vervet.report.figures import coverage_figure, rates_figure, status_figure
from vervet.report.files import coverage_table, svg_text
from vervet.report.rates import rate_bins
from vervet.report.theme import DARK, LIGHT, Theme, recolour


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def curve() -> Curve:
    return curve_of("held-out", [100] * 12, [0, 0, 0, 1, 1, 2, 3, 5, 9, 20, 40, 80])


def test_labels_the_fit_with_formula_and_error(pythia: dict[str, Counts]) -> None:
    curve = curve_of("Pythia 70M", *pythia["Pythia 70M"], preset=PAPER)
    labels = legend(coverage_figure([curve], title="MATH"))
    assert labels[:2] == ["Pythia 70M", "95% interval over problems"]
    assert labels[2] == r"fit $c=\exp(-7.60\,k^{-0.18})$, error 0.0052 $\pm$ 0.0072"


def test_draws_no_fit_where_there_is_none() -> None:
    labels = legend(coverage_figure([curve_of("none", [50] * 12, [0] * 12)], title=""))
    assert not any("fit" in label for label in labels)


def test_draws_what_unsettled_candidates_leave_open() -> None:
    curve = curve_of("open", [50] * 12, [2] * 6 + [0] * 6, unsettled=1)
    labels = legend(coverage_figure([curve], title=""))
    assert "if every unsettled candidate passed" in labels


def test_k_runs_on_a_log_axis_with_whole_ticks(curve: Curve) -> None:
    axes = coverage_figure([curve], title="").axes[0]
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "10", "100"]


@pytest.mark.parametrize("n", [1, 2, 3, 10, 11, 150, 12_345])
def test_ticks_of_any_n_lie_apart(n: int) -> None:
    figure = coverage_figure([curve_of("a", [n] * 3, [0, 1, 1])], title="", width=4.3)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


@pytest.mark.parametrize("n", [1, 7, 10, 200, 1_000, 10_000])
@pytest.mark.parametrize("width", [4.3, 6.4])
def test_labels_of_rates_lie_apart(n: int, width: float) -> None:
    figure = rates_figure([n] * 3, [0, 1, n], title="", width=width)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_every_problem_is_in_one_bar() -> None:
    bins = rate_bins([1000] * 7, [0, 0, 1, 10, 100, 101, 1000])
    assert bins.never == 2
    assert sum(bins.counts) == 5
    held = dict(zip([round(edge, 6) for edge in bins.edges[1:]], bins.counts, strict=True))
    # A rate on an edge belongs to the bin below it.
    assert (held[0.001], held[0.01], held[0.1], held[1.0]) == (1, 1, 1, 1)


def test_sets_infrastructure_apart() -> None:
    figure = status_figure({"infra_error": 3, "failed": 5, "passed": 2}, title="")
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["passed", "failed", "infrastructure"]
    assert [bool(patch.get_hatch()) for patch in figure.axes[0].patches] == [False, False, True]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_contrast_enough(theme: Theme) -> None:
    for colour in (theme.ink, theme.quiet):
        assert contrast(colour, theme.page) >= 4.5
    for colour in (theme.main, theme.fit, *theme.others):
        assert contrast(colour, theme.page) >= 3.0


def contrast(first: str, second: str) -> float:
    """Contrast ratio of WCAG 2.1."""

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_a_dark_drawing_has_no_light_colour_left(curve: Curve) -> None:
    dark = recolour(svg_text(coverage_figure([curve], title="x")), LIGHT, DARK)
    assert LIGHT.page not in dark
    assert LIGHT.ink not in dark
    assert DARK.main in dark


def test_data_beside_the_curve_holds_the_fit_too(curve: Curve) -> None:
    header, rows = coverage_table([curve])
    assert header == ("curve", "k", "coverage", "low", "high", "lower", "upper", "fit")
    assert len(rows) == curve.estimate.ks.size
    assert rows[0][:3] == ("held-out", 1, pytest.approx(161 / 1200))


def test_leaves_the_state_of_matplotlib_alone(curve: Curve) -> None:
    before = dict(rcParams)
    svg_text(coverage_figure([curve], title="x"))
    assert dict(rcParams) == before
    assert _pylab_helpers.Gcf.get_all_fig_managers() == []  # type: ignore[no-untyped-call]


def test_refuses_figures_of_nothing() -> None:
    with pytest.raises(ValueError, match="needs a curve"):
        coverage_figure([], title="")
    with pytest.raises(ValueError, match="needs a candidate"):
        status_figure({}, title="")
