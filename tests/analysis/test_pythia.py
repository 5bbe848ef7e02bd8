"""The published samples of seven Pythia models: their coverage and fits, printed by `make pythia`.

Expected numbers are the ones the paper prints; the others are checked for sense and shown.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.real_data import Counts
from vervet.analysis.coverage import coverage
from vervet.analysis.scaling import DEFAULT, PAPER, FitPreset, ScalingFit, Space, fit_counts

KS = [1, 10, 100, 1_000, 10_000]
SIZES = ["70M", "160M", "410M", "1B", "2.8B", "6.9B", "12B"]
LOG_LOG = FitPreset("log-log", Space.LOG_LOG)


def fitted(counts: Counts, preset: FitPreset) -> ScalingFit:
    found = fit_counts(*counts, preset)
    assert isinstance(found, ScalingFit), found
    return found


def shown(fit: ScalingFit) -> str:
    return f"{fit.a:7.2f} {fit.b:6.3f}  {fit.error_mean:.4f} ± {fit.error_sd:.4f}"


def test_prints_the_table_of_all_seven_models(
    pythia: dict[str, Counts], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = []
    for size in SIZES:
        counts = pythia[f"Pythia {size}"]
        curve = coverage(*counts, KS)
        assert (np.diff(curve) > 0).all()
        cells = "".join(f"{value:12.2%}" for value in curve)
        fits = "   ".join(shown(fitted(counts, preset)) for preset in (PAPER, DEFAULT, LOG_LOG))
        lines.append(f"{size:>5}{cells}   {fits}")
    heads = "".join(f"{f'k = {k:,}':>12}" for k in KS)
    presets = "   ".join(f"{name:^31}" for name in ("paper", "default", "log-log"))
    title = "Coverage, and a, b and error of c = exp(a k^b), on 128 MATH problems"
    with capsys.disabled():
        sys.stdout.write("\n".join(["", title, f"{'':>5}{heads}   {presets}", *lines, ""]))


def test_coverage_of_160m_is_the_published_one(pythia: dict[str, Counts]) -> None:
    curve = coverage(*pythia["Pythia 160M"], [1, 10_000])
    assert [f"{curve[0]:.2%}", f"{curve[1]:.0%}"] == ["0.27%", "57%"]


@pytest.mark.parametrize(
    ("size", "printed"),
    [("70M", (-7.59, -0.18, 0.0052, 0.0071)), ("12B", (-3.92, -0.35, 0.0189, 0.0118))],
)
def test_fits_are_the_published_ones(
    pythia: dict[str, Counts], size: str, printed: tuple[float, float, float, float]
) -> None:
    found = fitted(pythia[f"Pythia {size}"], PAPER)
    assert found.error_mean is not None
    assert found.error_sd is not None
    apart = np.abs(np.array([found.a, found.b, found.error_mean, found.error_sd]) - printed)
    assert (apart <= [0.03, 0.005, 0.0005, 0.0005]).all(), apart


def test_fewer_k_or_another_space_do_not_give_the_published_fit(pythia: dict[str, Counts]) -> None:
    """What the paper's text says, duplicates removed, is not what its numbers are made of."""
    found = fitted(pythia["Pythia 12B"], FitPreset("text", Space.LOG_COVERAGE))
    assert abs(found.a + 3.92) > 0.03 or abs(found.b + 0.35) > 0.005
