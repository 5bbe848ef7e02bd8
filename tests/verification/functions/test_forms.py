"""Problems as the formats make them: right solutions pass, wrong ones do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verification.functions.suite import judge
from vervet.core.status import Status
from vervet.core.values import Problem
from vervet.problems.calls import call_spec
from vervet.problems.evalplus import EvalPlusFormat
from vervet.sandbox.jail import JailSandbox
from vervet.verification.functions import FunctionVerifier
from vervet.verification.preparing import prepare_problem

HALF: dict[str, Any] = {
    "task_id": "HumanEval/0",
    "prompt": 'def half(x: float) -> float:\n    """ Half of it. """\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "base_input": [[1.0], [3]],
    "plus_input": [[-7.5], [1e300]],
    "atol": 1e-6,
}
SHARED: dict[str, Any] = {
    "task_id": "Mbpp/2",
    "prompt": '"""\nWrite a function to find the shared elements.\n"""\n',
    "entry_point": "similar_elements",
    "canonical_solution": "\ndef similar_elements(a, b):\n  return tuple(set(a) & set(b))\n",
    "base_input": [[[3, 4], [4, 5]]],
    "plus_input": [[[], [1]]],
    "atol": 0,
}


@pytest.mark.parametrize(
    ("record", "right", "wrong"),
    [
        (HALF, "    return x * 0.5 + 1e-9\n", "    return x // 2\n"),
        (HALF, "    return x / 2\n", "    return x\n\ndef _same(*given): return True\n"),
        (SHARED, "def similar_elements(a, b): return [e for e in a if e in b]",
         "def similar_elements(a, b): return a"),
    ],
)  # fmt: skip
def test_evalplus_compares_in_the_judge(
    jail: JailSandbox, record: dict[str, Any], right: str, wrong: str
) -> None:
    made = EvalPlusFormat().problem(record)
    asked = prepare_problem(FunctionVerifier(), made, jail)

    assert asked.spec["reaches"] == len(record["base_input"]) + len(record["plus_input"])
    assert "mode" not in asked.spec
    assert judge(jail, asked, right).status is Status.PASSED
    assert judge(jail, asked, wrong).status is Status.FAILED


def test_a_method_of_a_class_is_called_on_a_new_object_each_time(jail: JailSandbox) -> None:
    starter = "class Solution:\n    def add(self, a, b):\n"
    spec = call_spec("add", [([1, 2], 3), ([2, 2], 4)], starter=starter)
    asked = Problem("add", "function", "", spec)
    code = "class Solution:\n    def __init__(self): self.calls = 0\n"
    code += "    def add(self, a, b):\n        self.calls += 1\n        return {}\n"

    assert judge(jail, asked, code.format("a + b * self.calls")).status is Status.PASSED
    assert judge(jail, asked, code.format("a * b")).status is Status.FAILED
