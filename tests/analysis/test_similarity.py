from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import Counts
from vervet.analysis.coverage import coverage
from vervet.analysis.grid import curve_ks
from vervet.analysis.similarity import k_reaching, shift_curves
from vervet.core.errors import AnalysisError

KS = np.unique(np.rint(np.geomspace(1, 10_000, 400)).astype(int))


def sigmoid(ks: object, middle: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(1 / (1 + np.exp(-(np.log(ks) - np.log(middle)))))  # type: ignore[call-overload]


@given(st.floats(0.05, 0.95), st.floats(30, 300))
def test_inverts_a_curve(level: float, middle: float) -> None:
    found = k_reaching(KS, sigmoid(KS, middle), level)
    exact = middle * level / (1 - level)
    assert found == pytest.approx(exact, rel=0.03, abs=0.2)


def test_curves_that_differ_by_a_factor_of_k_fall_together() -> None:
    curves = {str(m): (KS, sigmoid(KS, m)) for m in (20.0, 90.0, 400.0)}
    found = shift_curves(curves, anchor=0.5)
    assert found.k_at_anchor.tolist() == pytest.approx([20, 90, 400], rel=0.02)
    assert found.spread < 0.003
    assert found.spread_before > 0.1


def test_an_anchor_lies_on_every_shifted_curve(pythia: dict[str, Counts]) -> None:
    ks = curve_ks(10_000)
    curves = {name: (ks, coverage(n, c, ks)) for name, (n, c) in pythia.items()}
    found = shift_curves(curves)
    for curve in found.coverage:
        at_one = np.interp(0.0, np.log(found.relative_k), curve)
        assert at_one == pytest.approx(found.anchor, abs=2e-3)


def test_pythia_models_are_more_alike_than_their_curves(pythia: dict[str, Counts]) -> None:
    """As the paper finds within a family of models: the same S-curve, shifted."""
    ks = curve_ks(10_000)
    names = ["Pythia 1B", "Pythia 2.8B", "Pythia 6.9B", "Pythia 12B"]
    found = shift_curves({name: (ks, coverage(*pythia[name], ks)) for name in names})
    assert found.spread < 0.25 * found.spread_before


def test_refuses_curves_that_never_meet() -> None:
    low, high = ([1, 10], [0.1, 0.2]), ([1, 10], [0.5, 0.9])
    with pytest.raises(AnalysisError, match="share no coverage"):
        shift_curves({"a": low, "b": high})
    with pytest.raises(AnalysisError, match="two curves"):
        shift_curves({"a": low})
    with pytest.raises(AnalysisError, match="not every curve"):
        shift_curves({"a": low, "b": low}, anchor=0.3)


def test_refuses_what_is_no_curve() -> None:
    with pytest.raises(AnalysisError, match="never falls"):
        k_reaching([1, 2, 3], [0.1, 0.3, 0.2], 0.2)
    with pytest.raises(AnalysisError, match="ascending"):
        k_reaching([1, 3, 3], [0.1, 0.2, 0.3], 0.2)
    with pytest.raises(AnalysisError, match="values of k"):
        k_reaching([1, 3], [0.1, 0.2, 0.3], 0.2)
