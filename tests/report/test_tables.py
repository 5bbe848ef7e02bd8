from __future__ import annotations

import json

import pytest

from tests.real_data import Counts
from vervet.core.errors import AnalysisError
from vervet.report.tables import coverage_rows, status_rows


def test_rows_of_the_published_coverage(pythia: dict[str, Counts]) -> None:
    rows = coverage_rows(*pythia["Pythia 160M"])
    assert [row.k for row in rows] == [1, 10, 100, 1_000, 10_000]
    assert round(rows[0].coverage * 100, 2) == 0.27
    assert round(rows[-1].coverage * 100) == 57
    assert all(row.low < row.coverage < row.high for row in rows)


def test_bounds_are_equal_where_all_is_settled() -> None:
    (row,) = coverage_rows([4, 4], [1, 3], ks=[1])
    assert row.lower == row.coverage == row.upper == 0.5
    assert row.counting_doubted is None


def test_unsettled_and_doubted_stand_beside_the_default() -> None:
    (row,) = coverage_rows([4, 4], [1, 3], ks=[1], unsettled=[1, 0], doubted=[2, 0])
    assert (row.lower, row.upper) == (0.5, 0.625)
    assert row.counting_doubted == 0.75


def test_a_row_is_json() -> None:
    (row,) = coverage_rows([4], [1], ks=[4])
    assert json.loads(json.dumps(row.as_dict(), allow_nan=False))["coverage"] == 1.0


def test_ks_come_sorted_and_once() -> None:
    assert [row.k for row in coverage_rows([4, 4], [1, 3], ks=[4, 1, 4])] == [1, 4]


@pytest.mark.parametrize("doubted", [[4, 0], [-2, 0]])
def test_refuses_doubted_passes_that_cannot_be(doubted: list[int]) -> None:
    with pytest.raises(AnalysisError):
        coverage_rows([4, 4], [1, 3], doubted=doubted)


def test_statuses_keep_their_order_with_infrastructure_last() -> None:
    rows = status_rows({"infra_error": 1, "waiting": 2, "malformed": 3, "passed": 4, "failed": 0})
    assert [row.status for row in rows] == ["passed", "malformed", "waiting", "infra_error"]
    assert [row.share for row in rows] == [0.4, 0.3, 0.2, 0.1]
    assert [row.infrastructure for row in rows] == [False, False, False, True]


def test_no_candidates_have_no_statuses() -> None:
    assert status_rows({}) == ()
