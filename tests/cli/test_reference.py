"""`--reference-share` from the command line: killed, resumed, refused, and turned off."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.cli.program import result, start, survivors, vervet

RUN = ("run", "code", "--limit", "3", "-n", "12", "--reference-share", "1")
PROBLEM = {
    "id": "sum",
    "kind": "program",
    "prompt": "# Print the sum.\n",
    "tests": [{"input": "3 4\n", "output": "7\n"}],
}
TELLS_THEM_APART = (
    "import sys\n"
    "fresh = sys.orig_argv[-1:] == ['solution.py'] and 'resource' not in sys.modules\n"
    "print(6 if fresh else 7)\n"
)


def _attempts(folder: Path, condition: str) -> Counter[int]:
    query = "SELECT solution_id FROM attempts WHERE condition = ?"
    path = folder / ".vervet" / "vervet.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", timeout=30, uri=True)) as conn:
        return Counter(row[0] for row in conn.execute(query, (condition,)))


def _wait_for_re_judgements(folder: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(sqlite3.OperationalError):  # no file or no tables yet
            if _attempts(folder, "reference"):
                return
        time.sleep(0.02)
    raise AssertionError("nothing was re-judged")


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_run_ended_while_it_re_judges_goes_on_and_doubles_nothing(
    tmp_path: Path, blow: signal.Signals
) -> None:
    process = start(tmp_path, *RUN, "--display", "none")
    try:
        _wait_for_re_judgements(tmp_path)
        os.kill(process.pid, blow)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (-9 if blow is signal.SIGKILL else 130)
    end = time.monotonic() + 20
    while survivors(tmp_path) and time.monotonic() < end:
        time.sleep(0.1)
    resumed = result(tmp_path, *RUN)
    assert resumed["complete"]
    made = _attempts(tmp_path, "reference")
    assert set(made.values()) == {1}
    assert set(_attempts(tmp_path, "normal").values()) == {1}
    expected = {"differ": 0, "flaky": 0, "speed_dependent": 0, "skipped": 0, "failed": 0}
    assert resumed["reference"] == {
        "rejudged": len(made), "why": "", "problems": [], **expected
    }  # fmt: skip
    assert result(tmp_path, "coverage")["reference"] == resumed["reference"]


def test_a_difference_is_told_with_the_way_to_see_it(tmp_path: Path) -> None:
    (tmp_path / "suite.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    candidate = {"task_id": "sum", "completion": TELLS_THEM_APART}
    (tmp_path / "samples.jsonl").write_text(json.dumps(candidate) + "\n")
    words = ("verify", "--suite", "suite.jsonl", "--candidates", "samples.jsonl")
    done = vervet(tmp_path, *words, "--reference-share", "1")
    assert done.returncode == 0, done.stderr
    assert "1 re-judged, 1 differs (sum)\n" in done.stdout
    assert 'vervet sql "select * from v_reference_differences"' in done.stdout
    report = Path(tmp_path, done.stdout.split("report ")[1].split()[0]).read_text()
    assert "1 re-judged, 1 differs (sum)" in report
    (row,) = list(result(tmp_path, "sql", "select * from v_reference_differences"))
    assert isinstance(row, dict)
    assert (row["normal_status"], row["reference_status"]) == ("passed", "failed")


def test_a_share_of_nothing_turns_it_off(tmp_path: Path) -> None:
    found = result(tmp_path, *RUN[:-1], "0")
    assert found["reference"] is None
    assert _attempts(tmp_path, "reference") == {}


def test_a_share_beyond_all_is_refused(tmp_path: Path) -> None:
    done = vervet(tmp_path, *RUN[:-1], "1.5")
    assert done.returncode == 2
    assert "reference_share" in done.stderr
