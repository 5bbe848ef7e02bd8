from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.test_selectors import answers
from vervet.analysis.coverage import coverage
from vervet.analysis.selectors import Rules
from vervet.analysis.selectors_answers import NO_ANSWER, Answers
from vervet.analysis.selectors_curves import (
    SelectorCurve,
    SelectorTable,
    compare_selectors,
    voted_problems,
)
from vervet.core.errors import AnalysisError, UnknownNameError

NO_SCORES = ("oracle", "first", "vote")


def curve(table: SelectorTable, name: str) -> SelectorCurve:
    return next(each for each in table.curves if each.name == name)


def problem(right: int, wrong: list[int], silent: int = 0, name: str = "p") -> Answers:
    """`right` candidates of class 0, one wrong class for each of the sizes in `wrong`."""
    classes = [0] * right + [NO_ANSWER] * silent
    for at, size in enumerate(wrong, start=1):
        classes += [at] * size
    return answers(classes, [each == 0 for each in classes], name=name)


def test_the_oracle_is_coverage_and_the_first_its_first_value() -> None:
    problems = [problem(3, [9]), problem(0, [4, 8]), problem(12, [])]
    table = compare_selectors(problems, names=NO_SCORES)
    c = [3, 0, 12]
    np.testing.assert_allclose(curve(table, "oracle").accuracy, coverage(12, c, table.ks))
    np.testing.assert_allclose(curve(table, "first").accuracy, 15 / 36)
    assert curve(table, "oracle").headroom[-1] == (1.0, 1.0, 1.0)
    assert curve(table, "first").headroom[-1] == (0.0, 0.0, 0.0)
    assert curve(table, "vote").headroom[0] is None  # with one candidate there is no choice


def test_the_vote_closes_the_share_of_the_headroom_that_it_closes() -> None:
    """By hand at k = n = 5: first 6/15, vote 1 of 3 right, oracle 2 of 3."""
    problems = [problem(4, [1]), problem(2, [3]), problem(0, [5])]
    table = compare_selectors(problems, names=NO_SCORES, ks=[5])
    vote = curve(table, "vote")
    assert vote.accuracy[0] == pytest.approx(1 / 3)
    assert vote.headroom[0] is not None
    assert vote.headroom[0][0] == pytest.approx((1 / 3 - 6 / 15) / (2 / 3 - 6 / 15))


def test_a_vote_that_is_settled_stops_improving_and_the_oracle_goes_on() -> None:
    problems = [
        problem(right, [200 - right], name=str(at))
        for at, right in enumerate([190, 185, 180, 2, 1, 1, 1, 2, 1, 1, 2, 1])
    ]
    table = compare_selectors(problems, names=NO_SCORES)
    vote, oracle = curve(table, "vote").plateau, curve(table, "oracle").plateau
    assert vote.low <= vote.k <= vote.high <= 20
    assert not vote.still_improving
    assert oracle.k > 100
    assert oracle.low <= oracle.k <= oracle.high


def test_a_curve_that_still_rises_says_so() -> None:
    table = compare_selectors([problem(1, [99]) for _ in range(12)], names=["oracle"])
    assert table.curves[0].plateau.k == 100
    assert table.curves[0].plateau.still_improving


def test_a_selector_without_its_data_is_listed_with_the_reason() -> None:
    table = compare_selectors([problem(1, [3])], rules=Rules(scorer="rm"))
    assert [each.name for each in table.curves] == ["oracle", "first", "vote"]
    assert {each.name: each.reason for each in table.unavailable} == {
        "best-of-n": "problem 'p' has no scores of 'rm'",
        "weighted-vote": "problem 'p' has no scores of 'rm'",
        "generated-tests": "no generated tests were run for problem 'p'",
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([problem(0, [2])], "none_solved"),
        ([problem(2, [])], "all_correct"),
        ([problem(1, [1], silent=1)], "no_answer"),
        ([answers([0, 0], [True, False])], "mixed_classes"),
        ([problem(1, [])], "one_problem"),
        ([problem(1, [])] * 2, "few_problems"),
    ],
)
def test_what_a_reader_must_know_stands_beside(given: list[Answers], code: str) -> None:
    assert code in {caveat.code for caveat in compare_selectors(given, names=NO_SCORES).caveats}


ROWS = st.lists(st.tuples(st.integers(NO_ANSWER, 2), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_no_table_holds_what_is_not_a_number(rows: list[list[tuple[int, bool]]]) -> None:
    problems = [
        answers([c for c, _ in some], [ok for _, ok in some], name=str(at))
        for at, some in enumerate(rows)
    ]
    table = compare_selectors(problems, names=NO_SCORES)
    for each in table.curves:
        numbers = [each.accuracy, each.low, each.high, each.drawn_error]
        assert np.isfinite(numbers).all()
        assert (each.low <= each.accuracy).all()
        assert (each.accuracy <= each.high).all()
        json.dumps(each.headroom, allow_nan=False)


def test_problems_are_told_apart_by_their_vote() -> None:
    rows = voted_problems([problem(2, [3], name="a"), problem(6, [1, 3], name="b")])
    assert [(row.name, row.correct, row.vote) for row in rows] == [("b", 0.6, 1), ("a", 0.4, 0)]
    assert voted_problems([problem(0, [], silent=2)])[0].vote == 0.0


def test_k_above_the_smallest_n_is_refused_by_name() -> None:
    with pytest.raises(AnalysisError, match="candidates of problem 'short'"):
        compare_selectors([problem(5, []), problem(2, [], name="short")], ks=[3])


def test_no_problems_and_unknown_selectors_are_refused() -> None:
    with pytest.raises(AnalysisError, match="no problems"):
        compare_selectors([])
    with pytest.raises(UnknownNameError, match="oracle"):
        compare_selectors([problem(1, [])], names=["oracel"])
