"""Outcomes as bytes: two bits a check, the first one lowest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.packing import pack_outcomes, unpack_outcomes
from vervet.core.status import Outcome


def test_four_outcomes_are_one_byte_with_the_first_lowest() -> None:
    outcomes = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.NOT_RUN, Outcome.ERROR)
    assert pack_outcomes(outcomes) == bytes([0b00_11_10_01, 0b11])


@given(st.lists(st.sampled_from(list(Outcome))))
def test_outcomes_come_back_as_they_were(outcomes: list[Outcome]) -> None:
    assert unpack_outcomes(pack_outcomes(outcomes), len(outcomes)) == tuple(outcomes)


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 0), (1, 5), (2, 4)])
def test_bytes_of_another_length_are_refused(size: int, count: int) -> None:
    with pytest.raises(ValueError, match="outcomes need"):
        unpack_outcomes(bytes(size), count)
