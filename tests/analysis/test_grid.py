from __future__ import annotations

import numpy as np
import pytest

from vervet.analysis.grid import curve_ks, log_grid, shown_ks
from vervet.core.errors import AnalysisError


@pytest.mark.parametrize(
    ("n", "ks"),
    [
        (1, [1]),
        (9, [1, 9]),
        (10, [1, 10]),
        (200, [1, 10, 100, 200]),
        (10_000, [1, 10, 100, 1_000, 10_000]),
    ],
)
def test_shows_powers_of_ten_and_n(n: int, ks: list[int]) -> None:
    assert shown_ks(n).tolist() == ks


@pytest.mark.parametrize("n", [1, 2, 7, 1_000, 123_456])
def test_a_grid_spans_one_to_n(n: int) -> None:
    grid = log_grid(n, 40, keep_duplicates=True)
    assert (grid.size, grid[0], grid[-1]) == (40, 1, n)


def test_duplicates_go_only_when_asked() -> None:
    kept = log_grid(100, 40, keep_duplicates=True)
    assert log_grid(100, 40, keep_duplicates=False).tolist() == np.unique(kept).tolist()


def test_a_curve_passes_through_what_is_shown() -> None:
    assert set(shown_ks(12_345)) <= set(curve_ks(12_345))


def test_refuses_no_candidates_and_no_points() -> None:
    with pytest.raises(AnalysisError, match="n is 0"):
        shown_ks(0)
    with pytest.raises(AnalysisError, match="0 points"):
        log_grid(10, 0, keep_duplicates=True)
