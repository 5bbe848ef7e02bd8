"""Statements of the user's own: what they may do, what they give, and how they end."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time

import pytest

from tests.store.world import count, queued, verify
from vervet.core.errors import StoreError, UnknownNameError, UsageError
from vervet.store.database import Database
from vervet.store.schema import attempts
from vervet.store.sql import first_rows, open_rows, run_sql
from vervet.store.sql_names import describe, names

NUMBERS = (
    "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {}) SELECT x FROM n"
)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1; SELECT 2",
        "SELECT 1; COMMIT; DELETE FROM attempts",
        "SELECT '\0'",
        "SELECT '\udcff'",
        "SELECT 1 \0; DROP TABLE attempts",
        "WITH gone AS (DELETE FROM attempts RETURNING id) SELECT COUNT(*) FROM gone",
        "WITH a AS (SELECT 1), b AS (UPDATE attempts SET code = 'x' RETURNING 1) SELECT 1 FROM b",
        "SELECT * INTO copied FROM attempts",
        "VALUES (1); VALUES (2)",
        "EXPLAIN ANALYZE DELETE FROM attempts",
        "SELECT nextval('attempts_id_seq')",
        "SELECT load_extension('evil')",
        "/* x */" * 40 + "DELETE FROM attempts",
        "SELECT 1 FROM (",
        "SELECT $1",
        ";",
        "SELECT 1/0 FROM nowhere",
    ],
)
def test_what_does_not_only_read_is_refused(database: Database, statement: str) -> None:
    _, batch_ids = queued(database, ["good"])
    verify(database, batch_ids)
    with pytest.raises(UsageError):
        run_sql(database, statement)
    assert count(database, attempts) == 1


@pytest.mark.parametrize("setting", ["default_transaction_read_only", "transaction_read_only"])
def test_no_setting_of_postgres_opens_the_door(migrated_url: str, setting: str) -> None:
    database = Database.open(migrated_url)
    if database.dialect == "postgresql":
        for local in ("true", "false"):
            try:
                run_sql(database, f"SELECT set_config('{setting}', 'off', {local})")
            except UsageError:
                continue
        assert run_sql(database, "SELECT current_setting('transaction_read_only')").rows == (
            ("on",),
        )
        with pytest.raises(UsageError):
            run_sql(database, "SELECT nextval('attempts_id_seq')")
    database.close()


def test_a_refused_statement_spoils_nothing_for_the_next(database: Database) -> None:
    for _ in range(3):
        with pytest.raises(UsageError):
            run_sql(database, "SELECT nonsense")
        assert run_sql(database, "SELECT 1 AS one").rows == ((1,),)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("CAST(7 AS numeric)", 7),
        ("round(CAST(2.5 AS numeric), 1)", 2.5),
        ("1 = 1", 1),
        ("NULL", None),
        ("'x%s :y ''z'''", "x%s :y 'z'"),
        ("'\U0001f600'", "\U0001f600"),
        ("9007199254740993", 9007199254740993),
        ("CAST(1e300 AS double precision)", 1e300),
    ],
)
def test_values_mean_the_same_on_both_databases(
    database: Database, expression: str, value: object
) -> None:
    [[found]] = run_sql(database, f"SELECT {expression} AS x").rows
    assert (found, type(found)) == (value, type(value))


def test_moments_json_bytes_and_truths_are_alike(database: Database) -> None:
    _, batch_ids = queued(database, ["bad"])
    verify(database, batch_ids)
    [[stop, labels, moment, day, counts]] = run_sql(
        database,
        "SELECT p.stop, p.labels, v.settled_at, substr(CAST(v.settled_at AS text), 1, 10), "
        "v.counts_as_passed FROM problems p, verdicts v",
    ).rows
    assert (stop, labels, counts) == ('["\\n\\n"]', '{"stratum": "easy"}', 0)
    assert moment.endswith("+00:00")
    assert len(moment) == len("2026-11-25T10:00:00.000000+00:00")
    assert moment[:10] == day
    [[data]] = run_sql(database, "SELECT data FROM blobs LIMIT 1").rows
    assert isinstance(data, bytes)


def test_a_cell_of_megabytes_comes_whole(database: Database) -> None:
    make = "repeat('x', 5000000)" if database.dialect == "postgresql" else "hex(zeroblob(2500000))"
    [[found]] = run_sql(database, f"SELECT {make} AS x").rows
    assert len(found) == 5_000_000


def test_rows_come_in_pieces_and_can_be_cut(database: Database) -> None:
    with open_rows(database, NUMBERS.format(1000), at_once=300) as rows:
        assert [len(piece) for piece in first_rows(rows, 700).pieces] == [300, 300, 100]
    with open_rows(database, NUMBERS.format(10)) as rows:
        assert [row for piece in rows.pieces for row in piece] == [(x,) for x in range(1, 11)]


@pytest.mark.parametrize("limit", [1, 199, 200, 201, 999, 2**40])
def test_a_limit_says_whether_there_was_more(database: Database, limit: int) -> None:
    found = run_sql(database, NUMBERS.format(1000), limit=limit)
    assert (len(found.rows), found.truncated) == (min(limit, 1000), limit < 1000)


def test_what_the_reader_of_rows_raises_is_its_own(database: Database) -> None:
    def take() -> None:
        with open_rows(database, "SELECT 1") as rows:
            raise sqlite3.OperationalError(str(next(rows.pieces)))

    with pytest.raises(sqlite3.OperationalError, match=r"\[\(1,\)\]"):
        take()


def test_an_error_in_a_late_row_is_told(database: Database) -> None:
    late = "abs(-9223372036854775807 - 1)" if database.dialect == "sqlite" else "1 / 0"
    statement = (
        f"SELECT CASE WHEN x < 900 THEN x ELSE {late} END FROM ({NUMBERS.format(1000)}) AS n"
    )
    if database.dialect == "postgresql":
        statement = statement.replace("1 / 0", "1 / (900 - x)")
    with pytest.raises(UsageError), open_rows(database, statement) as rows:
        assert sum(len(piece) for piece in rows.pieces) < 1000


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("sqlite", "SELECT CAST(x'ff' AS text)"),
        ("postgresql", "SELECT timestamptz 'infinity'"),
        ("postgresql", "SELECT convert_from('\\xff'::bytea, 'UTF8')"),
    ],
)
def test_a_value_that_python_cannot_hold_is_told(
    database: Database, dialect: str, statement: str
) -> None:
    if database.dialect == dialect:
        with pytest.raises(UsageError):
            run_sql(database, statement)
    assert run_sql(database, "SELECT 1").rows == ((1,),)


def test_interrupting_ends_a_statement_and_the_next_one_runs(database: Database) -> None:
    endless = {
        "postgresql": "SELECT pg_sleep(60)",
        "sqlite": NUMBERS.format(10**12).replace("SELECT x FROM n", "SELECT MAX(x) FROM n"),
    }[database.dialect]
    me = threading.main_thread().ident
    assert me is not None
    threading.Timer(0.5, signal.pthread_kill, (me, signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_sql(database, endless)
    assert time.monotonic() - begun < 20
    assert run_sql(database, "SELECT 1").rows == ((1,),)


def test_a_connection_that_is_cut_is_the_hosts_failure_and_comes_back(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    with pytest.raises(StoreError):
        run_sql(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert run_sql(database, "SELECT 1").rows == ((1,),)
    database.close()


def test_names_and_columns_can_be_asked_for(database: Database) -> None:
    found = names(database)
    assert {"attempts", "candidates"} <= set(found.tables)
    assert {"v_flaky_checks", "v_false_negatives", "v_costs"} <= set(found.views)
    described = describe(database, "candidates")
    by_name = {column.name: column for column in described.columns}
    assert by_name["solution_id"].refers_to == "solutions.id"
    assert describe(database, "v_flaky_checks").words.startswith("One row per check")
    with pytest.raises(UnknownNameError, match="candidate"):
        describe(database, "candidate")
