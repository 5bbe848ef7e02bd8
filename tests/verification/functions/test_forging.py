"""No solution passes by what it does to the tests, the pipes or the process that it is in."""

from __future__ import annotations

import pytest

from tests.verification.functions.forging import FORGING, Forging
from tests.verification.functions.suite import (
    HELPED,
    IN_PLACE,
    RAISING,
    SORTING,
    SWALLOWING,
    judge,
)
from vervet.core.status import Status
from vervet.core.values import Problem
from vervet.sandbox.jail import JailSandbox

LIMITS = {"cpu_s": 1.0, "wall_s": 20.0}


def limited(asked: Problem) -> Problem:
    return Problem(asked.id, asked.kind, asked.prompt, {**asked.spec, "limits": LIMITS})


@pytest.mark.parametrize("forging", FORGING, ids=lambda forging: forging.name.replace(" ", "-"))
def test_a_forged_solution_does_not_pass(jail: JailSandbox, forging: Forging) -> None:
    found = judge(jail, limited(forging.problem), forging.code)

    assert found.status not in {Status.PASSED, Status.INFRA_ERROR}, found
    assert found.message


def test_there_are_enough_of_them_and_none_twice() -> None:
    names = {(forging.problem.id, forging.name) for forging in FORGING}

    assert len(names) == len(FORGING) >= 40


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (SORTING, "def arranged(numbers): return sorted(numbers)"),
        (IN_PLACE, "def arranged(numbers): return sorted(numbers)"),
        (
            SWALLOWING,
            "def half(number):\n    if number % 2: raise ValueError\n    return number // 2",
        ),
        (RAISING, "def half(n):\n    if n % 2: raise ValueError('odd')\n    return n // 2"),
        (
            HELPED,
            "    return ''.join(chr((ord(c) - 5 - ord('a')) % 26 + ord('a')) for c in word)\n",
        ),
    ],
)
def test_an_honest_solution_of_the_same_problem_passes(
    jail: JailSandbox, asked: Problem, code: str
) -> None:
    assert judge(jail, limited(asked), code).status is Status.PASSED


def test_nothing_of_one_forging_is_left_for_the_next_solution(jail: JailSandbox) -> None:
    for forging in FORGING[:8]:
        judge(jail, limited(forging.problem), forging.code)
        assert judge(jail, SORTING, "def arranged(n): return n").status is Status.FAILED
