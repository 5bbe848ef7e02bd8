"""One statement of the user's own, which reads and cannot write.

Values mean the same on both databases: a moment is its ISO text in UTC, a truth value 0 or 1,
JSON its text, a number an int or a float. Never holds more rows than a caller takes.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from vervet.core.errors import UsageError
from vervet.store.database import Database

__all__ = [
    "AT_ONCE",
    "Rows",
    "SqlResult",
    "first_rows",
    "open_rows",
    "plain_value",
    "run_sql",
]

AT_ONCE = 200
"""Rows fetched at a time: a cell may hold a whole output."""
STEPS = 10_000
"""Instructions of SQLite between two looks at whether the user has interrupted."""
_READS = re.compile(
    r"(?>\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+(?:select|with|values)\b", re.IGNORECASE | re.DOTALL
)
_OF_THE_HOST = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
}

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SqlResult:
    """Names of the columns, rows, and whether there were more rows than were asked for."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """Names of the columns, and the rows in pieces, which can be gone through once."""

    columns: tuple[str, ...]
    pieces: Iterator[Sequence[Row]]


def run_sql(database: Database, statement: str, *, limit: int = 1000) -> SqlResult:
    """The first `limit` rows of one statement that begins with select, with or values.

    Raises `UsageError` for any other, for more than one and for one that is not understood.
    """
    with open_rows(database, statement, at_once=min(limit + 1, AT_ONCE)) as found:
        rows = [row for piece in first_rows(found, limit + 1).pieces for row in piece]
    return SqlResult(found.columns, tuple(rows[:limit]), len(rows) > limit)


def first_rows(rows: Rows, limit: int | None) -> Rows:
    """The first `limit` of the same rows; all of them for None."""
    return rows if limit is None else Rows(rows.columns, _first_pieces(rows.pieces, limit))


@contextmanager
def open_rows(database: Database, statement: str, *, at_once: int = AT_ONCE) -> Iterator[Rows]:
    """The rows of one such statement as they come, in pieces of `at_once`.

    Raises `UsageError` as `run_sql` does, here or while rows are taken, `StoreError` where the
    database itself fails, and `KeyboardInterrupt` once ^C has ended the statement.
    """
    _refuse_unreadable(statement)
    with database.read() as conn:
        with closing(conn.connection.cursor()) as cursor:
            with _told(conn, statement):
                ask = _ask_postgres if database.dialect == "postgresql" else _ask_sqlite
                pieces = ask(cursor, statement, at_once)
                columns = tuple(column[0] for column in cursor.description or ())
            yield Rows(columns, _told_pieces(conn, statement, pieces))
        conn.connection.rollback()  # nor does a setting outlive the statement that changed it


def _first_pieces(pieces: Iterator[Sequence[Row]], limit: int) -> Iterator[Sequence[Row]]:
    for piece in pieces:
        yield piece[:limit]
        limit -= len(piece)
        if limit <= 0:
            return


def plain_value(value: Any) -> Any:
    """`value` as None, int, float, str or bytes, the same from either database."""
    if value is None or isinstance(value, str | float | bytes):
        return value
    if isinstance(value, int):
        return int(value)  # of a truth value too
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if whole and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, default=lambda each: str(plain_value(each)))
    return str(value)


_HINT = (
    "Views to start from: v_coverage_counts, v_verdict_history, v_check_outcomes, "
    "v_reference_differences, v_flaky_checks, v_false_negatives, v_selector_inputs, v_costs."
)


def _refuse_unreadable(statement: str) -> None:
    if "\0" in statement or not _encodes(statement):
        raise UsageError(
            "the statement holds bytes that no database reads",
            hint="Write it in UTF-8 and without NUL.",
        )
    if not _READS.match(statement):
        raise UsageError(
            "only statements that read can be run here",
            hint="Begin with SELECT or WITH; write with the database's own client.",
        )


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _ask_sqlite(cursor: Any, statement: str, at_once: int) -> Iterator[Sequence[Row]]:
    def look_up() -> int:
        return 0  # while Python calls this, it sees that ^C was pressed

    cursor.connection.set_progress_handler(look_up, STEPS)
    cursor.execute(statement)
    return iter(lambda: cursor.fetchmany(at_once), [])


def _ask_postgres(cursor: Any, statement: str, at_once: int) -> Iterator[Sequence[Row]]:
    """Declare a cursor on the server, so that rows wait there.

    Prepared, a statement cannot be two; that of a cursor cannot write.
    """
    cursor.execute("SET TRANSACTION READ ONLY")
    cursor.execute("SET LOCAL TIME ZONE 'UTC'")  # of what is cast to text
    cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
    cursor.execute(f"DECLARE vervet_rows NO SCROLL CURSOR FOR {statement}", prepare=True)
    cursor.execute(f"FETCH FORWARD {at_once} FROM vervet_rows")

    def pieces() -> Iterator[Sequence[Row]]:
        while rows := cursor.fetchall():
            yield rows
            cursor.execute(f"FETCH FORWARD {at_once} FROM vervet_rows")

    return pieces()


def _told_pieces(
    conn: Connection, statement: str, pieces: Iterator[Sequence[Row]]
) -> Iterator[Sequence[Row]]:
    with _told(conn, statement):
        for piece in pieces:
            yield [tuple(map(plain_value, row)) for row in piece]


@contextmanager
def _told(conn: Connection, statement: str) -> Iterator[None]:
    """Say what a driver's error means: a mistake in the statement, ^C, or the host's failure."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, psycopg.Error) as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error
        raw: Any = conn.connection.driver_connection
        if primary in _OF_THE_HOST or getattr(raw, "broken", False):
            base = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
            lost = bool(getattr(raw, "broken", False))
            raise DBAPIError.instance(
                statement, None, error, base, connection_invalidated=lost
            ) from error
        raise UsageError(
            f"the database refused the statement: {str(error).strip()}", hint=_HINT
        ) from error
