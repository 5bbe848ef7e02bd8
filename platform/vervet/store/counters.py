"""Counts per run, kept in the transactions that change them, so that a poll reads a few rows.

What is reported at the end is counted anew from candidates and verdicts (`reads`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from vervet.core.status import Flag
from vervet.core.values import Verdict
from vervet.store.schema import run_counters

__all__ = ["CANDIDATES", "PASSED", "SOLUTIONS", "bump", "read_counters", "verdict_counter"]

CANDIDATES = "candidates"
SOLUTIONS = "solutions"
PASSED = "counts_as_passed"
"""Candidates whose verdict counts as passed by default."""


def verdict_counter(verdict: Verdict) -> str:
    """The counter that a candidate with this verdict falls into."""
    return "unsettled" if Flag.UNSETTLED in verdict.flags else f"status:{verdict.status}"


def bump(conn: Connection, changes: Mapping[tuple[int, str], int]) -> None:
    """Add to the counters (run id, name). The last write of a transaction: rows are shared."""
    rows = [
        {"run_id": run_id, "name": name, "value": change}
        for (run_id, name), change in sorted(changes.items())
        if change
    ]
    if not rows:
        return
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(run_counters)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["run_id", "name"],
            set_={"value": run_counters.c.value + statement.excluded.value},
        ),
        rows,
    )


def read_counters(conn: Connection, run_id: int) -> dict[str, int]:
    """All counters of a run by name; those never raised are absent."""
    query = select(run_counters.c.name, run_counters.c.value).where(run_counters.c.run_id == run_id)
    return dict(conn.execute(query).all())
