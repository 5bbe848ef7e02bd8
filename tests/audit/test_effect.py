"""What affected problems do to coverage. The expected numbers are fractions worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.audit.effect import Effect, Row, effect, usual_ks
from vervet.core.errors import AnalysisError


def _coverage(found: Effect, row: Row) -> tuple[float, ...] | None:
    return next(each.coverage for each in found.rows if each.row is row)


def test_the_rows_are_the_fractions_that_they_are() -> None:
    # pass@1 is c / n; pass@2 of c = 1 of 4 is 1 - (3/4)(2/3) = 1/2, of c = 2 it is 5/6.
    found = effect([4, 4, 4], [1, 2, 0], [False, False, True], [1, 2])

    assert found.affected == 1
    assert [each.problems for each in found.rows] == [3, 2, 3, 3]
    assert _coverage(found, Row.ALL) == pytest.approx([3 / 12, (1 / 2 + 5 / 6) / 3])
    assert _coverage(found, Row.REMOVED) == pytest.approx([3 / 8, (1 / 2 + 5 / 6) / 2])
    assert _coverage(found, Row.LOWER) == pytest.approx([3 / 12, (1 / 2 + 5 / 6) / 3])
    assert _coverage(found, Row.UPPER) == pytest.approx([7 / 12, (1 / 2 + 5 / 6 + 1) / 3])


def test_settled_passes_have_a_row_of_their_own() -> None:
    found = effect([2, 2], [1, 1], [True, False], [1], settled=[0, 1])

    assert _coverage(found, Row.SETTLED) == pytest.approx([1 / 4])


def test_nothing_is_left_where_every_problem_is_affected() -> None:
    found = effect([2], [1], [True], [1])

    assert _coverage(found, Row.REMOVED) is None
    assert _coverage(found, Row.LOWER) == (0.0,)


def test_another_number_of_marks_is_refused() -> None:
    with pytest.raises(AnalysisError, match="affected"):
        effect([2, 2], [1, 1], [True], [1])


def test_ks_go_as_far_as_every_problem_does() -> None:
    assert usual_ks([200, 150]) == (1, 10, 100, 150)
    assert usual_ks([10]) == (1, 10)
    assert usual_ks([1]) == (1,)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=20),
    st.integers(1, 9),
)
def test_the_bounds_hold_what_was_counted(problems: list[tuple[int, bool]], k: int) -> None:
    passes, affected = np.array([p for p, _ in problems]), [a for _, a in problems]

    found = effect(9, passes, affected, [k])

    by_row = {each.row: each.coverage or () for each in found.rows}
    ((lower,), (all_,), (upper,)) = (by_row[row] for row in (Row.LOWER, Row.ALL, Row.UPPER))
    assert lower <= all_ + 1e-12
    assert all_ <= upper + 1e-12
