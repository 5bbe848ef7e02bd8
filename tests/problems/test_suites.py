"""Suites by name and path: guessing the format, setting lines aside, HumanEval, the bundled."""

import json
from pathlib import Path

import pytest

from vervet.core.errors import ProblemError, UnknownNameError, UsageError
from vervet.core.values import Suite
from vervet.problems import bundled
from vervet.problems.bundled import find_problem, load, summarise
from vervet.problems.formats import format_names, get_format
from vervet.problems.reading import guess_format, read_suite

from .conftest import WriteLines

ROOT = Path(__file__).resolve().parents[2]
HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def f():\n",
    "entry_point": "f",
    "canonical_solution": "    return 1\n",
    "test": "def check(candidate):\n    assert candidate() == 1\n",
}


def answer(name: str) -> bytes:
    return json.dumps({"id": name, "kind": "answer", "prompt": "?", "answer": "1"}).encode()


def test_both_formats_are_registered() -> None:
    assert {"humaneval", "plain"} <= set(format_names())


def test_unknown_format_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        get_format("humanevall")
    assert "humaneval" in caught.value.hint


def test_format_is_guessed_from_the_keys(write: WriteLines) -> None:
    assert guess_format(write(json.dumps(HUMANEVAL).encode())).name == "humaneval"
    assert guess_format(write(b"broken", answer("a"))).name == "plain"


def test_format_by_name_goes_before_the_guess(write: WriteLines) -> None:
    loaded = read_suite(write(answer("a")), format="humaneval")
    assert loaded.suite.problems == ()
    assert len(loaded.set_aside) == 1


def test_file_of_no_known_format(write: WriteLines) -> None:
    with pytest.raises(ProblemError, match="line 1 has the keys question") as caught:
        load(str(write(b'{"question": "?"}')))
    assert "plain" in caught.value.hint


def test_broken_lines_are_set_aside_and_the_rest_goes_on(write: WriteLines) -> None:
    path = write(answer("a"), b"{", answer("b"), b'{"kind": "answer"}', b"\xff", answer("c"))
    loaded = load(str(path))
    assert [problem.id for problem in loaded.suite.problems] == ["a", "b", "c"]
    assert [(item.line, item.file) for item in loaded.set_aside] == [
        (2, str(path)),
        (4, str(path)),
        (5, str(path)),
    ]


def test_second_problem_of_an_id_is_set_aside(write: WriteLines) -> None:
    loaded = load(str(write(answer("a"), answer("b"), answer("a"))))
    (aside,) = loaded.set_aside
    assert aside.reason == "the id 'a' stands on line 1 too"


def test_crlf_changes_nothing(write: WriteLines) -> None:
    unix = load(str(write(answer("a"), answer("b"), name="unix.jsonl")))
    windows = load(str(write(answer("a"), answer("b"), name="windows.jsonl", end=b"\r\n")))
    assert unix.suite.digest == windows.suite.digest


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    with pytest.raises(ProblemError, match="empty"):
        load(str(path))


def test_file_without_a_sound_problem_tells_the_first_reasons(write: WriteLines) -> None:
    with pytest.raises(ProblemError, match="no sound problem; 2 were set aside") as caught:
        load(str(write(b'{"kind": "answer"}', b'{"kind": "answer"}')))
    assert "problems.jsonl:1: the key 'id' is missing" in caught.value.hint


def test_limit_takes_the_first_sound_problems(write: WriteLines) -> None:
    loaded = load(str(write(answer("a"), b"{", answer("b"), answer("c"))), limit=2)
    assert [problem.id for problem in loaded.suite.problems] == ["a", "b"]


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_below_one(write: WriteLines, limit: int) -> None:
    with pytest.raises(UsageError, match=f"the limit is {limit}"):
        load(str(write(answer("a"))), limit=limit)


def test_unknown_suite_offers_the_nearest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "arith.jsonl").write_bytes(answer("a"))
    monkeypatch.setattr(bundled, "_FOLDER", tmp_path)
    with pytest.raises(UnknownNameError) as caught:
        load("arit")
    assert "arith" in caught.value.hint


def test_misspelt_file_offers_its_neighbour(write: WriteLines) -> None:
    path = write(answer("a"))
    with pytest.raises(UnknownNameError) as caught:
        load(str(path.with_name("problms.jsonl")))
    assert str(path) in caught.value.hint


def test_humaneval_by_name_is_told_to_come_by_path() -> None:
    with pytest.raises(UnknownNameError) as caught:
        load("humaneval")
    assert "HumanEval.jsonl.gz" in caught.value.hint


def test_folder_is_no_file_of_problems(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="is a folder"):
        load(str(tmp_path))


def test_bundled_suite_is_loaded_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "small.jsonl").write_bytes(answer("a") + b"\n" + answer("b"))
    monkeypatch.setattr(bundled, "_FOLDER", tmp_path)
    suite = load("small").suite
    assert (suite.name, suite.origin, len(suite.problems)) == ("small", "bundled", 2)
    assert [one.name for one in bundled.summaries()] == ["small"]


def test_bundled_suites_are_sound() -> None:
    for name in bundled.bundled_names():
        loaded = load(name)
        assert loaded.set_aside == ()
        assert all(problem.references for problem in loaded.suite.problems)


def test_problem_is_found_by_id(write: WriteLines) -> None:
    suite = load(str(write(answer("first"), answer("second")))).suite
    assert find_problem(suite, "second").id == "second"
    with pytest.raises(UnknownNameError) as caught:
        find_problem(suite, "secnd")
    assert "second" in caught.value.hint


def test_summary_of_an_empty_suite() -> None:
    assert summarise(Suite("none", ())).problems == 0


def test_humaneval_record(write: WriteLines) -> None:
    (problem,) = load(str(write(json.dumps(HUMANEVAL).encode()))).suite.problems
    assert (problem.id, problem.kind, problem.prompt) == ("HumanEval/0", "function", "def f():\n")
    assert problem.spec == {key: HUMANEVAL[key] for key in ("prompt", "entry_point", "test")}
    assert problem.stop == ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
    assert problem.references == ("    return 1\n",)


@pytest.mark.parametrize("key", ["task_id", "prompt", "entry_point"])
def test_humaneval_record_without_a_key(write: WriteLines, key: str) -> None:
    broken = {name: value for name, value in HUMANEVAL.items() if name != key}
    loaded = read_suite(write(json.dumps(broken).encode()), format="humaneval")
    assert loaded.set_aside[0].reason == f"the key {key!r} is missing"


def test_humaneval_record_without_tests(write: WriteLines) -> None:
    loaded = read_suite(write(json.dumps({**HUMANEVAL, "test": ""}).encode()))
    assert loaded.set_aside[0].reason == "has no tests"


def test_real_humaneval_is_read_whole(shared_data: Path) -> None:
    loaded = load(str(shared_data / "humaneval" / "HumanEval.jsonl.gz"))
    assert loaded.set_aside == ()
    assert len(loaded.suite.problems) == 164
    assert all(problem.references for problem in loaded.suite.problems)
    assert {problem.spec["entry_point"] in problem.prompt for problem in loaded.suite.problems} == {
        True
    }


@pytest.mark.parametrize(("name", "each"), [("problems.jsonl", 3), ("problems.yaml", 1)])
def test_examples_are_sound(name: str, each: int) -> None:
    loaded = load(str(ROOT / "examples" / name))
    assert loaded.set_aside == ()
    kinds = summarise(loaded.suite).kinds
    assert kinds == {"answer": each, "function": each, "program": each}
    assert all(problem.references for problem in loaded.suite.problems)
