from __future__ import annotations

import numpy as np
import pytest

from tests.real_data import Counts
from vervet.analysis.comparison import compare_coverage
from vervet.analysis.coverage import coverage
from vervet.analysis.intervals import estimate_coverage
from vervet.core.errors import AnalysisError


def test_is_narrower_than_two_intervals_where_problems_are_hard_alike(
    pythia: dict[str, Counts],
) -> None:
    first, second = pythia["Pythia 6.9B"], pythia["Pythia 12B"]
    found = compare_coverage(first, second, [1000])
    alone = estimate_coverage(*first, [1000])
    assert (found.high - found.low)[0] < 0.7 * (alone.high - alone.low)[0]


def test_the_difference_is_that_of_the_coverages(pythia: dict[str, Counts]) -> None:
    ks = [1, 100, 10_000]
    found = compare_coverage(pythia["Pythia 70M"], pythia["Pythia 12B"], ks)
    expected = coverage(*pythia["Pythia 12B"], ks) - coverage(*pythia["Pythia 70M"], ks)
    np.testing.assert_allclose(found.difference, expected, rtol=1e-12)
    assert found.clear.all()


def test_runs_change_places_with_the_sign(pythia: dict[str, Counts]) -> None:
    one, two = pythia["Pythia 1B"], pythia["Pythia 2.8B"]
    there, back = compare_coverage(one, two, [10, 100]), compare_coverage(two, one, [10, 100])
    np.testing.assert_allclose(there.difference, -back.difference)
    np.testing.assert_allclose(there.low, -back.high, atol=3e-3)


def test_a_run_against_itself_shows_no_difference() -> None:
    run = ([20] * 40, list(range(20)) * 2)
    found = compare_coverage(run, run, [1, 5])
    assert found.difference.tolist() == [0, 0]
    assert not found.clear.any()
    assert (found.low < 0).all()
    assert (found.high > 0).all()


def test_nominal_95_percent_holds_for_pairs(pythia: dict[str, Counts]) -> None:
    (n, one), (_, two) = pythia["Pythia 1B"], pythia["Pythia 12B"]
    rates = np.stack([one / n, two / n])
    ks = np.array([10, 100, 1000])
    truth = np.diff(np.mean(1 - (1 - rates[:, np.newaxis]) ** ks[:, np.newaxis], axis=2), axis=0)[0]
    rng, held, trials = np.random.default_rng(3), np.zeros(ks.size), 300
    for trial in range(trials):
        c = rng.binomial(2000, rates[:, rng.integers(0, 128, 128)])
        found = compare_coverage((2000, c[0]), (2000, c[1]), ks, resamples=999, seed=trial)
        held += (found.low <= truth) & (truth <= found.high)
    assert ((held / trials >= 0.91) & (held / trials <= 0.98)).all(), held / trials


def test_each_run_has_its_own_n() -> None:
    found = compare_coverage(([4, 4], [1, 0]), ([2, 8], [1, 4]), [1])
    assert found.difference[0] == pytest.approx((0.5 + 0.5) / 2 - (0.25 + 0.0) / 2)
    assert [caveat.code for caveat in found.caveats] == ["few_problems"]


def test_few_problems_that_differ_are_said() -> None:
    found = compare_coverage(([5] * 30, [1] * 30), ([5] * 30, [1] * 28 + [2, 3]), [1])
    assert [caveat.code for caveat in found.caveats] == ["few_differ"]


def test_refuses_runs_on_other_problems() -> None:
    with pytest.raises(AnalysisError, match="first run has 2 problems and the second 3"):
        compare_coverage((5, [1, 2]), (5, [1, 2, 3]), [1])
