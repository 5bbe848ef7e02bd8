from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import Counts
from vervet.analysis.scaling import DEFAULT, PAPER, NoFit, ScalingFit, Space, fit_counts, fit_law
from vervet.core.errors import AnalysisError


def fitted(found: ScalingFit | NoFit) -> ScalingFit:
    assert isinstance(found, ScalingFit), found
    return found


@pytest.mark.parametrize(
    ("model", "a", "b", "mean", "sd"),
    [
        ("Pythia 70M", -7.59, -0.18, 0.0052, 0.0071),
        ("Pythia 12B", -3.92, -0.35, 0.0189, 0.0118),
    ],
)
def test_reproduces_the_fits_printed_in_the_paper(
    pythia: dict[str, Counts], model: str, a: float, b: float, mean: float, sd: float
) -> None:
    found = fitted(fit_counts(*pythia[model], PAPER))
    assert found.a == pytest.approx(a, abs=0.03)
    assert found.b == pytest.approx(b, abs=0.005)
    assert found.error_mean == pytest.approx(mean, abs=0.0005)
    assert found.error_sd == pytest.approx(sd, abs=0.0005)


@pytest.mark.parametrize("space", list(Space))
@given(a=st.floats(-9, -0.5), b=st.floats(-0.7, -0.05))
def test_recovers_a_law_from_its_own_curve(space: Space, a: float, b: float) -> None:
    ks = np.array([1, 2, 5, 10, 30, 100, 1000, 10_000])
    found = fitted(fit_law(ks, np.exp(a * ks.astype(float) ** b), space=space))
    assert (found.a, found.b) == (pytest.approx(a, rel=1e-3), pytest.approx(b, abs=1e-3))


def test_default_space_is_nearest_in_coverage(pythia: dict[str, Counts]) -> None:
    n, c = pythia["Pythia 12B"]
    default, paper = fitted(fit_counts(n, c, DEFAULT)), fitted(fit_counts(n, c, PAPER))
    assert default.error_mean is not None
    assert paper.error_mean is not None
    assert default.error_mean < paper.error_mean


def test_records_the_rules_it_was_made_by(pythia: dict[str, Counts]) -> None:
    found = fitted(fit_counts(*pythia["Pythia 70M"], PAPER))
    assert found.preset is PAPER
    assert found.space is Space.LOG_COVERAGE
    assert found.ks.size == 40
    assert found.error_ks is not None
    assert found.error_ks.size == 100


def test_default_counts_each_k_once(pythia: dict[str, Counts]) -> None:
    found = fitted(fit_counts(*pythia["Pythia 70M"]))
    assert np.unique(found.ks).size == found.ks.size < 40


def test_formula_reads_as_in_the_paper() -> None:
    found = ScalingFit(a=-7.59, b=-0.18, space=Space.COVERAGE, ks=np.array([1]))
    assert found.formula == "c = exp(-7.59 k^-0.18)"


@pytest.mark.parametrize(
    ("n", "c", "said"),
    [
        (100, [0, 0], "0 or 1 at every k"),
        (100, [100, 100], "1 at every k"),
        (2, [1, 0], "three or more"),
        (1, [1, 0], "three or more"),
    ],
)
def test_says_why_there_is_no_fit(n: int, c: list[int], said: str) -> None:
    found = fit_counts(n, c)
    assert isinstance(found, NoFit)
    assert said in found.reason


def test_a_fit_that_does_not_converge_is_no_fit() -> None:
    ks = np.array([1, 10, 100, 1000])
    found = fit_law(ks, [0.2, 0.9, 0.1, 0.8], space=Space.COVERAGE, max_evaluations=1)
    assert isinstance(found, NoFit)
    assert "did not converge" in found.reason


@pytest.mark.parametrize("curve", [[0.1, 0.2], [0.1, 0.2, 1.2], [0.1, 0.2, float("nan")]])
def test_refuses_what_is_no_curve(curve: list[float]) -> None:
    with pytest.raises(AnalysisError):
        fit_law([1, 10, 100], curve)
