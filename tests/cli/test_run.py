"""`vervet run` with the embedded model: resumed after every way of dying, never doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.program import result, start, survivors, vervet

RUN = ("run", "code", "--limit", "6", "-n", "40", "-c", "samples_per_request=10")
EXPECTED = 6 * 40


def _read(process: subprocess.Popen[str], word: str, count: int) -> None:
    """Read the plain display until `count` candidates are `word` (sampled, verified)."""
    assert process.stderr is not None
    for line in process.stderr:
        words = line.split()
        if word in words and int(words[words.index(word) + 1].split("/")[0]) >= count:
            return
    raise AssertionError("the run ended before it came so far")


def _attempts(folder: Path) -> Counter[int]:
    rows = result(
        folder,
        "sql",
        "select solution_id from attempts where condition = 'normal'",
        "--limit",
        "100000",
    )
    return Counter(row["solution_id"] for row in rows)


def _gone(folder: Path, within: float = 20.0) -> list[str]:
    end = time.monotonic() + within
    while survivors(folder) and time.monotonic() < end:
        time.sleep(0.1)
    return survivors(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    result(folder, *RUN)
    return folder


def _completions(folder: Path) -> list[tuple[str, int, str]]:
    query = (
        "select p.name, c.ordinal, c.completion_digest from candidates c "
        "join problems p on p.id = c.problem_id order by 1, 2"
    )
    rows = result(folder, "sql", query, "--limit", "100000")
    return [(row["name"], row["ordinal"], row["completion_digest"]) for row in rows]


def test_a_run_records_and_verifies_everything_it_was_asked_for(whole):
    found = result(whole, "coverage")
    assert found["candidates"] == found["verified"] == EXPECTED
    assert sum(found["statuses"].values()) == EXPECTED
    assert found["distinct_solutions"] == len(_attempts(whole))
    assert set(_attempts(whole).values()) == {1}


def test_the_same_command_again_samples_and_verifies_nothing(whole):
    before = _attempts(whole)
    again = result(whole, *RUN)
    assert again["complete"]
    assert _attempts(whole) == before


@pytest.mark.parametrize(
    ("stage", "count", "blow"),
    [("sampled", 1, "kill"), ("verified", 20, "kill"), ("verified", 20, "interrupt")],
)
def test_a_run_that_was_ended_goes_on_where_it_was(tmp_path, whole, stage, count, blow):
    process = start(tmp_path, *RUN, "--display", "plain")
    try:
        _read(process, stage, count)
        os.kill(process.pid, signal.SIGKILL if blow == "kill" else signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (-signal.SIGKILL if blow == "kill" else 130), errors
    assert _gone(tmp_path) == []
    resumed = result(tmp_path, *RUN)
    assert resumed["complete"]
    assert (resumed["recorded"], resumed["verified"]) == (EXPECTED, EXPECTED)
    assert set(_attempts(tmp_path).values()) == {1}
    assert _completions(tmp_path) == _completions(whole)


def test_two_runs_at_once_on_one_database(tmp_path):
    first = start(tmp_path, *RUN, "--display", "none")
    second = start(tmp_path, *RUN, "--seed", "1", "--display", "none")
    for process in (first, second):
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    runs = result(tmp_path, "runs")
    assert [(run["state"], run["verified"]) for run in runs] == [("finished", EXPECTED)] * 2
    assert set(_attempts(tmp_path).values()) == {1}


def test_generate_then_verify(tmp_path, whole):
    sampled = result(tmp_path, "generate", *RUN[1:], "--name", "big")
    assert (sampled["verified"], sampled["complete"]) == (0, True)
    assert result(tmp_path, "verify", "big")["complete"]
    assert _completions(tmp_path) == _completions(whole)


def test_a_plain_run_says_where_the_results_are(tmp_path):
    done = vervet(tmp_path, "run", "arith", "--limit", "2", "-n", "5")
    assert done.returncode == 0, done.stderr
    assert Path(tmp_path, done.stdout.split("report ")[1].split()[0]).is_file()
    assert "10 candidates of 2 problems, 10 verified" in done.stdout
