"""The few statements that SQLite and PostgreSQL word differently, and rows by the thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from vervet.store.schema import solutions

__all__ = ["chunks", "clock", "insert_new", "lock_solutions", "serialise"]

T = TypeVar("T")
MOST_PARAMETERS = 4000


def chunks(values: Sequence[T], size: int = MOST_PARAMETERS) -> Iterator[Sequence[T]]:
    """`values` in pieces that fit a statement's parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_new(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, passing over those whose key is already there.

    Give the rows in the order of their key: two writers then never wait for each other.
    """
    if not rows:
        return
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    conn.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def clock(conn: Connection) -> datetime:
    """The time by which leases are measured.

    On PostgreSQL that of the server, since the clocks of several hosts differ; on SQLite all
    workers share one host, whose UTC it is.
    """
    if conn.dialect.name == "postgresql":
        moment: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


def lock_solutions(conn: Connection, solution_ids: Sequence[int]) -> None:
    """Hold these solutions until the end of the transaction, in an order that cannot deadlock.

    Whoever adds candidates, allots attempts or settles verdicts of a solution does this
    first, so that none of them acts on what another is about to change. A writer on SQLite
    is alone anyway.
    """
    if conn.dialect.name != "postgresql":
        return
    for some in chunks(sorted(set(solution_ids))):
        statement = select(solutions.c.id).where(solutions.c.id.in_(some))
        conn.execute(statement.order_by(solutions.c.id).with_for_update())


def serialise(conn: Connection, family: int, key: int) -> None:
    """Let one transaction at a time pass here for the same two numbers (PostgreSQL only)."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(family, key)))
