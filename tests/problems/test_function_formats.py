"""MBPP in both editions and evalplus's files: the function under test, asserts, Python values."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from vervet.core.errors import ProblemError
from vervet.core.values import Problem
from vervet.problems.bundled import load
from vervet.problems.evalplus import EvalPlusFormat
from vervet.problems.evalplus_types import python_inputs
from vervet.problems.mbpp import MbppFormat
from vervet.problems.reading import read_suite
from vervet.verification.registry import verifier_for

from .conftest import WriteLines

MBPP: dict[str, Any] = {
    "task_id": 2,
    "text": "Write a function to double.",
    "code": "def helper(x):\r\n  return x\r\ndef double(x):\r\n  return helper(x) * 2",
    "test_list": ["assert double(2) == 4", "assert set([double(3)]) == {6}"],
    "test_setup_code": "",
    "challenge_test_list": [],
}
HUMANEVAL_PLUS: dict[str, Any] = {
    "task_id": "HumanEval/0",
    "prompt": 'def half(x: float) -> float:\n    """ Half of it. """\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "base_input": [[1.0], [3]],
    "plus_input": [[-7.5]],
    "atol": 1e-6,
    "contract": "\n    assert True, 'invalid inputs' # $_CONTRACT_$\n",
}
MBPP_PLUS: dict[str, Any] = {
    "task_id": "Mbpp/2",
    "prompt": '"""\nWrite a function to find the shared elements.\n"""\n',
    "entry_point": "similar_elements",
    "canonical_solution": "\ndef similar_elements(a, b):\n  return tuple(set(a) & set(b))\n",
    "base_input": [[[3, 4], [4, 5]]],
    "plus_input": [[[], [1]]],
    "atol": 0,
}


def mbpp(**changes: Any) -> Problem:
    return MbppFormat().problem({**MBPP, **changes})


def evalplus(record: dict[str, Any], **changes: Any) -> Problem:
    return EvalPlusFormat().problem({**record, **changes})


def test_mbpp_record() -> None:
    problem = mbpp()
    assert (problem.id, problem.kind) == ("2", "function")
    assert problem.spec == {
        "prompt": "",
        "entry_point": "double",
        "setup": "",
        "asserts": MBPP["test_list"],
    }
    assert problem.references == (MBPP["code"].replace("\r\n", "\n"),)
    for line in MBPP["test_list"]:
        assert line in problem.prompt


def test_mbpp_setup_is_imports_and_code() -> None:
    record = {key: value for key, value in MBPP.items() if key != "text"}
    problem = MbppFormat().problem(
        {**record, "prompt": "Double.", "test_imports": ["import math"], "test_setup_code": "a = 1"}
    )
    assert problem.spec["setup"] == "import math\na = 1\n"


def test_function_under_test_is_the_one_that_the_code_defines() -> None:
    asserts = ["assert math.isclose(area(2), 4) and len(str(area(2))) == 1"]
    assert mbpp(test_list=asserts, code="def area(x): return x").spec["entry_point"] == "area"
    assert mbpp(test_list=asserts, code="").spec["entry_point"] == "area"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test_list": []}, "has no tests"),
        ({"test_list": ["assert ("]}, "is no Python"),
        ({"test_list": ["assert 1 == 1"]}, "no function that its code defines"),
        ({"test_list": ["assert triple(2)"]}, "no function that its code defines"),
        ({"text": ""}, "'text' is empty"),
        ({"task_id": True}, "'task_id' is true or false"),
        ({"test": "import numpy as np\n"}, "evalplus's own release file"),
    ],
)
def test_mistake_in_mbpp_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        mbpp(**changes)
    assert reason in caught.value.message


def test_real_mbpp_is_read_whole(shared_data: Path) -> None:
    loaded = load(str(shared_data / "mbpp" / "mbpp.jsonl"))
    assert loaded.set_aside == ()
    assert len(loaded.suite.problems) == 974
    for problem in loaded.suite.problems:
        name = problem.spec["entry_point"]
        assert f"def {name}" in problem.references[0]
        assert all(name in line for line in problem.spec["asserts"])


def test_human_eval_plus_goes_on_from_its_prompt() -> None:
    problem = evalplus(HUMANEVAL_PLUS)
    assert (problem.id, problem.kind) == ("HumanEval/0", "function")
    assert problem.spec["prompt"] == problem.prompt == HUMANEVAL_PLUS["prompt"]
    assert problem.spec["asserts"] == [
        f"assert _same(half(*_given({at})), {at})" for at in range(3)
    ]
    assert problem.labels == {"base": 2}


def test_mbpp_plus_is_whole_code() -> None:
    problem = evalplus(MBPP_PLUS)
    assert (problem.id, problem.spec["prompt"]) == ("Mbpp/2", "")
    assert "_inputs = [[(3, 4), (4, 5)], [(), (1,)]]" in problem.spec["setup"]
    assert evalplus({**MBPP_PLUS, "task_id": 2}).id == "Mbpp/2"


PYRAMID = {**MBPP_PLUS, "task_id": "Mbpp/581", "entry_point": "surface_Area"}


@pytest.mark.parametrize(
    "record", [HUMANEVAL_PLUS, MBPP_PLUS, PYRAMID], ids=["HumanEval+", "MBPP+", "oracle"]
)
def test_setup_is_python_without_a_hole_left(record: dict[str, Any]) -> None:
    setup = evalplus(record).spec["setup"]
    ast.parse(setup)
    assert "@" not in setup


def test_text_of_a_record_fills_no_hole() -> None:
    setup = evalplus(HUMANEVAL_PLUS, canonical_solution="    return '@inputs@'\n").spec["setup"]
    assert setup.count("@inputs@") == 1
    assert "_inputs = [[1.0], [3], [-7.5]]" in setup


@pytest.mark.parametrize("record", [HUMANEVAL_PLUS, MBPP_PLUS, PYRAMID])
def test_an_evalplus_spec_is_one_that_its_verifier_reads(record: dict[str, Any]) -> None:
    verifier_for("function").check_problem(evalplus(record))


@pytest.mark.parametrize(
    ("task", "given", "expected"),
    [
        (2, [[1], [2]], [(1,), (2,)]),
        (63, [[[1, 2], [3]]], [[(1, 2), (3,)]]),
        (75, [[[1], [2]], 3], [[(1,), (2,)], 3]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1, 2], []]], [[{1, 2}, {}]]),
        (124, ["1", "2j"], [1.0, 2j]),
        (250, [[1], [2]], [(1,), [2]]),
        (252, ["1j"], [1j]),
        (259, [[[1], [2]]], [((1,), (2,))]),
        (278, [[1, [2]]], [(1, (2,))]),
        (722, [{"a": [1]}, 2], [{"a": (1,)}, 2]),
        (580, [[1, [2, [3]]]], [(1, (2, (3,)))]),
        (9, [[1]], [[1]]),
    ],
)
def test_arguments_of_mbpp_plus_have_their_types(task: int, given: Any, expected: Any) -> None:
    (made,) = ast.literal_eval(python_inputs(f"Mbpp/{task}", [given]))
    assert made == expected
    assert repr(made) == repr(expected)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"base_input": [], "plus_input": {}}, "has no tests"),
        ({"base_input": [3]}, "not a list of lists"),
        ({"atol": "0"}, "'atol' is '0'"),
        ({"canonical_solution": ""}, "'canonical_solution' is empty"),
        ({"task_id": "Mbpp/75", "base_input": [[1, 2]]}, "not of its types"),
    ],
)
def test_mistake_in_evalplus_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        evalplus(HUMANEVAL_PLUS, **changes)
    assert reason in caught.value.message


def test_infinity_is_read_as_evalplus_writes_it(write: WriteLines) -> None:
    record = {**HUMANEVAL_PLUS, "base_input": [[float("inf")]]}
    loaded = read_suite(write(json.dumps(record).encode()))
    assert "_inputs = [[inf], [-7.5]]" in loaded.suite.problems[0].spec["setup"]
