from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.analysis.ratios import log_miss


def truth(n: int, c: int, k: int) -> float:
    """log(C(n-c, k) / C(n, k)) with 60 digits."""
    with mp.workdps(60):
        return float(
            mp.loggamma(n - c + 1) + mp.loggamma(n - k + 1)
            - mp.loggamma(n + 1) - mp.loggamma(n - c - k + 1)
        )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.one_of(st.integers(2, 100), st.integers(100, 10**7)))
    c = draw(st.one_of(st.integers(1, n - 1), st.integers(1, min(n - 1, 50))))
    room = n - c
    k = draw(st.one_of(st.integers(1, room), st.integers(max(1, room - 40), room)))
    return n, c, k


@given(cases())
def test_keeps_thirteen_digits_of_what_it_becomes(case: tuple[int, int, int]) -> None:
    n, c, k = case
    found, expected = float(log_miss(n, c, k)), truth(n, c, k)
    assert -math.expm1(found) == pytest.approx(-math.expm1(expected), rel=1e-13, abs=0)


@given(cases())
def test_passes_and_draws_change_places(case: tuple[int, int, int]) -> None:
    n, c, k = case
    assert float(log_miss(n, c, k)) == pytest.approx(float(log_miss(n, k, c)), rel=1e-12)


def test_nothing_to_miss_is_certain_and_too_little_to_miss_is_impossible() -> None:
    found = log_miss(5, [[0], [2], [5]], [0, 3, 4])
    assert found.tolist() == [[0, 0, 0], [0, pytest.approx(math.log(0.1)), -np.inf],
                              [0, -np.inf, -np.inf]]  # fmt: skip
