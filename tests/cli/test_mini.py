"""The small suites that ship with candidates: each runs to its counts, which SQL shows."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.program import result, vervet

PASSING = {
    "humaneval-mini": [13, 9, 5, 2, 1, 0],
    "mbpp-mini": [12, 8, 4, 3, 1, 6],
    "gsm8k-mini": [13, 9, 6, 3, 1, 0],
    "math-mini": [13, 8, 10, 4, 2, 1],
    "codecontests-mini": [14, 8, 5, 3, 1, 2],
}
"""How many of the 20 candidates of each problem were written to be right."""


@pytest.mark.parametrize("suite", sorted(PASSING))
def test_a_suite_with_candidates_runs_to_its_counts(tmp_path: Path, suite: str) -> None:
    done = vervet(tmp_path, "run", suite)
    assert done.returncode == 0, done.stderr
    statement = next(line for line in done.stdout.splitlines() if line.startswith("ask it"))
    words = shlex.split(statement.removeprefix("ask it"))[1:]
    rows = result(tmp_path, *words)
    assert [row["n"] for row in rows] == [20] * 6
    assert [row["passed"] for row in rows] == PASSING[suite]
    (stratum,) = result(tmp_path, "coverage")["strata"]
    coverage = [row["coverage"] for row in stratum["coverage"]]
    assert coverage == sorted(coverage)
    assert coverage[-1] > 2 * coverage[0]


BODY = "    return len(''.join(c if c in 'aeiou' else ' ' for c in text.lower()).split())\n"


def test_a_file_is_named_as_a_model_and_taken_as_far_as_n(tmp_path: Path) -> None:
    lines = [
        {"task_id": "HumanEvalMini/0", "completion": BODY, "finish_reason": "stop"},
        {"task_id": "HumanEvalMini/0", "completion": BODY[:50], "finish_reason": "length"},
        {"task_id": "HumanEvalMini/0", "completion": BODY, "finish_reason": "length"},
        {"task_id": "HumanEvalMini/0", "completion": "beyond n"},
    ]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = result(tmp_path, "run", "humaneval-mini", "--model", "recorded:mine.jsonl", "-n", "3")
    assert found["statuses"] == {"passed": 2, "malformed": 1}
    codes = "select code, count(*) as n from v_verdict_history group by code order by code"
    assert result(tmp_path, "sql", codes) == [{"code": "", "n": 1}, {"code": "cut", "n": 1}]
