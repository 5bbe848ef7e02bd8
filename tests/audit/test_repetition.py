"""The arithmetic of repetition, against published figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.audit.repetition import differ, flip_rate, miss_chance, repetitions_for
from vervet.core.errors import UsageError


def test_eleven_runs_miss_a_flip_rate_of_a_quarter_about_once_in_twenty_four() -> None:
    # 0.75^11 + 0.25^11; the project's issue gives 0.042.
    assert miss_chance(0.25, 11) == pytest.approx(0.0422, abs=1e-4)


@pytest.mark.parametrize(("p", "attempts"), [(0.25, 11), (0.1, 29), (0.05, 59), (0.01, 299)])
def test_attempts_that_leave_a_chance_of_5_percent(p: float, attempts: int) -> None:
    # The "rule of three": 59 and 299 samples find 5 % and 1 % (Hanley, Lippman-Hand 1983).
    assert repetitions_for(p) == attempts


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_they_are_the_fewest(p: float, miss: float) -> None:
    fewest = repetitions_for(p, miss)
    assert miss_chance(p, fewest) <= miss
    assert fewest == 2 or miss_chance(p, fewest - 1) > miss


@pytest.mark.parametrize(
    ("rarer", "attempts", "low", "high"),
    # Clopper and Pearson's limits, 95 %: Geigy's Scientific Tables.
    [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (2, 10, 0.0252, 0.5), (5, 20, 0.0866, 0.4910)],
)
def test_the_interval_is_the_tables(rarer: int, attempts: int, low: float, high: float) -> None:
    found = flip_rate(rarer, attempts)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_no_attempt_says_nothing() -> None:
    assert (flip_rate(0, 0).low, flip_rate(0, 0).high) == (0.0, 0.5)


def test_fishers_tea() -> None:
    # Fisher 1935: three of four cups right: 0.486, two-sided.
    assert differ(3, 4, 1, 4) == pytest.approx(0.486, abs=1e-3)


@pytest.mark.parametrize("p", [0.0, -0.1, 0.51, 1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(p: float) -> None:
    with pytest.raises(UsageError, match="flip rate"):
        repetitions_for(p)


def test_a_rate_that_would_take_for_ever_is_refused() -> None:
    with pytest.raises(UsageError, match="attempts of every solution"):
        repetitions_for(1e-6)
