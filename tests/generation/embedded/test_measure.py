"""The figures in a card: coverage against its definition, and the card that shows them."""

from __future__ import annotations

from itertools import combinations

import pytest

from vervet.generation.embedded.training.card import card
from vervet.generation.embedded.training.family import family
from vervet.generation.embedded.training.measure import coverage, figures, solves


@pytest.mark.parametrize("k", [1, 2, 5, 6])
@pytest.mark.parametrize("correct", [0, 1, 3, 6])
def test_coverage_is_the_share_of_subsets_with_a_success(correct: int, k: int) -> None:
    subsets = list(combinations([True] * correct + [False] * (6 - correct), k))
    expected = sum(any(subset) for subset in subsets) / len(subsets)
    assert coverage(6, correct, k) == pytest.approx(expected)


def test_figures_count_the_unsolved_and_the_hard() -> None:
    found = figures([0, 1, 50, 100], 100)
    assert found["never solved"] == 1
    assert found["share with a rate from 0.001 to 0.5"] == 0.5
    assert found["coverage"] == {"1": 0.3775, "10": pytest.approx(0.5248, abs=2e-3), "100": 0.75}


def test_a_completion_is_judged_without_running_it() -> None:
    tests = [{"input": "[3, 1]\n", "output": "1\n"}, {"input": "[2, 9]\n", "output": "2\n"}]
    problem = {"kind": "program", "labels": {"types": "list->int"}, "tests": tests}
    assert solves(problem, "\n    return min(x)")
    assert not solves(problem, "\n    return max(x)")
    assert not solves(problem, "\n    raise SystemExit")
    assert solves({"kind": "answer", "answer": "12"}, " 4 * 3 = 12\n#### 12")
    assert not solves({"kind": "answer", "answer": "12"}, " 4 * 3 = 12\n#### 112")


def test_the_card_says_what_was_measured_only_once_it_was() -> None:
    record = {
        "parameters": 855168,
        "steps": 10,
        "batch": 2,
        "sequences": 20,
        "threads": 1,
        "seed": 5,
        "commit": "c0ffee",
        "data_digest": "d1ce",
        "data": {"held-out problems": 1234, "by steps": {"1": 2}},
        "versions": {"torch": "2"},
        "seconds": {"data": 1.0, "training": 2.0},
        "loss": {"rows": [[5, 1.0, 2.5], [10, 2.0, 1.25]]},
    }
    before = card(family("arith"), record)
    assert "| 10 | 2 | 1.250 |" in before
    assert "1,234" in before
    assert "What it reached" not in before
    after = card(family("arith"), {**record, "measured": {**figures([1], 10), "seed": 1}})
    assert "| k = 1 | k = 10 |" in after
