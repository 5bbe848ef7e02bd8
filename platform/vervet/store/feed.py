"""Attempts as they come in: what a watcher of a run reads again and again, cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from vervet.core.status import NORMAL, Status
from vervet.store.runs import Run
from vervet.store.schema import attempts, batches, problems, solutions

__all__ = ["NewAttempt", "attempts_since", "last_attempt", "verifying_seconds"]

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """One attempt under the run's verifier: its row id, problem and how it ended."""

    id: int
    problem: str
    status: Status
    flags: str


def last_attempt(conn: Connection) -> int:
    """The row id of the latest attempt of all runs; 0 if there is none."""
    return conn.scalar(select(func.max(attempts.c.id))) or 0


def attempts_since(
    conn: Connection, run: Run, after: int, *, limit: int = 5000
) -> list[NewAttempt]:
    """Attempts on the suite of `run` with a row id above `after`, in order, at most `limit`."""
    query = (
        select(attempts.c.id, problems.c.name, attempts.c.status, attempts.c.flags)
        .join(solutions, solutions.c.id == attempts.c.solution_id)
        .join(problems, problems.c.id == solutions.c.problem_id)
        .where(
            attempts.c.id > after,
            problems.c.suite_id == run.suite_id,
            attempts.c.verifier_digest == run.verifier_digest,
            attempts.c.environment_digest == run.environment_digest,
            attempts.c.condition == NORMAL,
        )
        .order_by(attempts.c.id)
        .limit(limit)
    )
    return [
        NewAttempt(row_id, problem, Status(status), flags)
        for row_id, problem, status, flags in conn.execute(query)
    ]


def verifying_seconds(conn: Connection, run_id: int, condition: str = NORMAL) -> float:
    """Time from start to end of the attempts that a run's batches made, over all workers."""
    start, end = attempts.c.started_at, attempts.c.finished_at
    if conn.dialect.name == "postgresql":
        spent: ColumnElement[Any] = func.extract("epoch", end - start)
    else:
        spent = (func.julianday(end) - func.julianday(start)) * SECONDS_A_DAY
    query = (
        select(func.coalesce(func.sum(spent), 0.0))
        .join(batches, batches.c.id == attempts.c.batch_id)
        .where(batches.c.run_id == run_id, batches.c.condition == condition)
    )
    return float(conn.scalar(query) or 0.0)
