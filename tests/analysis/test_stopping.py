from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.analysis.coverage import coverage
from vervet.analysis.stopping import find_stopping, stopped_pass_at_k
from vervet.core.errors import AnalysisError

CAP = 7


def ends(r: int) -> list[tuple[int, int, bool, int, int]]:
    """Every way in which sampling up to `CAP` ends: n, c, stopped, passes and failures seen."""
    found = set()
    for outcome in product((0, 1), repeat=CAP):
        seen = []
        for one in outcome:
            seen.append(one)
            if sum(seen) == r:
                break
        found.add((tuple(seen), sum(seen) == r))
    return [(len(s), sum(s), stop, sum(s), len(s) - sum(s)) for s, stop in found]


@pytest.mark.parametrize("r", [1, 2, 3])
@pytest.mark.parametrize("rate", [Fraction(1, 7), Fraction(2, 3)])
def test_is_right_on_average_for_every_k(r: int, rate: Fraction) -> None:
    """Each end of the sampling weighs as often as it occurs: the sum is the true pass@k."""
    for k in range(1, CAP + 1):
        mean = 0.0
        for n, c, stop, passed, failed in ends(r):
            weight = float(rate**passed * (1 - rate) ** failed)
            # A problem given up stands beside it, so that k may exceed this one's n.
            found = stopped_pass_at_k([n, CAP], [c, 0], [k], [stop, False])
            mean += weight * float(found[0, 0])
        assert mean == pytest.approx(float(1 - (1 - rate) ** k), rel=1e-12)


def test_at_k_one_it_is_haldanes_estimate() -> None:
    found = stopped_pass_at_k([9, 30], [3, 5], [1], [True, True])[0]
    assert found.tolist() == pytest.approx([2 / 8, 4 / 29])


def test_chens_estimate_would_be_too_high() -> None:
    """One pass each, after 4 tries on average: rates of a quarter look like nearly a half."""
    rng = np.random.default_rng(0)
    n = rng.geometric(0.25, 20_000)
    chen = np.mean(1 / n)
    assert chen > 0.4
    assert stopped_pass_at_k(n, np.ones_like(n), [1], n > 0).mean() == pytest.approx(0.25, abs=0.02)


def test_problems_given_up_have_chens_estimate() -> None:
    found = stopped_pass_at_k([3, 10], [1, 0], [1, 2, 3, 10], [True, False])
    assert found[:, 0].tolist() == [0, 0, 1, 1]
    assert found[:, 1].tolist() == [0, 0, 0, 0]


def sampled_until(rng: np.random.Generator, r: int, cap: int, problems: int) -> tuple[
    list[int], list[int], list[bool]
]:  # fmt: skip
    n, c, last = [], [], []
    for rate in rng.beta(0.6, 4.0, problems):
        outcome = rng.random(cap) < rate
        at = np.flatnonzero(np.cumsum(outcome) == r)
        size = int(at[0]) + 1 if at.size else cap
        n.append(size)
        c.append(int(outcome[:size].sum()))
        last.append(bool(outcome[size - 1]) if at.size else False)
    return n, c, last


@pytest.mark.parametrize("r", [1, 3])
def test_finds_sampling_until_a_success(r: int) -> None:
    n, c, last = sampled_until(np.random.default_rng(r), r, 50, 60)
    found = find_stopping(n, c, last)
    assert found is not None
    assert found.passes == r
    assert found.stopped.tolist() == last
    assert found.chance is not None
    assert found.chance < 1e-6
    guessed = find_stopping(n, c)
    assert guessed is not None
    assert guessed.chance is None


@given(st.integers(0, 10_000))
def test_finds_nothing_where_every_problem_has_its_own_n(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(5, 60, 30)
    c = rng.binomial(n, rng.beta(0.5, 3.0, 30))
    last = rng.random(30) < c / n
    assert find_stopping(n, c, last) is None


def test_finds_nothing_where_n_is_fixed() -> None:
    assert find_stopping([10] * 8, [1] * 8, [True] * 8) is None
    assert find_stopping([10] * 8, [1] * 8) is None


def test_first_tries_that_pass_are_no_sign() -> None:
    assert find_stopping([1, 1, 2], [1, 1, 0], [True, True, False]) is None


def test_coverage_of_sampling_until_success_is_right_and_chens_is_not() -> None:
    rng = np.random.default_rng(2)
    n, c, last = sampled_until(rng, 1, 100, 4000)
    truth = 1 - np.prod([(4.0 + i) / (4.6 + i) for i in range(10)])
    assert stopped_pass_at_k(n, c, [10], last).mean() == pytest.approx(truth, abs=0.02)
    assert coverage(n, c, [1])[0] > 1.5 * 0.6 / 4.6


def test_refuses_what_cannot_be() -> None:
    with pytest.raises(AnalysisError, match="given up"):
        stopped_pass_at_k([3, 10], [1, 0], [11], [True, False])
    with pytest.raises(AnalysisError, match="c is 0"):
        find_stopping([3, 10], [1, 0], [True, True])
    with pytest.raises(AnalysisError, match="yes or no"):
        find_stopping([3, 10], [1, 0], [1, 0])
