"""Models of success rates against scipy's and mpmath's, and their fits against other searches."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize

from tests.real_data import Counts
from vervet.analysis.rates import BetaRates, RateModel, ScaledBetaRates, ZeroInflatedRates
from vervet.analysis.rates_fit import RateFit, fit_rates
from vervet.analysis.rates_grid import moments
from vervet.analysis.scaling import NoFit

SHAPES = st.floats(0.02, 60.0)
KINDS: list[type[RateModel]] = [BetaRates, ZeroInflatedRates, ScaledBetaRates]


def fitted(kind: type[RateModel], n: object, c: object) -> RateFit:
    found = fit_rates(kind, n, c)  # type: ignore[arg-type]
    assert isinstance(found, RateFit), found
    return found


def scaled_moment(a: float, b: float, scale: float, c: int, m: int) -> float:
    """log E[(s x)^c (1 - s x)^m] by Gauss's series with 400 digits."""
    with mp.workdps(400):
        ratio = mp.beta(a + c, b) / mp.beta(a, b)
        return float(mp.log(mp.mpf(scale) ** c * ratio * mp.hyp2f1(-m, a + c, a + b + c, scale)))


@given(SHAPES, SHAPES, st.integers(1, 5000))
def test_beta_counts_are_scipys_beta_binomial(a: float, b: float, n: int) -> None:
    c = np.unique(np.linspace(0, n, 7).astype(int))
    found = BetaRates(a, b).log_likelihood(n, c)
    np.testing.assert_allclose(found, stats.betabinom.logpmf(c, n, a, b), rtol=1e-8, atol=1e-8)


@given(SHAPES, SHAPES, st.integers(1, 10**6))
def test_beta_coverage_is_one_less_the_ratio_of_betas(a: float, b: float, k: int) -> None:
    with mp.workdps(50):
        truth = float(1 - mp.beta(a, mp.mpf(b) + k) / mp.beta(a, b))
    assert BetaRates(a, b).coverage([k])[0] == pytest.approx(truth, rel=1e-7, abs=1e-11)


@given(st.floats(0.01, 0.99), SHAPES, SHAPES)
def test_zero_inflation_only_adds_problems_without_a_pass(never: float, a: float, b: float) -> None:
    found = np.exp(ZeroInflatedRates(never, a, b).log_likelihood(12, np.arange(13)))
    plain = stats.betabinom.pmf(np.arange(13), 12, a, b)
    np.testing.assert_allclose(found[1:], (1 - never) * plain[1:], rtol=1e-9)
    assert found.sum() == pytest.approx(1.0, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(SHAPES, SHAPES, st.floats(0.001, 0.999), st.integers(0, 300), st.integers(1, 300))
def test_scaled_moments_are_gauss_series(a: float, b: float, s: float, c: int, m: int) -> None:
    found = ScaledBetaRates(a, b, s)
    exact = scaled_moment(a, b, s, c, m)
    assert moments(a, b, s, [c], [m]).log[0] == pytest.approx(exact, abs=1e-6, rel=1e-8)
    miss = np.exp(scaled_moment(a, b, s, 0, m))
    assert found.coverage([m])[0] == pytest.approx(1 - miss, abs=1e-6)


@settings(deadline=None)
@given(SHAPES, SHAPES, st.floats(0.01, 0.99), st.integers(1, 400))
def test_scaled_chances_sum_to_one(a: float, b: float, s: float, n: int) -> None:
    chances = np.exp(ScaledBetaRates(a, b, s).log_likelihood(n, np.arange(n + 1)))
    assert chances.sum() == pytest.approx(1.0, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 20), st.floats(0.05, 20), st.floats(0.05, 0.95))
def test_slopes_of_scaled_moments_are_those_of_small_steps(a: float, b: float, s: float) -> None:
    c, m = np.array([0, 1, 40]), np.array([90, 7, 60])
    found = moments(a, b, s, c, m)
    step = 1e-5
    for slope, up, down in (
        (found.by_a, (a * (1 + step), b, s), (a * (1 - step), b, s)),
        (found.by_b, (a, b * (1 + step), s), (a, b * (1 - step), s)),
        (found.by_scale, (a, b, s * (1 + step)), (a, b, s * (1 - step))),
    ):
        width = sum(up) - sum(down)
        rise = (moments(*up, c, m).log - moments(*down, c, m).log) / width
        np.testing.assert_allclose(slope, rise, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "model", [BetaRates(0.4, 6.0), ZeroInflatedRates(0.3, 0.8, 5.0), ScaledBetaRates(0.5, 2.0, 0.3)]
)
def test_drawn_problems_show_the_coverage_of_their_model(model: RateModel) -> None:
    rates = model.draw(np.random.default_rng(3), 200_000)
    for k in (1, 20):
        assert np.mean(1 - (1 - rates) ** k) == pytest.approx(model.coverage([k])[0], abs=5e-3)


@pytest.mark.parametrize(
    "model", [BetaRates(0.4, 6.0), ZeroInflatedRates(0.3, 0.8, 5.0), ScaledBetaRates(0.5, 2.0, 0.3)]
)
def test_a_fit_recovers_what_made_its_counts(model: RateModel) -> None:
    rng = np.random.default_rng(4)
    c = rng.binomial(200, model.draw(rng, 4000))
    found = fitted(type(model), 200, c)
    ks = np.array([1, 10, 100, 1000])
    np.testing.assert_allclose(found.model.coverage(ks), model.coverage(ks), atol=0.02)
    assert found.agreed >= 2


@pytest.mark.parametrize("size", [100, 10_000])
def test_no_other_search_climbs_higher(pythia: dict[str, Counts], size: int) -> None:
    """A search by scipy on scipy's own likelihood ends at the same maximum."""
    n, c = pythia["Pythia 1B"]
    c = np.random.default_rng(1).hypergeometric(c, n - c, size)
    other = minimize(
        lambda at: -stats.betabinom.logpmf(c, size, np.exp(at[0]), np.exp(at[1])).sum(),
        [-1.0, 2.0],
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-8},
    )
    found = fitted(BetaRates, size, c)
    assert found.log_likelihood == pytest.approx(-other.fun, abs=1e-4)
    assert isinstance(found.model, BetaRates)
    assert found.model.a == pytest.approx(np.exp(other.x[0]), rel=1e-2)


def test_a_model_with_one_more_freedom_never_fits_worse(pythia: dict[str, Counts]) -> None:
    for size in ("70M", "160M", "12B"):
        n, c = pythia[f"Pythia {size}"]
        small = np.random.default_rng(2).hypergeometric(c, n - c, 100)
        plain, inflated, scaled = (fitted(kind, 100, small) for kind in KINDS)
        assert inflated.log_likelihood > plain.log_likelihood - 1e-2
        assert scaled.log_likelihood > plain.log_likelihood - 1e-2


def test_fits_problems_with_their_own_n() -> None:
    rng = np.random.default_rng(6)
    n = rng.integers(20, 400, 3000)
    found = fitted(BetaRates, n, rng.binomial(n, rng.beta(0.5, 4.0, 3000)))
    assert isinstance(found.model, BetaRates)
    assert (found.model.a, found.model.b) == (
        pytest.approx(0.5, rel=0.1),
        pytest.approx(4, rel=0.1),
    )


def test_equally_hard_problems_meet_a_bound_that_is_named() -> None:
    found = fitted(BetaRates, 100, [50, 50, 50, 50, 50, 50])
    assert found.at_bound
    assert found.model.coverage([1])[0] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("c", "said"), [([0, 0, 0], "no candidate"), ([9, 9, 9], "every cand")])
def test_nothing_or_everything_passed_is_no_fit(
    kind: type[RateModel], c: list[int], said: str
) -> None:
    found = fit_rates(kind, 9, c)
    assert isinstance(found, NoFit)
    assert said in found.reason
