from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.analysis.selectors_classes import answer_classes
from vervet.core.errors import AnalysisError


def test_a_chain_of_equal_answers_is_one_class_and_its_ends_a_conflict() -> None:
    found = answer_classes(5, equal=[(0, 1), (2, 1)], different=[(2, 0), (3, 0), (4, 3)])
    assert found.ids.tolist() == [0, 0, 0, 3, 4]
    assert found.conflicts == ((0, 2),)
    assert found.conflicts_of().tolist() == [1, 0, 1, 0, 0]
    assert found.count == 3


PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)))


@given(PAIRS, PAIRS)
def test_equal_answers_share_a_class_and_every_class_holds_its_name(
    equal: list[tuple[int, int]], different: list[tuple[int, int]]
) -> None:
    found = answer_classes(10, equal, different)
    assert all(found.ids[a] == found.ids[b] for a, b in equal)
    assert all(found.ids[each] == each for each in set(found.ids.tolist()))
    assert all(found.ids[a] == found.ids[b] for a, b in found.conflicts)


def test_nothing_compared_leaves_everything_apart() -> None:
    assert answer_classes(3, []).ids.tolist() == [0, 1, 2]
    assert answer_classes(0, []).ids.tolist() == []


def test_a_place_that_is_not_there_is_refused() -> None:
    with pytest.raises(AnalysisError, match="answer 3, and there are 3"):
        answer_classes(3, [(0, 3)])
