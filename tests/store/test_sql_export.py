"""Rows, tables and whole databases as files: complete, the same from both databases, or absent."""

from __future__ import annotations

import csv
import errno
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import event, select

from tests.store.sql_world import fill
from tests.store.world import add, candidate, count, new_run, put, queued, run_of, verify
from vervet.core.errors import DiskFullError, UsageError
from vervet.store.batches import split
from vervet.store.database import Database
from vervet.store.export import export_candidates
from vervet.store.export_files import row_writer, save_rows
from vervet.store.export_sqlite import export_sqlite
from vervet.store.export_tables import export_tables
from vervet.store.export_whole import whole_file, whole_folder
from vervet.store.runs import find_run, list_runs
from vervet.store.schema import attempts, metadata, verdicts
from vervet.store.sql import Rows, open_rows, run_sql
from vervet.store.sql_names import names

ENDINGS = (".csv", ".jsonl", ".parquet", ".sqlite")
COUNTS = "SELECT run, problem, n, passed FROM v_coverage_counts ORDER BY run, problem"


def save(database: Database, statement: str, path: Path, *, force: bool = False) -> int:
    with open_rows(database, statement) as rows:
        return save_rows(rows, path, row_writer(path), force=force)


def given(*columns: tuple[str, list[object]]) -> Rows:
    """Rows as no database needs to give them, in pieces of two."""
    rows = list(zip(*(values for _, values in columns), strict=True))
    pieces = iter([rows[at : at + 2] for at in range(0, len(rows), 2)])
    return Rows(tuple(name for name, _ in columns), pieces)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_file_holds_the_rows_of_the_statement(
    filled: Database, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"counts{ending}"
    assert save(filled, COUNTS, path) == 20
    expected = [list(row) for row in run_sql(filled, COUNTS).rows]
    assert read(path) == expected
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def read(path: Path) -> list[list[object]]:
    """The rows of a file, by a reader that is not Vervet's."""
    if path.suffix == ".parquet":
        return [list(row.values()) for row in pq.read_table(path).to_pylist()]
    if path.suffix == ".jsonl":
        return [list(json.loads(line).values()) for line in path.read_text().splitlines()]
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as conn:
            return [list(row) for row in conn.execute("SELECT * FROM result")]
    with path.open(newline="") as file:
        _, *rows = csv.reader(file)
    return [[int(cell) if cell.isdigit() else cell for cell in row] for row in rows]


def test_a_column_of_parquet_has_the_type_that_all_its_values_fit(tmp_path: Path) -> None:
    moment = "2026-11-21T10:00:00.000000+00:00"
    rows = given(
        ("whole", [None, 1, 2**63 - 1]),
        ("number", [1, 2.5, None]),
        ("huge", [1, 2**63, None]),
        ("moment", [None, moment, moment]),
        ("nearly", [moment, "2026-13-21T10:00:00.000000+00:00", moment]),
        ("mixed", [b"\xff", "text", 1]),
        ("data", [b"\x00", None, b""]),
        ("nothing", [None, None, None]),
        ("strange", ["nul \0", "\x1b[2J", ""]),
    )
    path = tmp_path / "types.parquet"
    save_rows(rows, path, row_writer(path))
    found = pq.read_table(path)
    text = pa.string()
    assert [field.type for field in found.schema] == [
        pa.int64(),
        pa.float64(),
        text,
        pa.timestamp("us", tz="UTC"),
        text,
        text,
        pa.binary(),
        text,
        text,
    ]
    assert found["mixed"].to_pylist() == ["ff", "text", "1"]
    assert found["strange"].to_pylist() == ["nul \0", "\x1b[2J", ""]
    assert found["huge"].to_pylist() == ["1", str(2**63), None]


def test_csv_keeps_quotes_lines_and_markup_and_has_bytes_as_hex(tmp_path: Path) -> None:
    cells: list[object] = [
        'a,"b"\n\r\tc',
        "[bold]x[/bold]",
        "=1+1",
        "\U0001f600",
        b"\xff\x00",
        None,
    ]
    path = tmp_path / "cells.csv"
    save_rows(given(("cell", cells), ("at", list(range(6)))), path, row_writer(path))
    with path.open(newline="", encoding="utf-8") as file:
        found = [row[0] for row in csv.reader(file)][1:]
    assert found == ['a,"b"\n\r\tc', "[bold]x[/bold]", "=1+1", "\U0001f600", "ff00", ""]


def test_json_lines_have_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    save_rows(given(("x", [float("nan"), float("-inf"), 1.5])), path, row_writer(path))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    lines = path.read_text().splitlines()
    assert [json.loads(line, parse_constant=refuse)["x"] for line in lines] == ["nan", "-inf", 1.5]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_there_is_replaced_only_when_told(
    database: Database, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"x{ending}"
    path.write_text("precious")
    with pytest.raises(UsageError, match="already"):
        save(database, "SELECT 1 AS x", path)
    assert path.read_text() == "precious"
    save(database, "SELECT 1 AS x", path, force=True)
    assert read(path) == [[1]]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_statement_that_fails_midway_leaves_nothing(
    database: Database, tmp_path: Path, ending: str
) -> None:
    late = {"sqlite": "abs(-9223372036854775807 - 1)", "postgresql": "1 / (700 - x)"}
    statement = (
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) "
        f"SELECT CASE WHEN x < 700 THEN x ELSE {late[database.dialect]} END AS x FROM n"
    )
    with pytest.raises(UsageError, match="refused"):
        save(database, statement, tmp_path / f"x{ending}")
    assert list(tmp_path.glob(f"*{ending}*")) == []
    assert list(tmp_path.glob(".*partial*")) == []


@pytest.mark.parametrize("ending", [".jsonl", ".parquet", ".sqlite"])
def test_columns_of_the_same_name_are_refused_where_a_format_cannot_hold_them(
    database: Database, tmp_path: Path, ending: str
) -> None:
    with pytest.raises(UsageError, match="more than one column"):
        save(database, "SELECT 1 AS x, 2 AS x", tmp_path / f"x{ending}")
    assert save(database, "SELECT 1 AS x, 2 AS x", tmp_path / "x.csv") == 1


@pytest.mark.parametrize(
    "name",
    ["nowhere/x.csv", "file/x.csv", "folder.csv", "x.xlsx", "x", "/proc/x.csv", "n" * 300 + ".csv"],
)
def test_a_place_that_cannot_be_written_is_the_users_mistake(
    database: Database, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError):
        save(database, "SELECT 1 AS x", tmp_path / name, force=True)


def test_a_device_is_never_replaced(database: Database, tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.csv"
    os.mkfifo(fifo)
    with pytest.raises(UsageError, match="no plain file"):
        save(database, "SELECT 1 AS x", fifo, force=True)
    assert fifo.is_fifo()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_may_not_grow_is_told_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    rows = given(("x", [os.urandom(200_000).hex() for _ in range(10)]))
    path = tmp_path / f"x{ending}"
    script = (
        "import resource, signal, sys, pickle; from pathlib import Path;"
        "from vervet.store.export_files import row_writer, save_rows;"
        "from vervet.store.sql import Rows;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "columns, pieces, path = pickle.load(sys.stdin.buffer);"
        "write = row_writer(path);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000));"
        "save_rows(Rows(columns, iter(pieces)), path, write)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=pickle.dumps((rows.columns, list(rows.pieces), path)),
        capture_output=True,
        check=False,
    )
    assert b"Error: cannot write" in done.stderr or b"Error: no space" in done.stderr, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("made", [whole_file, whole_folder])
def test_a_full_disk_is_told_and_leaves_nothing(made: Callable[..., Any], tmp_path: Path) -> None:
    def fail() -> None:
        with made(tmp_path / "x"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFullError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_pyarrow_is_refused_kindly(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match="pyarrow") as told:
        save(database, "SELECT 1 AS x", tmp_path / "x.parquet")
    assert "vervet[parquet]" in told.value.hint
    with pytest.raises(UsageError, match="pyarrow"):
        export_tables(database, tmp_path / "tables", "parquet")
    assert list(tmp_path.glob("*x*")) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_memory_does_not_grow_with_the_rows(
    database: Database, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"x{ending}"
    wide = "SELECT x, '" + "y" * 1000 + "' || x AS y FROM n"
    statement = (
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) " + wide
    )
    save(database, statement.format(10), path)  # what is loaded once is no growth
    tracemalloc.start()
    save(database, statement.format(20_000), path, force=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000, "20 MB of rows"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_folder_holds_each_table_and_view(filled: Database, tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "tables"
    counts = export_tables(filled, folder, ending)
    known = names(filled)
    assert set(counts) == {*known.tables, *known.views} - {"alembic_version"}
    assert {path.name for path in folder.iterdir()} == {f"{name}.{ending}" for name in counts}
    for name, rows in counts.items():
        assert run_sql(filled, f"SELECT COUNT(*) FROM {name}").rows == ((rows,),), name
        assert len(read(folder / f"{name}.{ending}")) == rows, name
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_both_databases_give_the_same_files(
    migrated_sqlite: Path, postgres_url: str, tmp_path: Path
) -> None:
    told = []
    (tmp_path / "vervet.db").write_bytes(migrated_sqlite.read_bytes())
    for url in (str(tmp_path / "vervet.db"), postgres_url):
        database = Database.open(url)
        fill(database)
        folder = tmp_path / database.dialect
        export_tables(database, folder, "csv")
        stable = ("problems", "candidates", "solutions", "checks", "blobs", "scores", "audit_items")
        views = ("v_flaky_checks", "v_false_negatives", "v_check_outcomes", "v_coverage_counts")
        told.append({name: sorted_lines(folder / f"{name}.csv") for name in (*stable, *views)})
        database.close()
    assert told[0] == told[1]


def sorted_lines(path: Path) -> list[str]:
    return sorted(path.read_text().splitlines())


def test_texts_are_unpacked_in_a_folder(filled: Database, tmp_path: Path) -> None:
    export_tables(filled, tmp_path / "t", "parquet")
    found = {row["text"]: row for row in pq.read_table(tmp_path / "t/blobs.parquet").to_pylist()}
    assert found["```\ng-bad\n```"]["data"] is None
    assert found["```\ng-bad\n```"]["size"] == len("```\ng-bad\n```")


def test_a_folder_with_files_is_left_alone_unless_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("precious")
    (tmp_path / "notes.txt").write_text("precious too")
    with pytest.raises(UsageError, match="not empty"):
        export_tables(database, tmp_path, "csv")
    assert (tmp_path / "runs.csv").read_text() == "precious"
    export_tables(database, tmp_path, "csv", force=True)
    assert (tmp_path / "runs.csv").read_text().startswith("id,name,")
    assert (tmp_path / "notes.txt").read_text() == "precious too"
    with pytest.raises(UsageError, match="is a file"):
        export_tables(database, tmp_path / "notes.txt", "csv", force=True)


def test_the_sqlite_copy_opens_anywhere_and_holds_everything(
    filled: Database, tmp_path: Path
) -> None:
    path = tmp_path / "copy.db"
    counts = export_sqlite(filled, path)
    assert [each.name for each in tmp_path.iterdir() if "copy" in each.name] == ["copy.db"]
    assert counts == {
        name: run_sql(filled, f"SELECT COUNT(*) FROM {name}").rows[0][0] for name in metadata.tables
    }
    path.chmod(0o444)
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        assert conn.execute(COUNTS).fetchall() == list(run_sql(filled, COUNTS).rows)
        flaky = "SELECT * FROM v_flaky_checks"
        assert conn.execute(flaky).fetchall() == list(run_sql(filled, flaky).rows)


def test_the_sqlite_copy_is_a_database_of_vervet(filled: Database, tmp_path: Path) -> None:
    export_sqlite(filled, tmp_path / "copy.db")
    copy = Database.open(tmp_path / "copy.db", create=False)
    with copy.read() as here, filled.read() as there:
        assert list_runs(here) == list_runs(there)
        run = find_run(here, "small")
        assert run is not None
        assert list(export_candidates(here, run)) == list(export_candidates(there, run))
        for table in metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key)
            assert here.execute(query).all() == there.execute(query).all(), table.name
    copy.close()


@pytest.mark.parametrize("chosen", [["small"], ["large"], ["references"], ["small", "known-wrong"]])
def test_a_copy_of_some_runs_holds_what_they_refer_to_and_no_more(
    database: Database, tmp_path: Path, chosen: list[str]
) -> None:
    fill(database)
    other = new_run(database)
    add(database, other, [candidate("p0", 0, "of another suite")])
    with database.read() as conn:
        runs = [find_run(conn, name) for name in chosen]
    ids = [run.id for run in runs if run is not None]
    export_sqlite(database, tmp_path / "copy.db", run_ids=ids)
    folder = tmp_path / "tables"
    counts = export_tables(database, folder, "csv", run_ids=ids)
    words = ", ".join(f"'{name}'" for name in chosen)
    query = f"SELECT * FROM v_coverage_counts WHERE run IN ({words}) ORDER BY run, problem"
    with closing(sqlite3.connect(tmp_path / "copy.db")) as conn:
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        assert {name for (name,) in conn.execute("SELECT name FROM runs")} == set(chosen)
        assert conn.execute("SELECT name FROM suites").fetchall() == [("puzzles",)]
        assert conn.execute(query).fetchall() == list(run_sql(database, query).rows)
        sampled = "SELECT COUNT(DISTINCT solution_id) FROM candidates"
        assert (
            conn.execute(sampled).fetchone()
            == conn.execute("SELECT COUNT(*) FROM solutions").fetchone()
        )
        for name in metadata.tables:
            [[rows]] = conn.execute(f"SELECT COUNT(*) FROM {name}").fetchall()
            assert counts[name] == rows, name
        unused = "SELECT COUNT(*) FROM blobs WHERE digest NOT IN ({})".format(
            " UNION ".join(
                f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
                for table, column in (
                    ("candidates", "completion_digest"),
                    ("solutions", "text_digest"),
                    ("reference_solutions", "completion_digest"),
                    ("checks", "expected_digest"),
                    ("checks", "actual_digest"),
                )
            )
        )
        assert conn.execute(unused).fetchone() == (0,)


def test_an_attempt_that_another_run_paid_for_travels_without_its_batch(
    database: Database, tmp_path: Path
) -> None:
    run, batch_ids = queued(database, ["good"])
    verify(database, batch_ids)
    with database.read() as conn:
        suite_id = run.suite_id
    second = run_of(database, suite_id)
    add(database, second, [candidate("p0", 0, "good")])
    export_sqlite(database, tmp_path / "copy.db", run_ids=[second.id])
    with closing(sqlite3.connect(tmp_path / "copy.db")) as conn:
        assert conn.execute("SELECT status, batch_id FROM attempts").fetchall() == [
            ("passed", None)
        ]
        assert conn.execute("SELECT n, passed FROM v_coverage_counts").fetchall() == [(1, 1)]


def test_a_batch_may_name_one_that_was_written_after_it(database: Database, tmp_path: Path) -> None:
    run = new_run(database, problems=1, n=8)
    added = add(database, run, [candidate("p0", at, f"good {at}") for at in range(8)])
    [whole] = put(database, run, added.to_verify)
    halves = split(database, whole)
    for half in halves:
        split(database, half)
    export_sqlite(database, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as conn:
        assert conn.execute("SELECT COUNT(*) FROM batches").fetchone() == (7,)
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_copy_is_of_one_moment_while_others_write(database: Database, tmp_path: Path) -> None:
    _, batch_ids = queued(database, [f"good {at}" for at in range(6)], size=2)
    verify(database, batch_ids[:1])
    late = batch_ids[1:]

    def write(*asked: object) -> None:
        if "FROM candidates" in str(asked[2]) and late:
            verify(database, [late.pop() for _ in range(2)])

    event.listen(database._reader, "before_cursor_execute", write)
    export_sqlite(database, tmp_path / "copy.db")
    assert (count(database, attempts), late) == (6, [])
    copy = Database.open(tmp_path / "copy.db")
    assert (count(copy, attempts), count(copy, verdicts)) == (2, 2)
    copy.close()
