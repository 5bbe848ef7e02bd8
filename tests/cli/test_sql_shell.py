"""`vervet sql`: one question, a shell by hand and from a pipe, and files."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests.cli.program import VERVET, environment
from tests.store.sql_world import fill
from vervet.cli.app import USERS_MISTAKES, app
from vervet.cli.output import visible
from vervet.cli.sql_shell import split_statements
from vervet.store.database import Database

PROMPT = "vervet> "
TAKES_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
ENDLESS = "with recursive n(x) as (select 1 union all select x+1 from n) select max(x) from n;"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose state folder holds the store that docs/sql.md tells of."""
    made = tmp_path_factory.mktemp("sql")
    (made / ".vervet").mkdir()
    database = Database.open(made / ".vervet" / "vervet.db")
    fill(database)
    database.close()
    return made


def piped(folder: Path, text: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(VERVET), "sql", *words],
        cwd=folder,
        env=environment(),
        input=text,
        capture_output=True,
        timeout=60,
        check=False,
    )


def called(folder: Path, *words: str) -> Result:
    """What a command comes to, without a process of its own."""
    return CliRunner().invoke(app, [*words, "--state-dir", str(folder / ".vervet")])


class Terminal:
    """The shell as a person sees it, on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self._mine, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKES_TERMINAL, str(VERVET), "sql", "--shell"],
            cwd=folder,
            env={**environment(), "TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, wanted: str, seconds: float = 30) -> str:
        """What is shown up to and with `wanted`."""
        shown, deadline = "", time.monotonic() + seconds
        while wanted not in shown:
            ready, _, _ = select.select([self._mine], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{wanted!r} is not in {shown!r}"
            try:
                shown += os.read(self._mine, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError(f"ended after {shown!r}") from None
        return shown

    def type(self, text: str, then: str = PROMPT) -> str:
        """Type, and wait for what comes after it."""
        os.write(self._mine, text.encode())
        return self.until(then)

    def interrupt(self, then: str = PROMPT) -> str:
        """Press ^C, and again after a while: readline misses one right before it waits."""
        for _ in range(2):
            os.write(self._mine, b"\x03")
            with contextlib.suppress(AssertionError):
                return self.until(then, seconds=5)
        os.write(self._mine, b"\x03")
        return self.until(then)

    def end(self) -> int:
        """The exit status; the rest of what is shown is read."""
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            ready, _, _ = select.select([self._mine], [], [], 0.1)
            try:
                if ready:
                    os.read(self._mine, 65536)
            except OSError:
                break
        return self._process.wait(10)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
        os.close(self._mine)


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:
    made = Terminal(folder)
    try:
        made.until(PROMPT)
        yield made
    finally:
        made.close()


def test_a_statement_may_go_over_lines_and_errors_end_nothing(terminal: Terminal) -> None:
    assert "refused" in terminal.type("select nonsense;\n")
    terminal.type("select run, n\n", "   ...> ")
    shown = terminal.type("from v_coverage_counts where problem = 'gcd';\n")
    assert re.search(r"large +4", shown)
    assert "only statements that read" in terminal.type("delete from runs;\n")
    assert "v_flaky_checks" in terminal.type(".views\n")
    assert "unknown command" in terminal.type(".nonsense\n")
    os.write(terminal._mine, b".quit\n")
    assert terminal.end() == 0


def test_interrupting_forgets_the_line_and_stops_what_runs(terminal: Terminal) -> None:
    terminal.type("select 1 as one,\n", "   ...> ")
    terminal.interrupt()
    assert re.search(r"two.*\n *2", terminal.type("select 2 as two;\n"))
    os.write(terminal._mine, ENDLESS.encode() + b"\n")
    time.sleep(1)
    assert "stopped" in terminal.interrupt()
    assert re.search(r"three.*\n *3", terminal.type("select 3 as three;\n"))
    os.write(terminal._mine, b"\x04")
    assert terminal.end() == 0


def test_lines_are_remembered_and_names_completed(folder: Path, terminal: Terminal) -> None:
    assert "flaky_checks" in terminal.type(".schema v_fl\t\n")
    os.write(terminal._mine, b"\x04")
    assert terminal.end() == 0
    history = folder / ".vervet" / "sql_history"
    assert ".schema v_flaky_checks" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_a_pipe_is_answered_to_its_end_and_mistakes_are_counted(folder: Path) -> None:
    script = b"select 'a;b' as x; -- one\nselect nope;\n.tables\n/* ; */ select\n 5 as five"
    done = piped(folder, script, "--shell")
    assert done.returncode == 1
    assert b"a;b" in done.stdout
    assert b"v_costs" in done.stdout
    assert re.search(rb"five *\n *5", done.stdout)
    assert done.stderr.count(b"refused") == 1
    assert piped(folder, b"select 1;\n.quit\nselect nope;", "--shell").returncode == 0


@pytest.mark.parametrize("text", [b"select \xff;", b"select '\0';", b"\x80", b";;;;", b"."])
def test_bytes_that_are_no_text_end_in_words(folder: Path, text: bytes) -> None:
    done = piped(folder, text + b"\nselect 7 as seven;\n", "--shell")
    assert b"Traceback" not in done.stderr
    assert b"seven" in done.stdout or done.returncode == 1


def test_cells_cannot_steer_the_terminal(folder: Path) -> None:
    nasty = "select char(27) || '[2J' || char(7) || '[red]x[/red]' || char(8238) as cell"
    shown = called(folder, "sql", nasty).stdout
    assert "\\x1b[2J\\x07[red]x[/red]\\u202e" in shown
    long = called(folder, "sql", "select hex(zeroblob(100000)) as cell")
    assert "200,000 characters" in long.stdout
    assert len(long.stdout) < 10_000


@pytest.mark.parametrize("option", ["--csv", "--json"])
def test_what_programs_read_is_exact(folder: Path, option: str) -> None:
    query = "select char(27) || 'a,\"b\"' as cell, x'ff00' as data, null as none, 9e999 as much"
    done = called(folder, "sql", query, option)
    if option == "--json":
        assert json.loads(done.stdout) == [
            {"cell": '\x1ba,"b"', "data": "ff00", "none": None, "much": "inf"}
        ]
    else:
        assert list(csv.reader(done.stdout.splitlines()))[1] == ['\x1ba,"b"', "ff00", "", "inf"]


def test_a_file_takes_all_rows_and_is_not_replaced_unasked(folder: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "attempts.csv")
    many = ENDLESS.replace("from n)", "from n where x < 3000)").replace("max(x)", "x")
    assert "3,000 rows" in called(folder, "sql", many, "-o", file).stderr
    assert len(Path(file).read_text().splitlines()) == 3001
    refused = called(folder, "sql", "select 1", "-o", file)
    assert "--force" in str(refused.exception)
    assert called(folder, "sql", "select 1", "-o", file, "--force").exit_code == 0
    assert called(folder, "sql", many, "--limit", "5", "-o", file, "--force").exit_code == 0
    assert len(Path(file).read_text().splitlines()) == 6


@pytest.mark.parametrize(
    "words",
    [
        ["sql", "--shell", "select 1"],
        ["sql", "--shell", "--json"],
        ["sql", "select 1", "--csv", "-o", "x.csv"],
        ["sql", "select 1", "-o", "x.pdf"],
        ["sql", "select 1", "-o", "nowhere/x.csv"],
        ["export", "--tables", "a", "--sqlite", "b"],
        ["export", "--tables", "a", "--status", "passed"],
        ["export", "--format", "csv"],
        ["export", "--sqlite", "b", "no-such-run"],
        ["export", "small", "large"],
        ["sql", "select 1 as x", "--force", "-o", ".vervet/vervet.db"],
        ["export", "--force", "--sqlite", ".vervet/../.vervet/vervet.db"],
        ["export", "--force", "--sqlite", ".vervet/vervet.db-wal"],
    ],
)
def test_mistakes_are_told_and_write_nothing(
    folder: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    assert isinstance(called(folder, *words).exception, USERS_MISTAKES)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_tables_and_a_whole_copy_are_exported(folder: Path, tmp_path: Path) -> None:
    copy, tables = tmp_path / "copy.db", tmp_path / "tables"
    done = called(folder, "export", "small", "references", "--sqlite", str(copy), "--json")
    assert json.loads(done.stdout)["rows"]["runs"] == 2
    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("select count(*) from v_false_negatives").fetchone() == (4,)
    assert "attempts" in called(folder, "export", "--tables", str(tables)).stdout
    assert (tables / "v_flaky_checks.csv").read_text().count("\n") == 2
    listed = called(tmp_path, "runs", "--db", str(copy), "--json")
    assert {run["run"] for run in json.loads(listed.stdout)} == {"small", "references"}


@given(st.text(st.sampled_from("a;'\"`-/*\n "), max_size=60))
@example("select ';' ; -- ;\n select \";\"; /* ; */")
def test_splitting_loses_nothing_and_agrees_with_sqlite(text: str) -> None:
    found, rest = split_statements(text)
    kept = "".join(found) + rest
    assert len(kept) <= len(text)
    for statement in found:
        assert statement.endswith(";")
        assert split_statements(statement) == ([statement], "")
        if not set('`"') & set(statement):
            assert sqlite3.complete_statement(statement)


def test_splitting_takes_time_in_proportion(tmp_path: Path) -> None:
    begun = time.monotonic()
    for text in ("';" * 200_000, "/*;" * 200_000, "-;" * 200_000, "'" + ";" * 500_000):
        split_statements(text)
    assert time.monotonic() - begun < 20


@given(st.text())
def test_what_is_shown_holds_no_control_character(text: str) -> None:
    shown = visible(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    assert visible(shown) == shown
