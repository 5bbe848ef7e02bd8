from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.real_data import Counts
from vervet.analysis.coverage import coverage
from vervet.analysis.intervals import estimate_coverage, never_solved_bound
from vervet.core.errors import AnalysisError


def codes(n: object, c: object) -> set[str]:
    estimate = estimate_coverage(n, c, [1], resamples=99)  # type: ignore[arg-type]
    return {caveat.code for caveat in estimate.caveats}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=25))
def test_an_interval_is_finite_within_bounds_and_holds_its_estimate(c: list[int]) -> None:
    found = estimate_coverage(12, c, [1, 2, 5, 11, 12], resamples=199)
    assert np.isfinite(found.low).all()
    assert np.isfinite(found.high).all()
    assert (found.low >= 0).all()
    assert (found.low <= found.coverage).all()
    assert (found.coverage <= found.high).all()
    assert (found.high <= 1).all()


def test_is_near_the_normal_interval_where_that_one_is_right() -> None:
    c = np.random.default_rng(5).integers(30, 71, 400)
    found = estimate_coverage(100, c, [1])
    assert found.standard_error is not None
    half = 1.96 * found.standard_error
    np.testing.assert_allclose(found.low, found.coverage - half, atol=5e-4)
    np.testing.assert_allclose(found.high, found.coverage + half, atol=5e-4)


def test_an_interval_moves_smoothly_with_k() -> None:
    """A tie that rounding breaks would shift the bias correction from one k to the next."""
    found = estimate_coverage(100, [40, 4, 1, 0, 0], np.arange(40, 101))
    assert np.abs(np.diff(found.low)).max() < 0.01
    assert np.abs(np.diff(found.high)).max() < 0.01


def test_the_same_counts_give_the_same_interval() -> None:
    first, second = (estimate_coverage(20, [0, 3, 9, 20, 1], [1, 10]) for _ in range(2))
    np.testing.assert_array_equal(first.low, second.low)


THIRDS_OF_DECADES = np.array([1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000])
"""The named grid of k of docs/analysis.md: the interval is promised where coverage is moderate."""


def test_nominal_95_percent_holds_on_real_rates(pythia: dict[str, Counts]) -> None:
    """Coverage of the interval itself, on problems drawn from the rates of Pythia 12B."""
    n, c = pythia["Pythia 12B"]
    rates = c / n
    truths = np.mean(1 - (1 - rates) ** THIRDS_OF_DECADES[:, np.newaxis], axis=1)
    promised = (truths > 0.05) & (truths < 0.95)
    ks, truth = THIRDS_OF_DECADES[promised], truths[promised]
    assert ks.tolist() == [3, 10, 30, 100, 300, 1_000, 3_000, 10_000]
    rng = np.random.default_rng(7)
    held, trials = np.zeros(ks.size), 400
    for trial in range(trials):
        passes = rng.binomial(10_000, rng.choice(rates, size=rates.size))
        found = estimate_coverage(10_000, passes, ks, resamples=999, seed=trial)
        held += (found.low <= truth) & (truth <= found.high)
    assert ((held / trials >= 0.92) & (held / trials <= 0.97)).all(), held / trials


def test_no_solved_problem_leaves_the_rule_of_three_over_problems() -> None:
    found = estimate_coverage(50, [0] * 100, [1, 50])
    assert found.coverage.tolist() == [0.0, 0.0]
    assert found.low.tolist() == [0.0, 0.0]
    assert found.high == pytest.approx([1 - 0.05 ** (1 / 100)] * 2)
    assert found.high[0] == pytest.approx(3 / 100, rel=0.02)


def test_all_solved_mirrors_none_solved() -> None:
    found = estimate_coverage(50, [50] * 100, [1])
    assert (found.low[0], found.high[0]) == (pytest.approx(0.05 ** (1 / 100)), 1.0)


def test_one_problem_says_almost_nothing_about_others() -> None:
    found = estimate_coverage(10, [5], [1])
    assert (found.low[0], found.high[0]) == (pytest.approx(0.025), pytest.approx(0.975))
    assert found.standard_error is None


def test_standard_error_is_that_of_a_mean() -> None:
    found = estimate_coverage(4, [0, 4], [1], resamples=99)
    assert found.standard_error is not None
    assert found.standard_error[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("n", "c", "expected"),
    [
        (10, [3] * 30, {"all_solved"}),
        (10, [0] * 30, {"none_solved"}),
        (10, [0] * 28 + [1, 2], {"few_solved"}),
        (10, [0] * 15 + [3] * 15, set()),
        (10, [0], {"one_problem", "none_solved"}),
        (10, [3, 4, 5], {"few_problems", "all_solved"}),
    ],
)
def test_says_what_a_reader_must_know(n: int, c: list[int], expected: set[str]) -> None:
    assert codes(n, c) == expected


@pytest.mark.parametrize(("n", "bound"), [(1, 0.95), (200, 0.0149), (10_000, 0.00029953)])
def test_never_solved_is_not_never_solvable(n: int, bound: float) -> None:
    assert never_solved_bound(n) == pytest.approx(bound, rel=5e-3)
    assert (1 - never_solved_bound(n)) ** n == pytest.approx(0.05)


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_refuses_a_level_that_is_none(level: float) -> None:
    with pytest.raises(AnalysisError, match="level"):
        estimate_coverage(10, [1, 2], [1], level=level)


def test_refuses_a_bound_without_candidates() -> None:
    with pytest.raises(AnalysisError, match="n is 0"):
        never_solved_bound(0)


def test_estimate_is_coverage(pythia: dict[str, Counts]) -> None:
    n, c = pythia["Pythia 1B"]
    found = estimate_coverage(n, c, [1, 100, 10_000])
    np.testing.assert_array_equal(found.coverage, coverage(n, c, [1, 100, 10_000]))


def test_sampling_that_stopped_at_a_success_has_the_estimate_that_allows_for_it() -> None:
    n = np.random.default_rng(1).geometric(0.25, 400)
    found = estimate_coverage(n, np.ones_like(n), [1, 3], last_passed=n > 0, resamples=999)
    assert "stopped_at_success" in {caveat.code for caveat in found.caveats}
    assert found.low[0] < 0.25 < found.high[0]
    assert found.low[1] < 1 - 0.75**3 < found.high[1]


def test_counts_that_look_stopped_are_said() -> None:
    n = [2, 3, 5, 9, 4, 7, 20, 20]
    assert "perhaps_stopped" in codes(n, [1, 1, 1, 1, 1, 1, 0, 0])
