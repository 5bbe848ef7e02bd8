"""The one spelling of a condition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.conditions import LARGEST_SEED, MOST_LOAD, Condition, condition_of
from vervet.core.errors import UsageError

CONDITIONS = st.builds(
    Condition,
    hashseed=st.none() | st.integers(0, LARGEST_SEED),
    order=st.none() | st.integers(0, 10**6),
    tz=st.sampled_from(["", "UTC-14", "UTC0", "<+0545>-5:45", "ABC+3:30:15"]),
    load=st.integers(0, MOST_LOAD),
    fresh=st.booleans(),
    limits=st.floats(0, 1000, exclude_min=True) | st.integers(1, 1000),
)


@given(CONDITIONS)
def test_a_word_reads_back_as_its_condition(condition: Condition) -> None:
    assert condition_of(condition.word) == condition


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        (Condition(), "normal"),
        (Condition(hashseed=7), "hashseed=7"),
        (Condition(order=0), "order=0"),
        (Condition(limits=4), "limits=4"),
        (
            Condition(hashseed=1, order=2, tz="UTC-14", load=3, fresh=True, limits=1.5),
            "hashseed=1,order=2,tz=UTC-14,load=3,fresh,limits=1.5",
        ),
    ],
)
def test_a_condition_has_this_word(condition: Condition, word: str) -> None:
    assert condition.word == word


@pytest.mark.parametrize(
    "word",
    [
        "", "reference", "hashseed", "hashseed=", "hashseed=07", "hashseed=+7", "hashseed= 7",
        "order=1,hashseed=2", "normal,fresh", "fresh,fresh", "fresh=1", "load=0", "limits=4.0",
        "limits=nan", "limits=1", "tz=", "moon=full", "hashseed=1,", "hashseed=1,hashseed=1",
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match=r"condition|limits|load|time zone"):
        condition_of(word)


@pytest.mark.parametrize(
    "values",
    [
        {"hashseed": -1}, {"hashseed": 2**32}, {"order": -1}, {"load": -1}, {"load": 65},
        {"limits": 0}, {"limits": -1}, {"limits": float("nan")}, {"limits": float("inf")},
        {"tz": "Europe/Berlin"}, {"tz": "CET-1CEST"}, {"tz": "UTC-14,x"}, {"tz": ":UTC"},
        {"tz": "UTC-14\n"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Condition(**values)
