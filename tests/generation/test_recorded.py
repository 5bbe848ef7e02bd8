"""Recorded candidates: both forms, broken lines, claims, and the real CodeGen completions."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from vervet.core.errors import CandidateError
from vervet.core.lines import SetAside
from vervet.core.status import Status
from vervet.core.values import Problem, Suite
from vervet.generation.recorded import RecordedCandidate, read_recorded
from vervet.problems.reading import read_suite


def function(name: str, entry_point: str, prompt: str) -> Problem:
    spec = {"prompt": prompt, "entry_point": entry_point, "test": "def check(f): pass"}
    return Problem(name, "function", prompt, spec)


ADD = 'def add(x: int, y: int):\n    """Sum.\n    >>> add(1, 2)\n    3\n    """\n'
ADD_LIST = '\ndef add(lst):\n    """Sum of even ones.\n    add([2]) ==> 2\n    """\n'
SUITE = Suite(
    "small",
    (
        function("t/0", "add", ADD),
        function("t/1", "add", ADD_LIST),
        function("t/2", "double", "def double(x):\n"),
        Problem("7", "answer", "2 + 2?", {"answer": "4"}),
    ),
)


def read(tmp_path: Path, *lines: object) -> list[RecordedCandidate | SetAside]:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(
        b"".join(
            (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
            for line in lines
        )
    )
    return list(read_recorded(path, SUITE))


def reasons(items: list[RecordedCandidate | SetAside]) -> list[str]:
    return [item.reason for item in items if isinstance(item, SetAside)]


def kept(items: list[RecordedCandidate | SetAside]) -> list[RecordedCandidate]:
    return [item for item in items if isinstance(item, RecordedCandidate)]


def test_one_completion_a_line_with_ordinals_per_problem(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        {"task_id": "t/0", "completion": "a"},
        {"task_id": "t/2", "completion": "b", "model": "extra keys are passed over"},
        {"task_id": "t/0", "completion": "c"},
    )
    assert items == [
        RecordedCandidate("t/0", 0, "a", None, 1),
        RecordedCandidate("t/2", 0, "b", None, 2),
        RecordedCandidate("t/0", 1, "c", None, 3),
    ]


def test_several_samples_a_line(tmp_path: Path) -> None:
    items = read(tmp_path, {"task_id": "t/2", "samples": ["a", ""]})
    assert [(one.ordinal, one.completion) for one in kept(items)] == [(0, "a"), (1, "")]


def test_whole_numbers_serve_as_ids(tmp_path: Path) -> None:
    assert kept(read(tmp_path, {"task_id": 7, "completion": "4"}))[0].problem_id == "7"


@pytest.mark.parametrize("key", ["passed", "is_correct"])
@pytest.mark.parametrize(
    ("value", "status"), [(True, Status.PASSED), (False, Status.FAILED), (None, None)]
)
def test_verdict_in_the_file_is_a_claim(
    tmp_path: Path, key: str, value: bool | None, status: Status | None
) -> None:
    (one,) = kept(read(tmp_path, {"task_id": "t/2", "completion": "a", key: value}))
    assert one.claimed is status


def test_claims_of_several_samples(tmp_path: Path) -> None:
    line = {"task_id": "t/2", "samples": ["a", "b"], "is_corrects": [True, False]}
    assert [one.claimed for one in kept(read(tmp_path, line))] == [Status.PASSED, Status.FAILED]


def test_prompt_without_its_examples_is_matched_by_name_and_parameters(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        {"prompt": '\ndef add(lst):\n    """Sum of even ones.\n    """\n', "samples": ["a"]},
        {"prompt": 'def add(x: int, y: int):\n    """Sum.\n    """\n', "samples": ["b"]},
        {"prompt": "def double(x):\n", "completion": "c"},
    )
    assert [one.problem_id for one in kept(items)] == ["t/1", "t/0", "t/2"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"task_id": "t/9", "completion": "a"}, "id 't/9'"),
        ({"task_id": True, "completion": "a"}, "id True"),
        ({"prompt": "def triple(x):\n", "completion": "a"}, "asks for function 'triple'"),
        ({"prompt": "def double(x, y):\n", "completion": "a"}, "asks for function 'double'"),
        ({"prompt": "3 + 3?", "completion": "a"}, "defines no function"),
        ({"completion": "a"}, "neither 'task_id' nor 'prompt'"),
        ({"task_id": "t/2", "text": "a"}, "neither 'completion' nor 'samples'"),
        ({"task_id": "t/2", "completion": None}, "NoneType, not a string"),
        ({"task_id": "t/2", "completion": "a", "passed": "yes"}, "'yes', not true or false"),
        ({"task_id": "t/2", "samples": "abc"}, "'samples' is not a list"),
        ({"task_id": "t/2", "samples": []}, "'samples' is empty"),
        ({"task_id": "t/2", "samples": ["a"], "passed": [True, True]}, "a list of 1 verdicts"),
        ([1], "not a JSON object"),
        (b'{"task_id": "t/2", "comp', "not JSON"),
        (b'{"task_id": "t/2", "completion": "\xff"}', "not UTF-8"),
    ],
)
def test_broken_line_is_named_and_the_rest_goes_on(
    tmp_path: Path, line: object, reason: str
) -> None:
    good = {"task_id": "t/2", "completion": "good"}
    items = read(tmp_path, good, line, good)
    assert [one.ordinal for one in kept(items)] == [0, 1]
    (aside,) = [item for item in items if isinstance(item, SetAside)]
    assert reason in aside.reason
    assert str(aside).startswith(f"{tmp_path / 'samples.jsonl'}:2: ")


def test_record_of_several_samples_that_fits_no_problem_says_how_many(tmp_path: Path) -> None:
    items = read(tmp_path, {"task_id": "x/99", "samples": ["a", "b", "c"]})
    assert reasons(items) == ["no problem of suite small has the id 'x/99' (3 samples)"]


QUESTIONS = Suite(
    "questions",
    tuple(
        Problem(f"q/{at}", "answer", f"Question: {text}\nAnswer:", {"answer": "4"})
        for at, text in enumerate(
            ["What is 2 + 2?", "Two lines:\nwhat is 1 + 3?", "Twice?", "Twice?"]
        )
    ),
)


def asked(tmp_path: Path, *lines: object, source: str | None = None) -> list[object]:
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [
        item.reason if isinstance(item, SetAside) else (item.problem_id, item.completion)
        for item in read_recorded(path, QUESTIONS, source=source)
    ]


def test_question_is_matched_by_the_prompt_that_holds_it(tmp_path: Path) -> None:
    found = asked(
        tmp_path,
        {"question": "What is 2 + 2?", "completion": "4"},
        {"question": "Two lines:\nwhat is 1 + 3?", "samples": ["3", "4"]},
        {"question": "What is 2 + 3?", "completion": "5"},
        {"question": "Twice?", "completion": "5"},
    )
    assert found == [
        ("q/0", "4"),
        ("q/1", "3"),
        ("q/1", "4"),
        "no problem of suite questions asks its question",
        "its question is asked by several problems: q/2, q/3",
    ]


SEVERAL = {
    "question": "What is 2 + 2?",
    "small": {"solution": "5", "is_correct": False},
    "large": {"solution": "4", "is_correct": True},
}


def test_one_model_s_completions_are_taken_of_several(tmp_path: Path) -> None:
    assert asked(tmp_path, SEVERAL, source="large") == [("q/0", "4")]
    assert asked(tmp_path, SEVERAL) == [
        "holds completions of small, large: choose one with --source"
    ]
    assert asked(tmp_path, SEVERAL, source="huge") == ["has no source 'huge'; it has small, large"]
    of_one = {"question": "What is 2 + 2?", "completion": "4"}
    assert asked(tmp_path, of_one, source="large") == [
        "has no source 'large': its completions are of one model"
    ]


def test_finish_reason_of_the_file_is_kept(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        {"task_id": "t/2", "completion": "a", "finish_reason": "length"},
        {"task_id": "t/2", "samples": ["b", "c"], "finish_reason": ["stop", None]},
        {"task_id": "t/2", "completion": "d", "finish_reason": "eos"},
        {"task_id": "t/2", "samples": ["b"], "finish_reason": ["stop", "stop"]},
    )
    assert [one.finish_reason for one in kept(items)] == ["length", "stop", "recorded", "recorded"]
    (reason,) = reasons(items)
    assert "'finish_reason' is not a list of 1 finish reasons, one a sample" in reason


def test_labelled_solutions_of_gsm8k_are_matched(shared_data: Path) -> None:
    folder = shared_data / "gsm8k"
    suite = read_suite(folder / "test.jsonl").suite
    path = folder / "labelled_solutions_first_600.jsonl"
    found = list(read_recorded(path, suite, source="6b_finetuning"))
    assert [one.problem_id for one in kept(found)] == [f"gsm8k/{at}" for at in range(600)]
    assert {one.claimed for one in kept(found)} == {Status.PASSED, Status.FAILED}


def test_broken_sample_leaves_its_neighbours(tmp_path: Path) -> None:
    items = read(tmp_path, {"task_id": "t/2", "samples": ["a", 3, "c"]})
    assert [(one.ordinal, one.completion) for one in kept(items)] == [(0, "a"), (1, "c")]
    assert reasons(items) == ["samples[1] is int, not a string"]


def test_name_shared_by_equal_signatures_is_ambiguous(tmp_path: Path) -> None:
    suite = Suite("twins", tuple(function(f"t/{at}", "f", f"def f(x):\n # {at}") for at in (1, 2)))
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps({"prompt": "def f(x):\n", "completion": "a"}))
    assert reasons(list(read_recorded(path, suite))) == [
        "function 'f' is asked for by several problems: t/1, t/2"
    ]


def test_two_prompts_do_not_lead_to_one_problem(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        {"prompt": "def double(x):\n", "completion": "a"},
        {"prompt": "def double(x):\n    # by two\n", "completion": "b"},
        {"prompt": "def double(x):\n", "completion": "c"},
    )
    assert [one.completion for one in kept(items)] == ["a", "c"]
    assert "the other prompt of line 1" in reasons(items)[0]


def test_crlf_blank_lines_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    items = read(tmp_path, b'\xef\xbb\xbf{"task_id": "t/2", "completion": "a"}\r', b"\r", b"")
    assert [one.completion for one in kept(items)] == ["a"]
    assert reasons(items) == []


def test_truncated_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    lines = [json.dumps({"task_id": "t/2", "completion": f"{at:x}" * 50}) for at in range(5000)]
    whole = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "s.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    items = list(read_recorded(path, SUITE))
    assert len(kept(items)) > 100
    assert [("damaged" in reason) for reason in reasons(items)] == [True]


def test_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(CandidateError, match="No such file"):
        list(read_recorded(tmp_path / "none.jsonl", SUITE))


def test_file_is_read_as_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text('{"task_id": "t/2", "completion": "a"}\n' * 3)
    candidates = read_recorded(path, SUITE)
    assert isinstance(next(candidates), RecordedCandidate)
    candidates.close()  # type: ignore[attr-defined]


def test_real_completions_all_find_their_problem(shared_data: Path) -> None:
    suite = read_suite(shared_data / "humaneval" / "HumanEval.jsonl.gz").suite
    folder = shared_data / "codegen16b_humaneval"
    items = list(read_recorded(folder / "solutions.jsonl.gz", suite))
    assert reasons(items) == []
    counts = Counter(one.problem_id for one in kept(items))
    assert (len(counts), set(counts.values())) == (164, {100})


def test_real_prompts_lead_to_the_ids_that_their_authors_give(shared_data: Path) -> None:
    suite = read_suite(shared_data / "humaneval" / "HumanEval.jsonl.gz").suite
    folder = shared_data / "codegen16b_humaneval"
    with (folder / "HumanEval_for_code_generation.jsonl").open() as file:
        ids = {row["prompt"]: row["task_id"] for row in map(json.loads, file)}
    with gzip.open(folder / "solutions.jsonl.gz", "rt") as file:
        expected = [ids[json.loads(line)["prompt"]] for line in file]
    found = {}
    for one in kept(list(read_recorded(folder / "solutions.jsonl.gz", suite))):
        found[one.line] = one.problem_id
    assert [found[line] for line in sorted(found)] == expected
