"""`vervet problems`: listing, showing, and the check with its report and exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import result, vervet

SOUND = {"id": "a", "kind": "answer", "prompt": "What is 6 x 7?", "answer": "42"}
PROGRAM = {
    "id": "b",
    "kind": "program",
    "prompt": "Print 1.",
    "tests": [{"input": "", "output": "1"}],
    "checker": "no such checker",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [SOUND, {**SOUND, "answer": "41"}, PROGRAM]
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    samples = [
        {"task_id": "a", "completion": "#### 42"},
        {"task_id": "z", "completion": "#### 42"},
        {"task_id": "a", "completion": ""},
    ]
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(one) + "\n" for one in samples))
    return tmp_path


def test_a_check_names_lines_of_problems_and_candidates(folder: Path) -> None:
    words = ("problems", "check", "problems.jsonl", "--candidates", "samples.jsonl")
    done = vervet(folder, *words, "--report", "report.json")
    assert done.returncode == 1, done.stderr
    assert "problems.jsonl:2: the id 'a' stands on line 1 too" in done.stdout
    assert "problems.jsonl:3: " in done.stdout
    assert "no such checker" in done.stdout
    assert "samples.jsonl:2: no problem of suite problems has the id 'z'" in done.stdout
    assert "samples.jsonl:3: an empty completion, number 2 of 'a'" in done.stdout
    report = json.loads((folder / "report.json").read_text())
    assert result(folder, *words, expect=1) == report
    assert report["problems"]["sound"] == 1
    assert [line["line"] for line in report["problems"]["quarantined"]] == [2, 3]
    assert [line["line"] for line in report["candidates"]["quarantined"]] == [2, 3]


def test_a_sound_file_ends_well(folder: Path) -> None:
    (folder / "sound.jsonl").write_text(json.dumps(SOUND))
    found = result(folder, "problems", "check", "sound.jsonl")
    assert found["problems"]["quarantined"] == []
    assert found["candidates"] is None


def test_a_problem_that_its_verifier_refuses_does_not_stop_the_rest(folder: Path) -> None:
    found = result(folder, "verify", "--suite", "problems.jsonl", "--candidates", "samples.jsonl")
    assert found["statuses"] == {"passed": 1, "malformed": 1}


def test_show_is_what_problems_does_by_itself(folder: Path) -> None:
    assert result(folder, "problems", "gsm8k-mini") == result(
        folder, "problems", "show", "gsm8k-mini"
    )
    names = {suite["name"] for suite in result(folder, "problems")}
    assert {"code", "arith", "humaneval-mini", "codecontests-mini"} <= names
    assert "What is 6 x 7?" in vervet(folder, "problems", "problems.jsonl", "a").stdout
