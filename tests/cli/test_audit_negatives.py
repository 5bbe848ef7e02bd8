"""`vervet audit false-negatives` and `vervet references` as people give them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import result, start, survivors, vervet
from vervet.cli.app import USERS_MISTAKES, app

pytestmark = pytest.mark.audits

AUDIT = ("audit", "false-negatives")
ALONE = "--no-known-wrong"
ADD = "a, b = map(int, input().split())\nprint(a + b)\n"
SUM = "print(sum(map(int, input().split())))\n"


def problem(name: str, expected: str, *references: str, **more: Any) -> dict[str, Any]:
    tests = [{"input": "1 2\n", "output": "3\n"}, {"input": "2 2\n", "output": expected}]
    return {
        "id": name, "kind": "program", "prompt": f"# {name}\n", "tests": tests,
        "references": list(references), **more,
    }  # fmt: skip


def write(file: Path, *rows: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def sums(folder: Path) -> Path:
    """Two sound problems, one with a wrong test, one without references."""
    return write(
        folder / "sums.jsonl",
        problem("right", "4\n", ADD, SUM),
        problem("wrong", "\x1b[31m5\n", ADD, SUM),
        problem("also", "4\n", ADD, "raise ValueError('\x1b[31m')"),
        problem("none", "4\n"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that suite, which was audited there."""
    made = tmp_path_factory.mktemp("audited")
    sums(made)
    assert vervet(made, *AUDIT, "sums.jsonl", "--mutants", "2").returncode == 0
    return made


def test_humaneval_s_own_references_pass_164_of_164(tmp_path: Path, shared_data: Path) -> None:
    file = shared_data / "humaneval" / "HumanEval.jsonl.gz"
    found = result(tmp_path, *AUDIT, str(file), ALONE, "--display", "none")

    assert (found["references"], found["passing"], found["failing"]) == (164, 164, 0)
    assert (found["doubted"], found["unverified"], found["affected"]) == (0, 0, [])


def test_a_wrong_test_is_named_with_what_it_expects_and_what_it_gets(folder: Path) -> None:
    said = vervet(folder, *AUDIT, "sums.jsonl", "--mutants", "2")

    assert said.returncode == 0, said.stderr
    assert "false negatives in 2 problems, 66.7% of those with references" in said.stdout
    assert "test 2: all 2 references give the same other output" in said.stdout
    assert r"\x1b[31m5" in said.stdout
    assert "\x1b" not in said.stdout
    assert "1 problem without a reference cannot be examined" in said.stdout
    assert "known-wrong solutions and the empty program tried" in said.stdout

    found = result(folder, *AUDIT, "sums.jsonl", "--mutants", "2")
    affected, _ = found["affected"]
    (check,) = affected["checks"]
    assert (check["failing"], check["disagree"], check["actual"]) == (2, 0, "4\n")
    assert found["causes"] == {
        "wrong_label": {"problems": 1, "references": 2},
        "broken_reference": {"problems": 1, "references": 1},
    }
    assert found["false_positives"]["unsettled"] == 0
    rows = result(folder, "sql", "select problem, finding from audit_items join (select id, name "
                  "as problem from problems) p on p.id = problem_id")  # fmt: skip
    assert [row["finding"] for row in rows if row["problem"] == "wrong"] == ["wrong_label"] * 2


def test_the_exit_status_says_whether_too_many_are_affected(folder: Path) -> None:
    words = (*AUDIT, "sums.jsonl", ALONE, "--display", "none", "--fail-over")
    # Two of three problems with references are affected.
    for share, status in (("0.66", 1), ("0.67", 0)):
        done = vervet(folder, *words, share)
        assert done.returncode == status, done.stderr


def test_an_audit_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(0.1)\n"
    rows = [problem(f"p{at}", "4\n", f"{slow}{ADD}# {at}") for at in range(40)]
    rows[30] = problem("p30", "5\n", f"{slow}{ADD}", f"{slow}{SUM}")
    write(tmp_path / "slow.jsonl", *rows)
    words = (*AUDIT, "slow.jsonl", ALONE, "--display", "json")
    process = start(tmp_path, *words)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("{") and json.loads(line).get("attempts", 0) >= 16:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    end = time.monotonic() + 20
    while survivors(tmp_path) and time.monotonic() < end:
        time.sleep(0.1)
    assert survivors(tmp_path) == []

    query = "select id, solution_id, ordinal from attempts where infra_try = 0"
    before = result(tmp_path, "sql", query, "--limit", "1000")
    found = result(tmp_path, *AUDIT, "slow.jsonl", ALONE, "--display", "none")
    after = result(tmp_path, "sql", query, "--limit", "1000")

    assert 0 < len(before) < 41
    assert all(row in after for row in before)
    assert len(after) == len({(row["solution_id"], row["ordinal"]) for row in after}) == 41 + 2
    assert (found["passing"], found["failing"]) == (39, 2)
    assert [each["problem"] for each in found["affected"]] == ["p30"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*AUDIT, "sumz.jsonl"), "sumz.jsonl"),
        ((*AUDIT, "bare.jsonl"), "has a reference"),
        ((*AUDIT, "bare.jsonl", "--fail-over", "5"), "--fail-over is 5"),
        ((*AUDIT, "bare.jsonl", "--mutants", "-1"), "--mutants is -1"),
        (("references", "import", "absent.jsonl", "--suite", "bare.jsonl"), "absent.jsonl"),
        (("references", "import", "foreign.jsonl", "--suite", "bare.jsonl"), "'nobody'"),
        (("references", "import", "foreign.jsonl", "--suite", "nosuite"), "'nosuite'"),
        (("references", "import", "empty.jsonl", "--suite", "bare.jsonl"), "is empty"),
        (("references", "limits", "bare.jsonl", "--times", "0.5", "-o", "x"), "--times is 0.5"),
        (("references", "limits", "bare.jsonl", "--times", "nan", "-o", "x"), "--times is nan"),
        (("references", "limits", "bare.jsonl", "--times", "2", "--runs", "0", "-o", "x"),
         "--runs is 0"),
        (("references", "limits", "bare.jsonl", "--times", "2", "-o", "bare.jsonl/x"),
         "cannot be written"),
    ],
)  # fmt: skip
def test_mistakes_are_the_user_s_and_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    write(tmp_path / "bare.jsonl", problem("none", "4\n"))
    write(tmp_path / "foreign.jsonl", {"task_id": "nobody", "completion": "x"})
    write(tmp_path / "empty.jsonl")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(USERS_MISTAKES) as raised:
        app(words, standalone_mode=False)

    assert said in str(raised.value)


def test_references_are_imported_once_listed_and_examined(tmp_path: Path) -> None:
    folder, suite = tmp_path, sums(tmp_path)
    write(
        folder / "accepted.jsonl",
        {"task_id": "none", "samples": [SUM, "  ", ADD, "print(9)"],
         "passed": [True, True, None, False]},
        {"task_id": "nobody", "completion": SUM},
        {"prompt": "# right\n", "completion": SUM},
    )  # fmt: skip
    words = ("references", "import", "accepted.jsonl", "--suite", suite.name)
    done = vervet(folder, *words)

    assert done.returncode == 0, done.stderr
    assert "3 references of 2 problems read, 2 of them new to suite sums" in done.stdout
    for reason in ("an empty completion", "says that it does not pass", "'nobody'"):
        assert reason in done.stderr
    assert result(folder, *words)["new"] == 0
    listed = result(folder, "references", "list", suite.name)
    assert listed["origins"] == {"suite": 6, "accepted.jsonl": 2}
    assert listed["problems"]["none"] == {"accepted.jsonl": 2}
    assert listed["without"] == []
    found = result(folder, *AUDIT, suite.name, ALONE)
    assert (found["with_references"], found["references"], found["passing"]) == (4, 8, 5)


def test_limits_follow_from_what_references_take_here(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.6: pass\n"
    write(
        tmp_path / "speed.jsonl",
        problem("slow", "4\n", burn + ADD, ADD, limits={"cpu_s": 0.4, "memory": 1 << 28}),
        problem("fast", "4\n", ADD),
        problem("wrong", "5\n", ADD, limits={"cpu_s": 1.5}),
        problem("none", "4\n"),
    )
    said = result(
        tmp_path, "references", "limits", "speed.jsonl", "--times", "3", "--runs", "2",
        "-o", "here.jsonl",
    )  # fmt: skip
    found = {each["problem"]: each for each in said["problems"]}
    written = {
        row["id"]: row
        for row in map(json.loads, (tmp_path / "here.jsonl").read_text("utf-8").splitlines())
    }

    slow = written["slow"]["limits"]
    assert 0.6 <= found["slow"]["cpu_s"] < 1.6  # cut off at four times its limit
    assert slow["cpu_s"] == pytest.approx(3 * found["slow"]["cpu_s"], abs=0.011)
    assert slow["wall_s"] >= 4 * slow["cpu_s"]
    assert slow["memory"] == 1 << 28
    assert written["fast"]["limits"] == {"cpu_s": 0.5, "wall_s": 2.0}
    assert written["wrong"]["limits"] == {"cpu_s": 1.5}
    assert "limits" not in written["none"]
    assert found["wrong"]["why"] == "failed: test 2: wrong output"
    assert found["none"]["why"] == "no reference"
    assert written["slow"]["references"] == [burn + ADD, ADD]

    assert "time_limit" not in result(tmp_path, *AUDIT, "here.jsonl", ALONE)["causes"]
