"""Every verb of the Makefile is tried here or by `.ci/run`, or is named heavy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BY_CI = {"check", "test", "test-audits", "test-services", "test-train", "test-vllm"}
IN_SUITE = {"pythia"}
"""Verbs that run a part of the suite, which `test` runs whole."""
HERE = {"help", "setup", "run-task", "db-upgrade", "sql", "worker", "clean"}


def make(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("VERVET_")}
    venv = Path(sys.prefix)
    return subprocess.run(
        ["make", "--no-print-directory", f"VENV={venv}", *words],
        cwd=folder,
        env={**env, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def verbs() -> dict[str, str]:
    """Each verb with what `make` alone says of it."""
    listed = re.findall(r"^  make ([a-z-]+) +(.+)$", make().stdout, re.MULTILINE)
    return dict(listed)


def test_every_verb_is_tried_or_named_heavy(verbs):
    heavy = {verb for verb, words in verbs.items() if "eavy" in words}
    assert {"setup", "run-task", "test", "check", "bench"} <= set(verbs)
    assert set(verbs) == HERE | BY_CI | IN_SUITE | heavy


def test_verbs_are_phony_and_listed(verbs):
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(verbs)


def test_setup_has_nothing_left_to_do_in_this_environment():
    done = make("setup")
    assert done.returncode == 0, done.stderr


def test_run_task_sql_and_db_upgrade(tmp_path):
    state = f"--state-dir {tmp_path}"
    run = make("run-task", "TASK=arith", "N=4", "LIMIT=2", f"ARGS={state}")
    assert run.returncode == 0, run.stderr
    assert "8 candidates of 2 problems, 8 verified" in run.stdout
    sql = make("sql", "Q=select count(*) as n from candidates", f"ARGS={state} --csv")
    assert sql.stdout.split()[-2:] == ["n", "8"]
    upgrade = make("db-upgrade", f"ARGS={state}")
    assert upgrade.returncode == 0, upgrade.stderr
    assert "up to date" in upgrade.stdout


def test_run_task_takes_small_suites_by_name_and_others_by_path(tmp_path):
    suite = tmp_path / "mine.jsonl"
    suite.write_text('{"question": "What is 2 + 2?", "answer": "#### 4"}\n')
    candidates = tmp_path / "samples.jsonl"
    candidates.write_text('{"task_id": "gsm8k/0", "completion": "#### 4"}\n' * 3)
    state = f"ARGS=--state-dir {tmp_path / 'state'}"
    by_name = make("run-task", "TASK=gsm8k", "N=2", state)
    assert by_name.returncode == 0, by_name.stderr
    assert "12 candidates of 6 problems, 12 verified" in by_name.stdout
    by_path = make("run-task", f"TASK={suite}", f"CANDIDATES={candidates}", state)
    assert by_path.returncode == 0, by_path.stderr
    assert "3 candidates of 1 problems, 3 verified" in by_path.stdout
    assert 'sql "select problem, n, passed' in by_path.stdout


def test_worker_says_which_broker_it_needs():
    done = make("worker")
    assert done.returncode != 0
    assert "--broker redis://" in done.stderr


def test_clean_removes_environments_and_caches_and_keeps_the_database(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in (".venv", ".vervet", "build", "src/__pycache__"):
        (tmp_path / name).mkdir(parents=True)
    done = make("clean", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [".vervet", "Makefile", "src"]


def test_locks_are_what_the_script_writes():
    script = (ROOT / "requirements" / "lock.sh").read_text()
    locks = set(re.findall(r"^lock (\S+)", script, re.MULTILINE))
    for lock in sorted(locks):
        text = (ROOT / "requirements" / lock).read_text()
        assert "--hash=sha256:" in text
        assert "make lock" in text
        assert "://" not in text
