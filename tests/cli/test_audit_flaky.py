"""`vervet audit flaky` as people start it: a suite and a run, killed in the middle, bad input."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.program import result, start, survivors, vervet

pytestmark = pytest.mark.audits

YES = [{"input": "", "output": "yes\n"}]
PROBLEMS = [
    {"id": "clean", "kind": "program", "prompt": "# yes\n", "tests": YES,
     "references": ["print('yes')"]},
    {"id": "set", "kind": "program", "prompt": "# b a\n",
     "tests": [{"input": "", "output": "yes no\n"}],
     "references": ["print(*{'no', 'yes'})", "print('yes', 'no')"]},
    {"id": "coin", "kind": "program", "prompt": "# heads\n", "tests": YES,
     "references": ["import random\nprint(random.choice(['yes', 'no']))"]},
]  # fmt: skip
SUITE = ("audit", "flaky", "suite.jsonl", "--loaded", "0", "--varied", "5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "suite.jsonl").write_text("".join(json.dumps(each) + "\n" for each in PROBLEMS))
    lines = [
        json.dumps({"task_id": "clean", "completion": text})
        for text in ("print('yes')", "print('no')", "import random\nprint(random.choice('yn'))")
    ]
    (tmp_path / "samples.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_suites_references_are_told_apart(folder: Path) -> None:
    found = result(folder, *SUITE, "-R", "24")
    items = {item["problem"]: item for item in found["items"]}
    assert found["through"] is True
    assert "clean" not in items
    # Which of the two ways a set of two words is printed depends on the hash seed alone.
    assert (items["set"]["finding"], items["set"]["cause"]) == ("condition_dependent", "hash")
    # A fair coin shows one side in 24 tries once in eight million.
    assert items["coin"]["finding"] == "flaky"
    assert [check["name"] for check in items["coin"]["checks"]] == ["test 1"]
    (report,) = folder.glob(".vervet/audits/*/report.html")
    assert "coin" in report.read_text(encoding="utf-8")
    asked = vervet(folder, "sql", "select problem, passed, missed from v_flaky_checks", "--csv")
    assert any(line.startswith("coin,") for line in asked.stdout.splitlines())
    # 2 of 3 problems: the exit status is for the CI of a benchmark's owner.
    assert vervet(folder, *SUITE, "-R", "24", "--fail-over", "0.5").returncode == 1
    assert vervet(folder, *SUITE, "-R", "24", "--fail-over", "0.7").returncode == 0


def test_a_run_is_examined_with_its_references_and_its_coverage_settled(folder: Path) -> None:
    result(folder, "verify", "--suite", "suite.jsonl", "--candidates", "samples.jsonl")
    found = result(folder, "audit", "flaky", "--varied", "0", "--loaded", "0", "-R", "24")
    assert found["references"] == 4
    assert {item["problem"] for item in found["items"]} == {"coin"}
    (effect,) = found["effects"]
    rows = [row["row"] for row in effect["effect"]["rows"]]
    assert rows == ["all", "removed", "settled", "lower", "upper"]
    audited = result(folder, "coverage", "--audited")["audited"]["effect"]
    assert audited == effect["effect"]
    latest = result(folder, "coverage")
    assert latest["run"].startswith("suite-recorded-samples")


def test_an_audit_that_was_killed_goes_on_and_leaves_no_process(folder: Path) -> None:
    process = start(folder, *SUITE, "-R", "40", "--exhaustive", "--display", "json")
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line).get("attempts", 0) >= 20:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    limit = time.monotonic() + 20
    while survivors(folder) and time.monotonic() < limit:
        time.sleep(0.1)
    assert survivors(folder) == []
    before = _attempts(folder)
    found = result(folder, *SUITE, "-R", "40", "--exhaustive")
    assert found["through"] is True
    assert before >= 20
    assert _attempts(folder) == found["attempts"]
    assert len(json.loads(vervet(folder, "runs", "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit", "flaky", "nowhere"], "unknown suite"),
        (["audit", "flaky"], "there is no run yet"),
        (["audit", "flaky", "suite.jsonl", "-R", "1"], "repetitions is 1"),
        (["audit", "flaky", "suite.jsonl", "--min-flip", "0.9"], "a flip rate of 0.9"),
        (["audit", "flaky", "suite.jsonl", "--min-flip", "0.1", "-R", "5"], "both given"),
        (["audit", "flaky", "suite.jsonl", "--each", "none"], "--each is 'none'"),
        (["audit", "flaky", "suite.jsonl", "--fail-over", "2"], "--fail-over is 2"),
        (["audit", "flaky", "bare.jsonl"], "no problem of suite 'bare' has a reference"),
        (["coverage", "--audited", "--k", "1"], "--audited is for one run"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, words: list[str], said: str) -> None:
    bare = {key: value for key, value in PROBLEMS[0].items() if key != "references"}
    (folder / "bare.jsonl").write_text(json.dumps(bare) + "\n")
    done = vervet(folder, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def _attempts(folder: Path) -> int:
    asked = vervet(folder, "sql", "select count(*) from attempts", "--csv")
    return int(asked.stdout.split()[-1])
