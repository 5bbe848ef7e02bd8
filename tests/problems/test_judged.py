"""Specs as the formats write them, judged in the real jail: right code passes, wrong code fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vervet.core.status import Status
from vervet.core.values import Problem
from vervet.problems.apps import AppsFormat
from vervet.problems.codecontests import CodeContestsFormat
from vervet.problems.evalplus import EvalPlusFormat
from vervet.problems.livecodebench import LiveCodeBenchFormat
from vervet.problems.mbpp import MbppFormat
from vervet.sandbox.jail import JailSandbox
from vervet.verification.registry import verifier_for, verify

from .test_contest_formats import APPS, CALLED, CONTEST, FUNCTIONAL, LIVE
from .test_function_formats import HUMANEVAL_PLUS, MBPP, MBPP_PLUS

SUM = "print(sum(map(int, input().split())))\n"
SUM_OF_FLOATS = "print(float(sum(map(int, input().split()))))\n"
CLASS = "class Solution:\n    def {}:\n        return {}\n"
ROOT = {
    **HUMANEVAL_PLUS,
    "entry_point": "find_zero",
    "prompt": "def find_zero(xs: list):\n",
    "canonical_solution": "    return -xs[0] / xs[1]\n",
    "base_input": [[[-6.0, 3.0]]],
    "plus_input": [[[1.0, 4.0]]],
    "atol": 1e-4,
}
CASES: list[tuple[Problem, str, Status]] = [
    (CodeContestsFormat().problem(CONTEST), SUM, Status.PASSED),
    (CodeContestsFormat().problem(CONTEST), SUM_OF_FLOATS, Status.PASSED),
    (CodeContestsFormat().problem(CONTEST), "print(3)\n", Status.FAILED),
    (AppsFormat().problem(APPS), SUM, Status.PASSED),
    (AppsFormat().problem(CALLED), CLASS.format("add(self, a, b)", "a + b"), Status.PASSED),
    (AppsFormat().problem(CALLED), "def add(a, b):\n    return a + b\n", Status.PASSED),
    (AppsFormat().problem(CALLED), "def add(a, b):\n    return (a + b,)\n", Status.FAILED),
    (LiveCodeBenchFormat().problem(LIVE), SUM_OF_FLOATS, Status.PASSED),
    (LiveCodeBenchFormat().problem(LIVE), "print(3.0000001)\n", Status.FAILED),
    (
        LiveCodeBenchFormat().problem(FUNCTIONAL),
        "```python\n" + CLASS.format("addAll(self, xs: List[int], y)", "sum(xs) + y") + "```",
        Status.PASSED,
    ),
    (MbppFormat().problem(MBPP), "def double(x):\n    return x + x\n", Status.PASSED),
    (MbppFormat().problem(MBPP), "def double(x):\n    return 4\n", Status.FAILED),
    (EvalPlusFormat().problem(HUMANEVAL_PLUS), "    return x / 2 + 1e-9\n", Status.PASSED),
    (EvalPlusFormat().problem(HUMANEVAL_PLUS), "    return x // 2\n", Status.FAILED),
    (EvalPlusFormat().problem(ROOT), "    return -xs[0] / xs[1] + 1e-6\n", Status.PASSED),
    (EvalPlusFormat().problem(ROOT), "    return 0.0\n", Status.FAILED),
    (
        EvalPlusFormat().problem(MBPP_PLUS),
        "def similar_elements(a, b):\n    return [x for x in a if x in b]\n",
        Status.PASSED,
    ),
    (
        EvalPlusFormat().problem(MBPP_PLUS),
        "def similar_elements(a, b):\n    return a\n",
        Status.FAILED,
    ),
]


@pytest.fixture(scope="module")
def jail() -> Iterator[JailSandbox]:
    sandbox = JailSandbox()
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize(("problem", "completion", "status"), CASES)
def test_code_is_judged_as_its_suite_would(
    jail: JailSandbox, problem: Problem, completion: str, status: Status
) -> None:
    verifier = verifier_for(problem.kind)
    solution = verifier.extract(problem, completion, cut=False)
    attempt = verify(verifier, jail, problem, solution)
    assert attempt.status is status, attempt.message
    assert not attempt.flags
