"""CodeContests, APPS, TACO and LiveCodeBench: records of their schema become judged problems."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from vervet.core.errors import ProblemError
from vervet.core.limits import Limits
from vervet.core.values import Problem
from vervet.problems.apps import AppsFormat
from vervet.problems.bundled import load
from vervet.problems.codecontests import CodeContestsFormat
from vervet.problems.livecodebench import LiveCodeBenchFormat
from vervet.problems.pickled import pickled_text
from vervet.verification.registry import verifier_for

CONTEST: dict[str, Any] = {
    "name": "76_B. Mice",
    "description": "Add the two numbers.",
    "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
    "private_tests": {"input": ["0 0\n", "5 5\n"], "output": ["0\n", "10\n"]},
    "generated_tests": {"input": ["7 8\n"], "output": ["15\n"]},
    "source": 2,
    "difficulty": 8,
    "solutions": {"language": [2, 3, 1, 3], "solution": ["int main(){}", "p3 = 1", "p2", "q3"]},
    "incorrect_solutions": {"language": [3], "solution": ["wrong"]},
    "cf_contest_id": 76,
    "cf_rating": 2100,
    "cf_tags": ["greedy"],
    "time_limit": {"seconds": 2, "nanos": 500_000_000},
    "memory_limit_bytes": 256_000_000,
    "input_file": "",
    "output_file": "",
}
APPS: dict[str, Any] = {
    "problem_id": 12,
    "question": "Add the two numbers.",
    "solutions": json.dumps(["print(sum(map(int, input().split())))"]),
    "input_output": json.dumps({"inputs": ["1 2\n", ["3 4", ""]], "outputs": ["3\n", ["7"]]}),
    "difficulty": "introductory",
    "url": "https://example.org/12",
    "starter_code": "",
}
CALLED = {
    **APPS,
    "input_output": json.dumps({"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": [[3], 7]}),
    "starter_code": "class Solution:\n    def add(self, a: int, b: int) -> int:\n        ",
}
PUBLIC = [{"input": "1 2\n", "output": "3", "testtype": "stdin"}]
PRIVATE = [{"input": "5 6\n", "output": "11", "testtype": "stdin"}]


def packed(value: object) -> str:
    """As LiveCodeBench packs its private tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(value)))).decode()


LIVE: dict[str, Any] = {
    "question_title": "A. Sum",
    "question_content": "Add the two numbers.",
    "platform": "codeforces",
    "question_id": "1873_A",
    "contest_id": "1873",
    "contest_date": "2023-08-21T00:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps(PUBLIC),
    "private_test_cases": packed(PRIVATE),
    "metadata": "{}",
}
FUNCTIONAL = {
    **LIVE,
    "starter_code": "class Solution:\n    def addAll(self, xs: List[int], y) -> int:\n        ",
    "public_test_cases": json.dumps(
        [{"input": "[1, 2]\n4", "output": "7", "testtype": "functional"}]
    ),
    "private_test_cases": json.dumps([]),
    "metadata": json.dumps({"func_name": "addAll"}),
}


def contest(**changes: Any) -> Problem:
    return CodeContestsFormat().problem({**CONTEST, **changes})


def test_tests_of_the_three_origins_stand_in_the_paper_s_order() -> None:
    problem = contest()
    assert (problem.id, problem.kind) == ("76_B. Mice", "program")
    assert problem.spec["checker"] == "codecontests"
    assert [test["output"] for test in problem.spec["tests"]] == ["3\n", "0\n", "10\n", "15\n"]
    assert "Add the two numbers." in problem.prompt


def test_limits_of_the_suite_become_limits_of_the_checks() -> None:
    limits = contest().spec["limits"]
    assert limits == {"cpu_s": 2.5, "wall_s": 10.0, "memory": 256_000_000}
    assert Limits(**limits).cpu_s == 2.5


@pytest.mark.parametrize("missing", [None, {"seconds": 0, "nanos": 0}])
def test_a_problem_without_limits_has_the_defaults(missing: object) -> None:
    assert "limits" not in contest(time_limit=missing, memory_limit_bytes=0).spec


def test_a_long_output_raises_the_limit_of_outputs() -> None:
    tests = {"input": [""], "output": ["x" * 900_000]}
    limits = contest(public_tests=tests, time_limit=None, memory_limit_bytes=0).spec["limits"]
    assert limits == {"output": 1_800_000}


def test_references_are_the_solutions_in_python_3_and_no_wrong_one() -> None:
    assert contest().references == ("p3 = 1", "q3")


def test_incorrect_solutions_in_python_3_are_known_wrong_and_no_part_of_the_digest() -> None:
    some = {"language": [2, 3, 1, 3], "solution": ["int main(){}", "wrong", "print 1", " "]}
    assert contest(incorrect_solutions=some).known_wrong == ("wrong",)
    assert contest(incorrect_solutions=some).digest == contest(incorrect_solutions=None).digest
    assert contest(incorrect_solutions=None).known_wrong == ()


def test_problems_with_images_are_labelled() -> None:
    assert contest(description="See <image>.").labels["image"] is True
    assert "image" not in contest().labels


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"public_tests": {"input": ["1"], "output": []}}, "1 inputs and 0 outputs"),
        ({"generated_tests": {"input": ["1"], "output": "1"}}, "a string for outputs"),
        ({"private_tests": {"input": [1], "output": ["1"]}}, "private_tests[0].input"),
        ({"private_tests": 3}, "'private_tests' is a number"),
        ({"input_file": "in.txt"}, "uses a file (input_file 'in.txt')"),
        ({"description": ""}, "'description' is empty"),
        ({"time_limit": {"seconds": -1}}, "'time_limit' is"),
        ({"time_limit": 3}, "'time_limit' is a number"),
        ({"memory_limit_bytes": "1"}, "'memory_limit_bytes' is '1'"),
        ({"solutions": {"language": [3], "solution": []}}, "1 languages and 0 solutions"),
        (dict.fromkeys(("public_tests", "private_tests", "generated_tests")), "has no tests"),
    ],
)
def test_mistake_in_a_contest_problem_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        contest(**changes)
    assert reason in caught.value.message


PAPER = {
    "prompt": "Q: Two examples, then: Add the two numbers.\nA:",
    "question": "Add the two numbers.",
    "samples": ["```print(1)```"],
    "test_cases": {"input": ["1 2\n"], "output": ["3\n"]},
    "timeout": 2.5,
}


def test_a_record_of_the_paper_s_code_is_read_from_yaml_and_json(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(PAPER, sort_keys=True))
    (tmp_path / "a.jsonl").write_text(json.dumps(PAPER))
    suites = [load(str(tmp_path / name)).suite for name in ("a.yaml", "a.jsonl")]
    assert suites[0].digest == suites[1].digest
    (problem,) = suites[0].problems
    assert (problem.id, problem.prompt) == ("codecontests/0", PAPER["prompt"])
    assert problem.spec["tests"] == [{"input": "1 2\n", "output": "3\n"}]
    assert problem.spec["limits"]["cpu_s"] == 2.5


@pytest.mark.parametrize("made", [CONTEST, APPS, CALLED, LIVE, FUNCTIONAL])
def test_every_spec_is_one_that_its_verifier_reads(made: dict[str, Any]) -> None:
    formats = [CodeContestsFormat(), AppsFormat(), LiveCodeBenchFormat()]
    (used,) = [one for one in formats if one.recognises(made)]
    problem = used.problem(made)
    verifier_for(problem.kind).check_problem(problem)


def test_apps_program_has_its_lines_joined() -> None:
    problem = AppsFormat().problem(APPS)
    assert (problem.id, problem.kind) == ("12", "program")
    assert problem.spec["tests"] == [
        {"input": "1 2\n", "output": "3\n"},
        {"input": "3 4\n", "output": "7"},
    ]
    assert problem.spec["limits"]["cpu_s"] == 4.0
    assert problem.references == ("print(sum(map(int, input().split())))",)


def test_apps_function_is_called_through_its_class() -> None:
    problem = AppsFormat().problem(CALLED)
    assert (problem.kind, problem.spec["entry_point"]) == ("function", "add")
    assert problem.spec["asserts"] == [
        "assert _same(add(1, 2), [3], True)",
        "assert _same(add(3, 4), 7, True)",
    ]
    assert CALLED["starter_code"].strip() in problem.prompt


def test_keys_that_are_numbers_are_numbers_again() -> None:
    tests = {"fn_name": "f", "inputs": [[{"1": 2}]], "outputs": [{"3": 4}]}
    problem = AppsFormat().problem({**APPS, "input_output": json.dumps(tests)})
    assert problem.spec["asserts"] == ["assert _same(f({1: 2}), {3: 4}, True)"]


def test_taco_is_named_by_its_question_and_has_limits_in_words() -> None:
    record = {key: value for key, value in APPS.items() if key != "problem_id"}
    record |= {"time_limit": "1.5 seconds", "memory_limit": "128.0 megabytes", "tags": "[]"}
    problem = AppsFormat().problem(record)
    assert problem.id.startswith("taco/")
    assert problem.id == AppsFormat().problem(record, row=7).id
    assert problem.spec["limits"] == {"cpu_s": 1.5, "wall_s": 8.0, "memory": 128 << 20}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"input_output": ""}, "has no tests"),
        ({"input_output": "{"}, "'input_output' is no JSON text"),
        ({"input_output": "[]"}, "'input_output' is a list"),
        ({"input_output": "[" * 100_000}, "nested too deep"),
        ({"input_output": '{"inputs": ["1"], "outputs": []}'}, "1 inputs and 0 outputs"),
        ({"input_output": '{"inputs": [3], "outputs": ["1"]}'}, "inputs[0]' is a number"),
        (
            {"input_output": '{"inputs": [[]], "outputs": [1], "fn_name": "a b"}'},
            "'a b', which names no function",
        ),
        ({"question": ""}, "'question' is empty"),
        ({"solutions": "{}"}, "'solutions' is a mapping"),
    ],
)
def test_mistake_in_an_apps_problem_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        AppsFormat().problem({**APPS, **changes})
    assert reason in caught.value.message


def test_livecodebench_program_has_public_and_packed_private_tests() -> None:
    problem = LiveCodeBenchFormat().problem(LIVE)
    assert (problem.id, problem.kind) == ("1873_A", "program")
    assert problem.spec["tests"] == [
        {"input": "1 2\n", "output": "3"},
        {"input": "5 6\n", "output": "11"},
    ]
    assert (problem.spec["checker"], problem.spec["tolerance"]) == ("float", 0.0)
    assert problem.spec["limits"]["cpu_s"] == 6.0
    assert problem.labels["contest_date"] == "2023-08-21T00:00:00"


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_tests_pickled_by_any_protocol_are_read(protocol: int) -> None:
    text = json.dumps(PRIVATE) + " " * 300
    assert pickled_text(pickle.dumps(text, protocol=protocol)) == text


def test_livecodebench_function_takes_an_argument_a_line() -> None:
    problem = LiveCodeBenchFormat().problem(FUNCTIONAL)
    assert problem.kind == "function"
    assert problem.spec["entry_point"] == "addAll"
    assert problem.spec["asserts"] == ["assert _same(addAll([1, 2], 4), 7, False)"]


class Hostile:
    """Unpickled, it would write a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


def test_a_hostile_pickle_is_refused_and_never_run(tmp_path: Any) -> None:
    target = tmp_path / "owned"
    attack = pickle.dumps(Hostile(str(target)))
    with pytest.raises(ProblemError, match="a pickle of more than a text"):
        pickled_text(attack)
    record = {**LIVE, "private_test_cases": base64.b64encode(zlib.compress(attack)).decode()}
    with pytest.raises(ProblemError, match="a pickle of more than a text"):
        LiveCodeBenchFormat().problem(record)
    assert not target.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cannot be read|0 texts"),
        (pickle.dumps(3), "more than a text"),
        (pickle.dumps(["a", "b"]), "more than a text"),
        (pickle.dumps("a")[:-1] + pickle.dumps("b"), "not one|more than a text|cannot be read"),
        (b"\x80\x04\x8d" + b"\xff" * 8, "cannot be read"),
        (b"X\x02\x00\x00\x00\xff\xff.", "cannot be read"),
    ],
)
def test_broken_pickles_are_reasons(data: bytes, reason: str) -> None:
    with pytest.raises(ProblemError, match=reason):
        pickled_text(data)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vervet.problems.livecodebench.LONGEST", 1 << 20)
    bomb = base64.b64encode(zlib.compress(b"\0" * (64 << 20))).decode()
    with pytest.raises(ProblemError, match="unpacks to over a gigabyte"):
        LiveCodeBenchFormat().problem({**LIVE, "private_test_cases": bomb})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"public_test_cases": "[]", "private_test_cases": "[]"}, "has no tests"),
        ({"private_test_cases": "!!!"}, "cannot be unpacked"),
        ({"private_test_cases": base64.b64encode(b"abc").decode()}, "cannot be unpacked"),
        ({"public_test_cases": "[1]"}, "not a list of mappings"),
        ({"public_test_cases": '[{"input": 1, "output": ""}]'}, "tests[0].input"),
        (
            {"public_test_cases": FUNCTIONAL["public_test_cases"]},
            "tests of the types functional, stdin",
        ),
        ({"question_content": None}, "'question_content' is null"),
    ],
)
def test_mistake_in_a_live_problem_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        LiveCodeBenchFormat().problem({**LIVE, **changes})
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"metadata": "{}"}, "names no 'func_name'"),
        (
            {"public_test_cases": '[{"input": "x", "output": "1", "testtype": "functional"}]'},
            "'tests[0]' is no call in JSON",
        ),
    ],
)
def test_mistake_in_a_live_function_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        LiveCodeBenchFormat().problem({**FUNCTIONAL, **changes})
    assert reason in caught.value.message
