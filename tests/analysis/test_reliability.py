from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.analysis.coverage import pass_at_k
from vervet.analysis.reliability import g_pass_at_k, pass_hat_k
from vervet.core.errors import AnalysisError


@st.composite
def counts(draw: st.DrawFn, largest: int = 60) -> tuple[int, int, int]:
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


def at_least(n: int, c: int, k: int, needed: int) -> float:
    """The hypergeometric tail in whole numbers, rounded once."""
    ways = sum(math.comb(c, j) * math.comb(n - c, k - j) for j in range(needed, min(c, k) + 1))
    return ways / math.comb(n, k)


@pytest.mark.parametrize("n", range(1, 7))
def test_pass_hat_k_is_the_share_of_subsets_that_all_pass(n: int) -> None:
    for c in range(n + 1):
        for k in range(1, n + 1):
            drawn = list(combinations(range(n), k))
            share = sum(all(index < c for index in subset) for subset in drawn) / len(drawn)
            assert pass_hat_k(n, [c], k)[0, 0] == pytest.approx(share, rel=1e-13, abs=0)


@given(counts())
def test_pass_hat_k_equals_the_ratio_of_binomials(case: tuple[int, int, int]) -> None:
    n, c, k = case
    truth = math.comb(c, k) / math.comb(n, k)
    assert pass_hat_k(n, [c], k)[0, 0] == pytest.approx(truth, rel=1e-12, abs=0)


@given(counts())
def test_all_pass_is_no_failure_among_k(case: tuple[int, int, int]) -> None:
    n, c, k = case
    mirrored = 1 - pass_at_k(n, [n - c], k)[0, 0]
    assert pass_hat_k(n, [c], k)[0, 0] == pytest.approx(mirrored, abs=1e-14)


@given(counts(), st.integers(0, 20))
def test_g_pass_is_the_hypergeometric_tail(case: tuple[int, int, int], step: int) -> None:
    n, c, k = case
    needed = max(1, -(-step * k // 20))
    found = g_pass_at_k(n, [c], k, step / 20)[0, 0]
    assert found == pytest.approx(at_least(n, c, k, needed), rel=1e-11, abs=0)


@given(counts())
def test_g_pass_runs_from_pass_at_k_to_pass_hat_k(case: tuple[int, int, int]) -> None:
    n, c, k = case
    found = [g_pass_at_k(n, [c], k, tau)[0, 0] for tau in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert found[0] == pytest.approx(pass_at_k(n, [c], k)[0, 0], rel=1e-13, abs=0)
    assert found[-1] == pytest.approx(pass_hat_k(n, [c], k)[0, 0], rel=1e-12, abs=0)
    assert (np.diff(found) <= 1e-13).all()


def test_a_share_that_is_a_whole_number_of_candidates_asks_for_no_more() -> None:
    assert g_pass_at_k(60, [20], 30, 0.1)[0, 0] == pytest.approx(at_least(60, 20, 30, 3))


def test_takes_each_problem_with_its_own_n() -> None:
    found = g_pass_at_k([8, 30, 16], [6, 10, 16], [4, 8], 0.5)
    truth = [[at_least(n, c, k, k // 2) for n, c in ((8, 6), (30, 10), (16, 16))] for k in (4, 8)]
    np.testing.assert_allclose(found, truth, rtol=1e-12)


def test_keeps_its_digits_at_10_000_candidates() -> None:
    found = g_pass_at_k(10_000, [2_500], [16, 400], 0.25)[:, 0]
    truth = [at_least(10_000, 2_500, k, k // 4) for k in (16, 400)]
    np.testing.assert_allclose(found, truth, rtol=1e-11)


@pytest.mark.parametrize("tau", [-0.1, 1.1, float("nan")])
def test_refuses_a_share_that_is_none(tau: float) -> None:
    with pytest.raises(AnalysisError, match="tau"):
        g_pass_at_k(10, [3], 2, tau)


def test_refuses_k_beyond_n() -> None:
    with pytest.raises(AnalysisError, match="larger than n"):
        pass_hat_k([10, 5], [3, 3], 6)
    with pytest.raises(AnalysisError, match="larger than n"):
        g_pass_at_k([10, 5], [3, 3], 6, 0.5)
