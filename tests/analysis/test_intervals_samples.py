from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from tests.real_data import Counts
from vervet.analysis.coverage import coverage
from vervet.analysis.intervals import estimate_coverage
from vervet.analysis.intervals_samples import interval_over_samples
from vervet.core.errors import AnalysisError


@pytest.mark.parametrize("rate", [Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_its_variance_is_right_on_average(rate: Fraction, k: int) -> None:
    """Summed over every c with its binomial chance, against the variance of the estimate."""
    n = 9
    chances = [comb(n, c) * rate**c * (1 - rate) ** (n - c) for c in range(n + 1)]
    estimates = [1 - Fraction(comb(n - c, k), comb(n, k)) for c in range(n + 1)]
    mean = sum(w * e for w, e in zip(chances, estimates, strict=True))
    variance = sum(w * (e - mean) ** 2 for w, e in zip(chances, estimates, strict=True))
    found = [interval_over_samples(n, [c], [k]).standard_error[0] ** 2 for c in range(n + 1)]
    average = sum(float(w) * f for w, f in zip(chances, found, strict=True))
    assert average == pytest.approx(float(variance), rel=1e-9)


def test_nominal_95_percent_holds_for_other_candidates_of_the_same_problems(
    pythia: dict[str, Counts],
) -> None:
    n, c = pythia["Pythia 12B"]
    rates, ks = c / n, np.array([1, 10, 100])
    truth = np.mean(1 - (1 - rates) ** ks[:, np.newaxis], axis=1)
    rng, held, trials = np.random.default_rng(1), np.zeros(ks.size), 1000
    for _ in range(trials):
        found = interval_over_samples(400, rng.binomial(400, rates), ks)
        held += (found.low <= truth) & (truth <= found.high)
    assert ((held / trials >= 0.92) & (held / trials <= 0.98)).all(), held / trials


def test_is_narrower_than_over_problems(pythia: dict[str, Counts]) -> None:
    n, c = pythia["Pythia 12B"]
    samples, problems = interval_over_samples(n, c, [10]), estimate_coverage(n, c, [10])
    assert samples.coverage[0] == pytest.approx(coverage(n, c, [10])[0])
    assert (samples.high - samples.low)[0] < 0.3 * (problems.high - problems.low)[0]


def test_problems_without_a_pass_hide_up_to_the_rule_of_three_over_their_candidates() -> None:
    found = interval_over_samples(100, [0] * 30, [1, 50])
    assert found.low.tolist() == [0, 0]
    assert found.high[0] == pytest.approx(3 / 3000, rel=0.01)
    assert found.high[1] == pytest.approx(1 - 0.05 ** (50 / 3000))


def test_problems_that_always_pass_may_still_fail() -> None:
    found = interval_over_samples(100, [100] * 30, [1])
    assert found.high[0] == 1.0
    assert found.low[0] == pytest.approx(1 - (1 - 0.05 ** (1 / 3000)))


def test_refuses_what_the_candidates_cannot_tell() -> None:
    with pytest.raises(AnalysisError, match="more than half"):
        interval_over_samples(10, [1, 2], [6])
    with pytest.raises(AnalysisError, match="larger than n"):
        interval_over_samples(10, [1, 2], [11])
    with pytest.raises(AnalysisError, match="level"):
        interval_over_samples(10, [1, 2], [1], level=1.0)
