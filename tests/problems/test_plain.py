"""Vervet's own format: every key, every way to get it wrong, and the way back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.formats import ProblemFormat
from vervet.problems.plain import PlainFormat, dump
from vervet.problems.reading import read_suite

PROGRAM = {"id": "p", "kind": "program", "prompt": "Add.", "tests": [{"input": "1", "output": "1"}]}
FUNCTION = {"id": "f", "kind": "function", "prompt": "def f():\n", "entry_point": "f", "test": "t"}
ANSWER = {"id": "a", "kind": "answer", "prompt": "1 + 1?", "answer": "2"}


def problem(record: dict[str, Any], **changes: Any) -> Problem:
    return PlainFormat().problem({**record, **changes})


def test_it_is_a_format() -> None:
    made: ProblemFormat = PlainFormat()
    assert made.name == "plain"


def test_program_has_template_tests_and_checker() -> None:
    assert problem(PROGRAM).spec == {
        "template": {"prefix": "", "suffix": ""},
        "tests": [{"input": "1", "output": "1"}],
        "checker": "exact",
    }


def test_program_keeps_what_it_sets() -> None:
    template = {"prefix": "def f(x):\n", "suffix": "\nprint(f(1))"}
    spec = problem(PROGRAM, template=template, checker="tokens", limits={"cpu_s": 1}).spec
    assert (spec["template"], spec["checker"], spec["limits"]) == (template, "tokens", {"cpu_s": 1})


def test_program_may_be_allowed_processes_and_keeps_its_digest_where_not() -> None:
    assert problem(PROGRAM, processes_allowed=True).spec["processes_allowed"] is True
    assert problem(PROGRAM, processes_allowed=False).digest == problem(PROGRAM).digest


def test_function_has_prompt_entry_point_and_test() -> None:
    assert problem(FUNCTION).spec == {"prompt": "def f():\n", "entry_point": "f", "test": "t"}


def test_function_prompt_may_differ_from_what_the_model_sees() -> None:
    assert problem(FUNCTION, function_prompt="def f(): # x\n").spec["prompt"] == "def f(): # x\n"


def test_answer_has_answer_and_pattern() -> None:
    assert problem(ANSWER).spec == {"answer": "2"}
    assert problem(ANSWER, pattern="= (.*)").spec == {"answer": "2", "pattern": "= (.*)"}


@pytest.mark.parametrize(("given", "kept"), [(12, "12"), (2.5, "2.5"), ("012", "012")])
def test_answer_may_be_a_number(given: object, kept: str) -> None:
    assert problem(ANSWER, answer=given).spec["answer"] == kept


def test_one_reference_and_several() -> None:
    assert problem(ANSWER, reference="#### 2").references == ("#### 2",)
    assert problem(ANSWER, references=["x", "y"]).references == ("x", "y")
    assert problem(ANSWER, known_wrong="#### 3").known_wrong == ("#### 3",)


def test_one_stop_string_and_several() -> None:
    assert problem(ANSWER, stop="\n\n").stop == ("\n\n",)
    assert problem(ANSWER, stop=["a", "b"]).stop == ("a", "b")


def test_labels_are_kept_and_change_no_digest() -> None:
    labelled = problem(ANSWER, labels={"stratum": "easy", "depth": 2})
    assert labelled.labels == {"stratum": "easy", "depth": 2}
    assert labelled.digest == problem(ANSWER).digest


@pytest.mark.parametrize(
    ("record", "changes", "reason"),
    [
        (PROGRAM, {"kind": "programm"}, "Did you mean program?"),
        (PROGRAM, {"kind": 3}, "'kind' is a number, not a string"),
        (PROGRAM, {"id": ""}, "'id' is empty"),
        (PROGRAM, {"id": True}, "'id' is true or false"),
        (PROGRAM, {"prompt": None}, "'prompt' is null"),
        (PROGRAM, {"prompt": "\ud800"}, "half a surrogate pair"),
        (PROGRAM, {"test": []}, "unknown key 'test'; did you mean 'tests'?"),
        (PROGRAM, {"entry_point": "f"}, "unknown key 'entry_point'"),
        (PROGRAM, {"tests": []}, "has no tests"),
        (PROGRAM, {"tests": None}, "has no tests"),
        (PROGRAM, {"tests": "1 1"}, "'tests' is a string, not a list"),
        (PROGRAM, {"tests": [{"input": "1"}]}, "'tests[0].output' is missing"),
        (PROGRAM, {"tests": [{"input": 1, "output": "1"}]}, "'tests[0].input' is a number"),
        (
            PROGRAM,
            {"tests": [{"in": "1", "output": "1"}]},
            "unknown key 'tests[0].in'; did you mean 'input'?",
        ),
        (PROGRAM, {"template": "x"}, "'template' is a string"),
        (PROGRAM, {"template": {"sufix": ""}}, "did you mean 'suffix'?"),
        (PROGRAM, {"limits": {"cpu": 1}}, "did you mean 'cpu_s'?"),
        (PROGRAM, {"limits": {"cpu_s": 0}}, "limit cpu_s is 0"),
        (PROGRAM, {"limits": {"memory": 1000}}, "below what the interpreter needs"),
        (PROGRAM, {"limits": {"cpu_s": "1"}}, "'limits.cpu_s' is '1', not a number"),
        (PROGRAM, {"limits": {"cpu_s": float("inf")}}, "'limits.cpu_s' is inf"),
        (PROGRAM, {"limits": {"memory": 1.5}}, "not a whole number"),
        (PROGRAM, {"processes_allowed": 1}, "'processes_allowed' is a number, not true or false"),
        (PROGRAM, {"reference": "a", "references": ["b"]}, "both given"),
        (PROGRAM, {"references": 3}, "'references' is a number, not a list"),
        (PROGRAM, {"stop": [""]}, "'stop[0]' is empty"),
        (PROGRAM, {"labels": ["a"]}, "'labels' is a list"),
        (PROGRAM, {"labels": {"a": {1, 2}}}, "'labels' holds what JSON cannot"),
        (FUNCTION, {"entry_point": "f()"}, "names no function"),
        (FUNCTION, {"entry_point": "class"}, "names no function"),
        (FUNCTION, {"test": " \n"}, "has no tests"),
        (ANSWER, {"answer": ""}, "'answer' is empty"),
        (ANSWER, {"answer": True}, "'answer' is true or false"),
        (ANSWER, {"pattern": 3}, "'pattern' is a number, not a string"),
        (ANSWER, {"choices": 3}, "'choices' is a number, not a list"),
        (FUNCTION, {"asserts": ["assert f(1)"]}, "'test' and 'asserts' are both given"),
        (FUNCTION, {"setup": "x = 1"}, "'setup' is given without 'asserts'"),
        (PROGRAM, {"checker": {"judges": "x"}}, "did you mean 'judge'?"),
    ],
)
def test_mistake_is_named(record: dict[str, Any], changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        problem(record, **changes)
    assert reason in caught.value.message


@pytest.mark.parametrize("record", [PROGRAM, FUNCTION, ANSWER], ids=lambda one: one["kind"])
def test_missing_key_is_named(record: dict[str, Any]) -> None:
    for key in record:
        with pytest.raises(ProblemError, match=f"{key}|no tests"):
            PlainFormat().problem({name: record[name] for name in record if name != key})


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
names = st.sampled_from(["f", "solve", "är"])
common = {
    "id": text,
    "prompt": text,
    "stop": st.lists(text),
    "labels": st.dictionaries(text, text | st.integers() | st.lists(text)),
    "references": st.lists(text),
    "known_wrong": st.lists(text),
}
tests = st.lists(st.fixed_dictionaries({"input": text, "output": text}), min_size=1)
limits = st.fixed_dictionaries(
    {}, optional={"cpu_s": st.floats(0.1, 9), "memory": st.integers(64 << 20)}
)
records = st.one_of(
    st.fixed_dictionaries(
        {
            **common,
            "kind": st.just("program"),
            "tests": tests,
            "template": st.fixed_dictionaries({"prefix": text, "suffix": text}),
            "checker": text,
            "limits": limits,
        }
    ),
    st.fixed_dictionaries(
        {
            **common,
            "kind": st.just("function"),
            "entry_point": names,
            "test": text.filter(str.strip),
            "function_prompt": text,
        }
    ),
    st.fixed_dictionaries({**common, "kind": st.just("answer"), "answer": text}),
)


@given(records)
def test_dumped_problem_is_read_back_equal(record: dict[str, Any]) -> None:
    made = PlainFormat().problem(record)
    again = PlainFormat().problem(json.loads(dump(made)))
    assert again == made
    assert again.digest == made.digest


def test_dump_keeps_to_one_line_of_ascii() -> None:
    line = dump(problem(ANSWER, prompt="é\n\u2028"))
    assert line.isascii()
    assert "\n" not in line


def yaml_items(tmp_path: Path, text: str) -> list[Record | SetAside]:
    path = tmp_path / "problems.yaml"
    path.write_text(text)
    return list(PlainFormat().records(path))


def test_yaml_list_gives_lines(tmp_path: Path) -> None:
    items = yaml_items(tmp_path, "# about\n- id: a\n  kind: b\n\n- id: c\n- no mapping\n")
    assert items[:2] == [Record(2, {"id": "a", "kind": "b"}), Record(5, {"id": "c"})]
    assert isinstance(items[2], SetAside)
    assert items[2].line == 6


def test_yaml_documents_before_a_broken_one_are_kept(tmp_path: Path) -> None:
    items = yaml_items(tmp_path, "id: a\n---\nid: [b\n---\nid: c\n")
    assert items[0] == Record(1, {"id": "a"})
    assert isinstance(items[1], SetAside)
    assert len(items) == 2


def test_yaml_key_that_stands_twice_sets_only_its_problem_aside(tmp_path: Path) -> None:
    items = yaml_items(tmp_path, "- id: a\n  id: b\n- id: c\n")
    assert items[1] == Record(3, {"id": "c"})
    assert "the key 'id' stands twice" in str(items[0])


def test_yaml_never_makes_objects(tmp_path: Path) -> None:
    (item,) = yaml_items(tmp_path, "- !!python/object/apply:os.system [echo]\n")
    assert isinstance(item, SetAside)


def test_yaml_and_jsonl_give_the_same_suite(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f"{json.dumps(PROGRAM)}\n{json.dumps(FUNCTION)}\n")
    (tmp_path / "a.yml").write_text(f"- {json.dumps(PROGRAM)}\n- {json.dumps(FUNCTION)}\n")
    jsonl, yaml = (read_suite(tmp_path / name).suite for name in ("a.jsonl", "a.yml"))
    assert jsonl.digest == yaml.digest
