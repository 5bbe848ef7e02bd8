"""Recorded candidates through the program: import, verify, coverage, report, SQL."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.program import result, vervet

PROBLEMS = [
    {
        "id": "sum/1",
        "kind": "program",
        "prompt": "Print the sum of two numbers.\n",
        "template": {"prefix": "", "suffix": ""},
        "tests": [{"input": "1 2\n", "output": "3\n"}, {"input": "5 5\n", "output": "10\n"}],
    },
    {"id": "answer/1", "kind": "answer", "prompt": "What is 6 x 7?", "answer": "42"},
]
CANDIDATES = [
    ("sum/1", "a, b = map(int, input().split())\nprint(a + b)\n"),
    ("sum/1", "a, b = map(int, input().split())\nprint(a + b)\n"),
    ("sum/1", "print(3)\n"),
    ("sum/1", "raise SystemExit(3)\n"),
    ("answer/1", "It is #### 42"),
    ("answer/1", "It is #### 41"),
    ("answer/1", "I do not know"),
    ("answer/1", "It is #### 42.0"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    problems = "".join(json.dumps(problem) + "\n" for problem in PROBLEMS)
    (tmp_path / "problems.jsonl").write_text(problems)
    lines = [json.dumps({"task_id": p, "completion": c}) for p, c in CANDIDATES]
    lines.insert(2, '{"task_id": "sum/1", "completion": ')
    lines.insert(5, json.dumps({"task_id": "sum/9", "completion": "print(1)"}))
    (tmp_path / "samples.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


VERIFY = ("verify", "--suite", "problems.jsonl", "--candidates", "samples.jsonl")


def test_verdicts_of_a_mixed_suite(folder):
    found = result(folder, *VERIFY)
    assert found["complete"] is True
    assert found["candidates"] == found["verified"] == 8
    assert found["statuses"] == {"passed": 4, "failed": 2, "crashed": 1, "malformed": 1}
    assert found["duplicates_saved"] == 1
    assert found["infra_error"] == 0


def test_coverage_is_the_unbiased_estimate(folder):
    result(folder, *VERIFY)
    (stratum,) = result(folder, "coverage")["strata"]
    # 4 candidates, 2 of them passing, of each problem: pass@1 = 1/2, pass@4 = 1
    assert [(row["k"], row["coverage"]) for row in stratum["coverage"]] == [(1, 0.5), (4, 1.0)]


def test_broken_lines_are_named_counted_and_do_not_stop_the_rest(folder):
    done = vervet(folder, *VERIFY)
    assert done.returncode == 0, done.stderr
    assert "samples.jsonl:3:" in done.stderr
    assert "samples.jsonl:6:" in done.stderr
    assert "2 lines were set aside" in done.stderr


def test_verifying_again_makes_no_second_attempt(folder):
    result(folder, *VERIFY)
    result(folder, *VERIFY)
    result(folder, "verify")
    counted = result(folder, "sql", "select count(*) as attempts from attempts")
    assert counted == [{"attempts": 7}]


def test_import_then_verify_by_name(folder):
    imported = result(
        folder, "import", "samples.jsonl", "--suite", "problems.jsonl", "--name", "mine"
    )
    assert imported["recorded"] == 8
    before = result(folder, "coverage", "mine")
    assert (before["verified"], before["unsettled"]) == (0, 8)
    assert result(folder, "verify", "mine")["complete"] is True


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith(("data:", "#")):
                self.outside.append(f"{tag} {name}={value}")


def test_the_report_is_one_file_that_needs_no_other(folder):
    report = Path(folder, result(folder, *VERIFY)["report"])
    text = report.read_text(encoding="utf-8")
    links = _Links()
    links.feed(text)
    assert links.outside == []
    assert "sum/1" in text


def test_sql_reads_the_history_and_refuses_to_write(folder):
    result(folder, *VERIFY)
    rows = result(
        folder, "sql", "select status, count(*) as n from v_verdict_history group by status"
    )
    assert {row["status"]: row["n"] for row in rows} == {
        "passed": 3, "failed": 2, "crashed": 1, "malformed": 1,
    }  # fmt: skip
    assert vervet(folder, "sql", "delete from verdicts").returncode == 2


def test_export_gives_every_candidate_with_its_verdict_and_can_be_imported(folder):
    result(folder, *VERIFY)
    done = vervet(folder, "export")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(line["task_id"], line["completion"]) for line in lines} == set(CANDIDATES)
    assert [line["status"] for line in lines] == [
        "passed", "passed", "failed", "crashed", "passed", "failed", "malformed", "passed",
    ]  # fmt: skip
    passed = vervet(folder, "export", "--status", "passed", "--problem", "sum/1")
    assert len(passed.stdout.splitlines()) == 2
    (folder / "again.jsonl").write_text(done.stdout)
    again = result(folder, "import", "again.jsonl", "--suite", "problems.jsonl", "--name", "again")
    assert again["recorded"] == 8
