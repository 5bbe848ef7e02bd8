"""One statement of the user's own, which reads and cannot write."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Any

import psycopg

from vervet.core.errors import UsageError
from vervet.store.database import Database

__all__ = ["SqlResult", "run_sql"]

_READS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*(select|with|values)\b", re.I | re.S)


@dataclass(frozen=True, slots=True)
class SqlResult:
    """Names of the columns, rows, and whether there were more rows than were asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool


def run_sql(database: Database, statement: str, *, limit: int = 1000) -> SqlResult:
    """The first `limit` rows of one statement that begins with select, with or values.

    Raises `UsageError` for any other, for more than one and for one that is not understood.
    """
    if not _READS.match(statement):
        raise UsageError(
            "only statements that read can be run here",
            hint="Begin with SELECT or WITH; write with the database's own client.",
        )
    with database.read() as conn:
        cursor = conn.connection.cursor()
        try:
            if database.dialect == "postgresql":
                # a prepared statement cannot be two; the LIMIT keeps the rest on the server
                bounded = f"SELECT * FROM ({_bare(statement)}\n) AS q LIMIT {limit + 1}"
                cursor.execute(bounded, prepare=True)  # type: ignore[call-arg]
            else:
                cursor.execute(statement)
            names = tuple(column[0] for column in cursor.description or ())
            rows = cursor.fetchmany(limit + 1)
        except (sqlite3.Error, sqlite3.Warning, psycopg.Error) as error:
            raise UsageError(
                f"the database refused the statement: {str(error).strip()}", hint=_HINT
            ) from error
        finally:
            cursor.close()
        return SqlResult(names, tuple(tuple(row) for row in rows[:limit]), len(rows) > limit)


_HINT = (
    "Views to start from: v_coverage_counts, v_verdict_history, v_check_outcomes, "
    "v_reference_differences, v_selector_inputs, v_costs."
)


def _bare(statement: str) -> str:
    return statement.strip().rstrip(";")
