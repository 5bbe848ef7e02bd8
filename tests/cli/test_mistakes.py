"""Mistakes of users end in words that name the mistake and what to do; never in a traceback."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import VERVET, environment, result, vervet

SUITE = '{"id": "a", "kind": "answer", "prompt": "?", "answer": "1"}\n'
SAMPLE = '{"task_id": "a", "completion": "#### 1"}\n'


def _plain(text: str) -> str:
    """Without the box and the line breaks that a terminal adds."""
    return re.sub(r"[\s│]+", " ", text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "cod"), "Did you mean code"),
        (("run", "code", "--model", "embeded:code"), "Did you mean embedded?"),
        (("run", "code", "--model", "embedded:cod"), "Did you mean code?"),
        (("run", "code", "-n", "0"), "n is 0"),
        (("run", "code", "-n", "-3"), "n is -3"),
        (("run", "code", "-n", "many"), "Invalid value for '--n' / '-n'"),
        (("run", "code", "--limit", "0"), "limit is 0"),
        (("run", "code", "-c", "sampling.temprature=1"), "sampling.temperature"),
        (("run", "code", "--workers", "-1"), "workers"),
        (("run", "code", "--db", "mysql://host/x"), "mysql"),
        (("run", "code", "--broker", "carrier-pigeon://x"), "filesystem://"),
        (("runn", "code"), "Did you mean 'run'"),
        (("verify", "--suite", "no.jsonl", "--candidates", "no.jsonl"), "no.jsonl"),
        (("problems", "code", "code/99999"), "code/"),
        (("worker",), "--broker redis://"),
        (("sql", "drop table runs"), "there is no database"),
    ],
)
def test_a_mistake_is_named(tmp_path, words, said):
    done = vervet(tmp_path, *words)
    assert done.returncode in (2, 3), done.stderr
    assert said in _plain(done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "suite.jsonl").write_text(SUITE)
    (tmp_path / "samples.jsonl").write_text(SAMPLE)
    return tmp_path


IMPORT = ("import", "samples.jsonl", "--suite", "suite.jsonl", "--name", "mine")


def test_an_unknown_run_offers_the_nearest(files):
    result(files, *IMPORT)
    done = vervet(files, "coverage", "mein")
    assert done.returncode == 2
    assert "Did you mean mine?" in done.stderr


def test_a_name_with_other_parameters_is_refused(files):
    result(files, *IMPORT)
    (files / "samples.jsonl").write_text(SAMPLE * 2)
    done = vervet(files, *IMPORT)
    assert done.returncode == 2
    assert "made with another model, n (1, not 2)" in done.stderr


@pytest.mark.parametrize(
    ("version", "said"), [("9999", "made by a newer Vervet"), (None, "no tables of Vervet")]
)
def test_a_database_of_another_version_is_refused(files, version, said):
    result(files, *IMPORT)
    database = files / ".vervet" / "vervet.db"
    with sqlite3.connect(database) as conn:
        if version is None:
            conn.execute("drop table alembic_version")
        else:
            conn.execute("update alembic_version set version_num = ?", (version,))
    conn.close()
    done = vervet(files, "verify", "mine")
    assert done.returncode == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_refused(files):
    done = vervet(files, *IMPORT, "--db", "samples.jsonl")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert (files / "samples.jsonl").read_text() == SAMPLE


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_cannot_be_written_is_named(files):
    files.chmod(0o555)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(VERVET), *IMPORT],
        cwd=files,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stderr or "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
