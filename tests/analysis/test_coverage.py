from __future__ import annotations

import math
import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import Counts
from vervet.analysis.coverage import coverage, coverage_bounds, pass_at_k
from vervet.core.errors import AnalysisError


def exact(n: int, c: int, k: int) -> float:
    """1 - C(n-c, k) / C(n, k) by whole numbers, rounded once."""
    every = math.comb(n, k)
    return (every - math.comb(n - c, k)) / every


def single(n: int, c: int, k: int) -> float:
    return float(pass_at_k(n, [c], k)[0, 0])


@st.composite
def counts(draw: st.DrawFn, largest: int = 80) -> tuple[int, int, int]:
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@pytest.mark.parametrize("n", range(1, 8))
def test_is_the_share_of_subsets_that_hold_a_pass(n: int) -> None:
    for c in range(n + 1):
        for k in range(1, n + 1):
            drawn = list(combinations(range(n), k))
            share = sum(any(index < c for index in subset) for subset in drawn) / len(drawn)
            assert single(n, c, k) == pytest.approx(share, rel=1e-14)


@given(counts())
def test_equals_the_ratio_of_binomials(case: tuple[int, int, int]) -> None:
    assert single(*case) == pytest.approx(exact(*case), rel=1e-13, abs=0)


@pytest.mark.parametrize(
    ("c", "k"),
    [
        (1, 1),
        (1, 2),
        (1, 199_999),
        (2, 100_000),
        (3, 77),
        (77, 3),
        (450, 450),
        (600, 3_000),
        (3_000, 600),
        (100_000, 1),
        (100_000, 20),
        (199_999, 1),
        (40, 199_960),
        (120_000, 80_001),
    ],
)
def test_keeps_twelve_digits_at_200_000_candidates(c: int, k: int) -> None:
    assert single(200_000, c, k) == pytest.approx(exact(200_000, c, k), rel=1e-12, abs=0)


@pytest.mark.parametrize("c", [1, 63, 400, 2_500, 60_000])
def test_keeps_twelve_digits_on_a_grid(c: int) -> None:
    ks = np.unique(np.rint(np.geomspace(1, 200_000, 100)).astype(np.int64))
    found = pass_at_k(200_000, [c], ks)[:, 0]
    checked = [at for at, k in enumerate(ks) if k <= 5_000]
    truth = [exact(200_000, c, int(ks[at])) for at in checked]
    np.testing.assert_allclose(found[checked], truth, rtol=1e-12, atol=0)


@given(counts())
def test_more_candidates_never_lower_it(case: tuple[int, int, int]) -> None:
    n, c, _ = case
    found = pass_at_k(n, [c], np.arange(1, n + 1))[:, 0]
    assert (np.diff(found) >= -1e-15).all()


@given(counts())
def test_more_passes_never_lower_it(case: tuple[int, int, int]) -> None:
    n, _, k = case
    assert (np.diff(pass_at_k(n, np.arange(n + 1), k)[0]) >= -1e-15).all()


@given(counts(largest=10**6))
def test_one_candidate_passes_at_the_rate_of_passes(case: tuple[int, int, int]) -> None:
    n, c, _ = case
    assert single(n, c, 1) == pytest.approx(c / n, rel=1e-14, abs=0)


@given(counts(largest=10**6))
def test_all_candidates_hold_every_pass(case: tuple[int, int, int]) -> None:
    n, c, _ = case
    assert single(n, c, n) == (1.0 if c else 0.0)


def test_takes_each_problem_with_its_own_n() -> None:
    n, c, ks = [10, 20, 40], [3, 0, 7], [1, 5, 10]
    truth = [[exact(a, b, k) for a, b in zip(n, c, strict=True)] for k in ks]
    np.testing.assert_allclose(pass_at_k(n, c, ks), truth, rtol=1e-14)


def test_coverage_is_the_mean_over_problems() -> None:
    assert coverage([4, 4], [1, 0], [1, 2, 4]).tolist() == pytest.approx([1 / 8, 1 / 4, 1 / 2])


def test_published_coverage_of_pythia_160m(pythia: dict[str, Counts]) -> None:
    first, last = coverage(*pythia["Pythia 160M"], [1, 10_000])
    assert (round(first * 100, 2), round(last * 100)) == (0.27, 57)


def test_unsettled_candidates_are_counted_both_ways() -> None:
    found = coverage_bounds([4, 4], [1, 0], [0, 2], [1, 4])
    assert found.lower.tolist() == pytest.approx([1 / 8, 1 / 2])
    assert found.upper.tolist() == pytest.approx([3 / 8, 1.0])


@pytest.mark.parametrize(
    ("n", "c", "ks", "said"),
    [
        ([], [], [1], "no problems"),
        ([5, 0], [1, 0], [1], "n is 0 for problem 'b'"),
        ([5, 5], [1, -1], [1], "c is -1 for problem 'b'"),
        ([5, 5], [1, 6], [1], "c is 6 and n only 5 for problem 'b'"),
        ([5, 5], [1, float("nan")], [1], "c is nan for problem 'b'"),
        ([5, float("inf")], [1, 1], [1], "n is inf for problem 'b'"),
        ([5, 5], [1, 0.5], [1], "c is 0.5 for problem 'b'"),
        ([5, 5, 5], [1, 1], [1], "n is given for 3 problems and c for 2"),
        ([5, 3], [1, 1], [1, 4], "k = 4 is larger than n = 3, the candidates of problem 'b'"),
        ([5, 5], [1, 1], [0], "k is 0"),
        ([5, 5], [1, 1], [], "no k"),
        ([5, 5], [1, 1], [1.5], "k is 1.5"),
        ([5, 5], ["x", "y"], [1], "not a number"),
    ],
)
def test_refuses_counts_that_cannot_be(
    n: list[float], c: list[float], ks: list[float], said: str
) -> None:
    with pytest.raises(AnalysisError, match=said):
        pass_at_k(n, c, ks, names=["a", "b"][: len(c)])


def test_refuses_more_unsettled_than_did_not_pass() -> None:
    with pytest.raises(AnalysisError, match="unsettled is 3 and only 2"):
        coverage_bounds([4], [2], [3], [1])


def test_a_thousand_problems_at_a_hundred_k_take_less_than_a_tenth_of_a_second() -> None:
    c = np.rint(10_000 ** np.random.default_rng(0).random(1_000)).astype(np.int64)
    n, ks = np.full(1_000, 10_000), np.rint(np.geomspace(1, 10_000, 100)).astype(np.int64)
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        pass_at_k(n, c, ks)
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.1
