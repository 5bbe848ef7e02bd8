"""What cannot be run is refused in words, before anything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import vervet

GOOD = {"id": "good", "kind": "program", "prompt": "x", "tests": [{"input": "", "output": "1\n"}]}


def judged(folder: Path, *problems: dict[str, Any], words: tuple[str, ...] = ()) -> tuple[int, str]:
    """Exit status and everything that was said about one candidate of each problem."""
    suite, candidates = folder / "suite.jsonl", folder / "candidates.jsonl"
    suite.write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    candidates.write_text(
        "".join(
            json.dumps({"task_id": problem["id"], "completion": "print(1)"}) + "\n"
            for problem in problems
        )
    )
    done = vervet(
        folder, "verify", "--suite", str(suite), "--candidates", str(candidates), *words
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limits": {"memory": 1000}}, "limit memory is 1000, below what the interpreter needs"),
        ({"limits": {"cpu_s": 0}}, "limit cpu_s is 0"),
        ({"language": "cobol"}, "unknown language 'cobol'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_problem_that_cannot_be_run_is_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    status, words = judged(tmp_path, GOOD | changes)

    assert status == 2
    assert said in words
    assert not (tmp_path / ".vervet" / "runs").exists()


def test_a_problem_that_cannot_be_run_is_set_aside_beside_one_that_can(tmp_path: Path) -> None:
    status, words = judged(tmp_path, GOOD, GOOD | {"id": "bad", "limits": {"memory": 1000}})

    assert "limit memory is 1000, below what the interpreter needs" in words
    assert "Set memory to at least 67108864" in words
    assert status in (0, 1)


def test_an_unknown_sandbox_is_refused(tmp_path: Path) -> None:
    status, words = judged(tmp_path, GOOD, words=("--sandbox", "jial"))

    assert status == 2
    assert "unknown sandbox 'jial' Did you mean jail?" in words


def test_an_engine_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    status, words = judged(tmp_path, GOOD, words=("--sandbox", "docker"))

    assert status == 3
    assert "no Docker engine answers" in words
