from __future__ import annotations

import numpy as np
import pytest

from tests.real_data import Counts
from vervet.analysis.backtest import backtest
from vervet.analysis.coverage import coverage
from vervet.analysis.forecast import DEFAULT, Forecast, Method, forecast, point_forecast
from vervet.analysis.samples import SamplesNeeded, samples_for
from vervet.analysis.scaling import NoFit
from vervet.core.errors import AnalysisError

METHODS = list(Method)


def made(found: Forecast | NoFit) -> Forecast:
    assert isinstance(found, Forecast), found
    return found


def needed(found: SamplesNeeded | NoFit) -> SamplesNeeded:
    assert isinstance(found, SamplesNeeded), found
    return found


@pytest.fixture(scope="module")
def small(pythia: dict[str, Counts]) -> Counts:
    """100 of the 10,000 candidates of each problem of Pythia 12B."""
    n, c = pythia["Pythia 12B"]
    passes = np.random.default_rng(0).hypergeometric(c, n - c, 100)
    return np.full(c.size, 100), passes


@pytest.mark.parametrize("method", METHODS)
def test_a_hundred_candidates_foretell_ten_thousand(
    pythia: dict[str, Counts], small: Counts, method: Method
) -> None:
    found = made(forecast(*small, [1_000, 10_000], method, resamples=60))
    truth = coverage(*pythia["Pythia 12B"], [1_000, 10_000])
    np.testing.assert_allclose(found.coverage, truth, atol=0.05)
    assert ((found.low <= truth) & (truth <= found.high)).all()


@pytest.mark.parametrize("method", METHODS)
def test_an_interval_holds_its_forecast_and_stays_within_bounds(
    small: Counts, method: Method
) -> None:
    found = made(forecast(*small, [1, 30, 10**4, 10**8], method, resamples=30))
    bounds = np.stack([np.zeros(4), found.low, found.coverage, found.high, np.ones(4)])
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds, axis=0) >= 0).all()
    assert (np.diff(found.coverage) >= 0).all()


def test_the_same_counts_give_the_same_forecast(small: Counts) -> None:
    first, second = (made(forecast(*small, [5_000], Method.BETA)) for _ in range(2))
    assert (first.low[0], first.high[0]) == (second.low[0], second.high[0])


def test_the_line_is_the_straight_one_through_the_logarithms(small: Counts) -> None:
    ks = np.unique(np.rint(np.geomspace(1, 100, 40)))
    level = np.log(-np.log(coverage(*small, ks)))
    line = np.polynomial.Polynomial.fit(np.log(ks), level, 1)
    found = made(forecast(*small, [10, 10**5], Method.LINE))
    truth = np.exp(-np.exp(line(np.log([10.0, 1e5]))))
    np.testing.assert_allclose(found.coverage, truth, rtol=1e-9)


@pytest.fixture(scope="module")
def errors(pythia: dict[str, Counts]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Error of each method from 100 candidates to 10,000, shape (models, methods)."""
    found = [backtest(n, c, 100, repeats=4) for n, c in pythia.values()]
    return np.array([[one.score(method).error for method in METHODS] for one in found], dtype=float)


def test_default_is_no_worse_than_any_single_method_on_pythia(
    errors: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    means = errors.mean(axis=0)
    assert means[METHODS.index(DEFAULT)] <= means.min()


def test_default_is_what_the_other_six_models_would_choose(
    errors: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    for left_out in range(len(errors)):
        others = np.delete(errors, left_out, axis=0).mean(axis=0)
        assert METHODS[int(others.argmin())] is DEFAULT


def test_a_backtest_knows_which_was_right() -> None:
    """Half the problems can never be solved: only one model can say so."""
    rng = np.random.default_rng(8)
    rates = rng.beta(1.0, 8.0, 300) * (rng.random(300) < 0.5)
    found = backtest(1_000, rng.binomial(1_000, rates), 40, repeats=3)
    assert found.best is Method.ZERO_INFLATED
    line = found.score(Method.LINE)
    assert line.bias is not None
    assert line.bias > 0.1


def test_a_backtest_compares_with_what_was_measured(pythia: dict[str, Counts]) -> None:
    n, c = pythia["Pythia 410M"]
    found = backtest(n, c, methods=[Method.LINE], repeats=2)
    assert (found.small, found.ks[-1]) == (1_000, 10_000)
    np.testing.assert_array_equal(found.measured, coverage(n, c, found.ks))
    score = found.score(Method.LINE)
    assert score.forecast is not None
    assert score.bias == pytest.approx(score.forecast[-1] - found.measured[-1])


def test_a_backtest_without_passes_names_no_winner() -> None:
    found = backtest(100, [0] * 20, repeats=2)
    assert found.best is None
    assert [(one.error, one.failed) for one in found.scores] == [(None, 2)] * len(METHODS)


@pytest.mark.parametrize(("n", "small"), [(10, None), (100, 51), (100, 1)])
def test_refuses_a_backtest_that_tells_nothing(n: int, small: int | None) -> None:
    with pytest.raises(AnalysisError, match="tells nothing"):
        backtest(n, [1, 2, 3], small)


@pytest.mark.parametrize("method", METHODS)
def test_samples_for_a_coverage_are_the_fewest_that_reach_it(small: Counts, method: Method) -> None:
    found = needed(samples_for(*small, 0.7, method, resamples=20))
    assert found.k is not None
    assert found.low is not None
    assert found.low <= found.k
    assert found.high is None or found.k <= found.high
    curve = point_forecast(*small, [found.k - 1, found.k], method)
    assert curve is not None
    assert curve[0] < 0.7 <= curve[1]


def test_a_coverage_already_measured_is_read_off(pythia: dict[str, Counts]) -> None:
    n, c = pythia["Pythia 12B"]
    found = needed(samples_for(n, c, 0.5))
    assert found.measured
    assert found.k is not None
    before, after = coverage(n, c, [found.k - 1, found.k])
    assert before < 0.5 <= after


def test_a_coverage_beyond_reach_is_never() -> None:
    c = [0] * 30 + [20, 40, 60, 80] * 8
    found = needed(samples_for(100, c, 0.99, Method.ZERO_INFLATED, resamples=30))
    assert found.k is None
    assert found.high is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("c", [[0] * 12, [50] * 12])
def test_nothing_to_learn_from_is_no_fit(method: Method, c: list[int]) -> None:
    assert isinstance(forecast(50, c, [1_000], method), NoFit)
    assert isinstance(samples_for(50, c, 0.5, method), NoFit)


def test_too_few_solved_problems_are_said() -> None:
    c = [0] * 40 + [1, 2, 3, 9, 30, 2, 2]
    found = made(forecast(50, c, [1_000], Method.BETA))
    assert [caveat.code for caveat in found.caveats] == ["few_solved"]


def test_one_solved_problem_is_too_few_for_an_interval() -> None:
    found = forecast(50, [0] * 40 + [3], [1_000], Method.BETA)
    assert isinstance(found, NoFit)
    assert "resamples" in found.reason


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, float("nan")])
def test_refuses_a_target_that_is_none(target: float) -> None:
    with pytest.raises(AnalysisError, match="target"):
        samples_for(100, [1, 2], target)


def test_refuses_a_level_or_resamples_that_are_none() -> None:
    with pytest.raises(AnalysisError, match="level"):
        forecast(100, [1, 2, 3], [10], level=1.0)
    with pytest.raises(AnalysisError, match="resamples"):
        forecast(100, [1, 2, 3], [10], resamples=3)


def test_beta_rates_are_found_where_sampling_stopped_at_success_and_the_line_warns() -> None:
    rng = np.random.default_rng(5)
    rates = rng.beta(0.6, 4.0, 600)
    n = np.minimum(rng.geometric(np.maximum(rates, 1e-9)), 200)
    c = (n < 200).astype(np.int64)
    found = made(forecast(n, c, [10], Method.BETA, resamples=40))
    truth = 1 - np.prod([(4.0 + i) / (4.6 + i) for i in range(10)])
    assert found.low[0] < truth < found.high[0]
    late = n > 3
    line = made(forecast(n[late], c[late], [1], Method.LINE, resamples=40))
    assert "perhaps_stopped" in {caveat.code for caveat in line.caveats}
