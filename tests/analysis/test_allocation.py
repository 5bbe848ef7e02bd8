from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from tests.real_data import Counts
from vervet.analysis.allocation import allocate
from vervet.core.errors import AnalysisError


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 300))
def test_spends_the_budget_exactly(c: list[int], budget: int) -> None:
    planned = allocate(9, c, budget)
    assert planned.sum() == budget
    assert (planned >= 0).all()


def test_shares_are_the_chances_of_being_the_hardest() -> None:
    """Against an integral: one rate's density times the chance that the others are larger."""
    n, c = np.array([4, 10, 3]), np.array([0, 1, 1])
    priors = [stats.beta(1 + b, 1 + a - b) for a, b in zip(n, c, strict=True)]

    def chance(one: int) -> float:
        others = [prior for index, prior in enumerate(priors) if index != one]
        found, _ = integrate.quad(
            lambda p: priors[one].pdf(p) * np.prod([prior.sf(p) for prior in others]), 0, 1
        )
        return float(found)

    planned = allocate(n, c, 40_000) / 40_000
    np.testing.assert_allclose(planned, [chance(one) for one in range(3)], atol=0.01)


def test_what_is_solved_often_gets_little_more() -> None:
    planned = allocate([50, 50, 50], [0, 5, 45], 1000)
    assert planned[0] > 900 > planned[1] >= planned[2]


def test_a_large_plan_is_made_in_pieces() -> None:
    planned = allocate([5] * 1500, [0] * 1500, 5_000)
    assert planned.sum() == 5_000
    assert planned.max() < 25


def test_the_same_budget_solves_more_problems(pythia: dict[str, Counts]) -> None:
    n, c = pythia["Pythia 1B"]
    rates, rng = c / n, np.random.default_rng(0)
    even, planned = [], []
    for trial in range(10):
        sizes, passes = np.ones(rates.size, dtype=np.int64), rng.binomial(1, rates)
        for batch in range(38):
            more = allocate(sizes, passes, rates.size // 2, seed=100 * trial + batch)
            sizes, passes = sizes + more, passes + rng.binomial(more, rates)
        even.append(int((rng.binomial(20, rates) > 0).sum()))
        planned.append(int((passes > 0).sum()))
    assert np.mean(planned) > 1.1 * np.mean(even)


def test_refuses_a_budget_that_is_none() -> None:
    with pytest.raises(AnalysisError, match="budget"):
        allocate(5, [1, 2], 0)
