"""Whatever the counts: a clear error, a named lack of a fit, or numbers that are finite."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.analysis.backtest import backtest
from vervet.analysis.comparison import compare_coverage
from vervet.analysis.coverage import coverage
from vervet.analysis.forecast import Method, forecast
from vervet.analysis.intervals import estimate_coverage
from vervet.analysis.intervals_samples import interval_over_samples
from vervet.analysis.samples import samples_for
from vervet.analysis.scaling import FitPreset, NoFit, Space, fit_counts
from vervet.core.errors import AnalysisError

PROBLEM = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
COUNTS = st.lists(PROBLEM, min_size=1, max_size=12)
Counts = list[tuple[int, int]]


def arrays(counts: Counts) -> tuple[list[int], list[int]]:
    return [n for n, _ in counts], [c for _, c in counts]


def shares(*values: object) -> bool:
    """Finite and within [0, 1]."""
    found = np.concatenate([np.atleast_1d(np.asarray(value, dtype=float)) for value in values])
    return bool(np.isfinite(found).all() and (found >= 0).all() and (found <= 1).all())


@settings(max_examples=15, deadline=None)
@given(COUNTS, st.sampled_from([method for method in Method if method is not Method.SCALED]))
def test_forecasts_are_finite_or_no_fit(counts: Counts, method: Method) -> None:
    n, c = arrays(counts)
    found = forecast(n, c, [1, 100, 10**6], method, resamples=20)
    if not isinstance(found, NoFit):
        assert shares(found.coverage, found.low, found.high)
    needed = samples_for(n, c, 0.6, method, resamples=20)
    assert isinstance(needed, NoFit) or needed.k is None or needed.k >= 1


@settings(max_examples=4, deadline=None)
@given(COUNTS)
def test_scaled_forecasts_are_finite_or_no_fit(counts: Counts) -> None:
    found = forecast(*arrays(counts), [1, 100, 10**6], Method.SCALED, resamples=20)
    assert isinstance(found, NoFit) or shares(found.coverage, found.low, found.high)


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_estimates_and_intervals_are_finite(counts: Counts) -> None:
    n, c = arrays(counts)
    ks = sorted({1, min(n)})
    found = estimate_coverage(n, c, ks, resamples=99)
    assert shares(found.low, found.coverage, found.high)
    paired = compare_coverage((n, c), (n, [a - b for a, b in counts]), ks, resamples=99)
    assert np.isfinite([paired.low, paired.difference, paired.high]).all()
    if min(n) == 1:
        with pytest.raises(AnalysisError, match="half"):
            interval_over_samples(n, c, [1])
    else:
        over_samples = interval_over_samples(n, c, [1])
        assert shares(over_samples.low, over_samples.coverage, over_samples.high)


@settings(max_examples=60, deadline=None)
@given(COUNTS, st.sampled_from(list(Space)))
def test_fits_are_finite_or_no_fit(counts: Counts, space: Space) -> None:
    found = fit_counts(*arrays(counts), FitPreset("any", space))
    if not isinstance(found, NoFit):
        assert shares(found.predict([1, 10, 10**9]))
        assert np.isfinite([found.a, found.b]).all()


@settings(max_examples=15, deadline=None)
@given(COUNTS)
def test_backtests_are_finite_or_refused(counts: Counts) -> None:
    n, c = arrays(counts)
    methods = [Method.LINE, Method.BETA]
    if min(n) < 20:
        with pytest.raises(AnalysisError, match="tells nothing"):
            backtest(n, c, methods=methods, repeats=2)
    else:
        found = backtest(n, c, methods=methods, repeats=2)
        assert all(one.error is None or shares(one.error) for one in found.scores)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=4))
def test_anything_but_counts_is_refused(counts: list[tuple[float, float]]) -> None:
    n, c = [n for n, _ in counts], [c for _, c in counts]
    valid = bool(counts) and all(
        np.isfinite([a, b]).all() and a == int(a) and b == int(b) and 0 <= b <= a and 1 <= a < 2**53
        for a, b in counts
    )
    try:
        found = coverage(n, c, [1])
    except AnalysisError:
        assert not valid
    else:
        assert valid
        assert shares(found)
