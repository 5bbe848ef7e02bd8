"""Audits and their items: what was examined, what was found, on which attempts it rests.

Knows no kind of audit. An item is never changed; the summary is written anew as often as asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from vervet.store.rows import chunks, clock, serialise
from vervet.store.runs import RunState
from vervet.store.schema import audit_items, audits, problems

__all__ = [
    "AuditItem",
    "add_items",
    "findings",
    "found_at",
    "open_audit",
    "save_summary",
    "summary_of",
]

AUDITS = 3


@dataclass(frozen=True, slots=True)
class AuditItem:
    """One finding. `attempt_id` is set against `against_attempt_id` where two attempts differ."""

    problem_id: int
    solution_id: int | None
    finding: str
    attempt_id: int | None = None
    against_attempt_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def open_audit(
    conn: Connection, name: str, kind: str, run_id: int | None, config: Mapping[str, Any]
) -> int:
    """The id of the audit of that name, made if it is not there; running either way.

    Others that open it wait for the end of this transaction.
    """
    serialise(conn, AUDITS, run_id or 0)
    state = {"state": RunState.RUNNING.value, "config": dict(config), "finished_at": None}
    found = conn.scalar(select(audits.c.id).where(audits.c.name == name))
    if found is not None:
        conn.execute(update(audits).where(audits.c.id == found).values(**state))
        return int(found)
    row: dict[str, Any] = {"name": name, "kind": kind, "run_id": run_id, "seed": 0, "summary": {}}
    made = conn.execute(insert(audits).values(**row, **state, created_at=clock(conn)))
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def add_items(conn: Connection, audit_id: int, items: Sequence[AuditItem]) -> int:
    """Write items, but never a second one of a solution; how many were new."""
    known = set(
        conn.scalars(select(audit_items.c.solution_id).where(audit_items.c.audit_id == audit_id))
    )
    new = [item for item in items if item.solution_id is None or item.solution_id not in known]
    last = select(func.max(audit_items.c.position)).where(audit_items.c.audit_id == audit_id)
    after = conn.scalar(last)
    rows = [
        {
            "audit_id": audit_id,
            "position": position,
            "problem_id": item.problem_id,
            "solution_id": item.solution_id,
            "attempt_id": item.attempt_id,
            "against_attempt_id": item.against_attempt_id,
            "finding": item.finding,
            "detail": dict(item.detail),
        }
        for position, item in enumerate(new, start=0 if after is None else after + 1)
    ]
    for some in chunks(rows, 1000):
        conn.execute(insert(audit_items), list(some))
    return len(new)


def save_summary(
    conn: Connection, audit_id: int, summary: Mapping[str, Any], *, finished: bool
) -> None:
    """Write what the audit has come to so far, or in the end."""
    values: dict[str, Any] = {"summary": dict(summary)}
    if finished:
        values |= {"state": RunState.FINISHED.value, "finished_at": clock(conn)}
    conn.execute(update(audits).where(audits.c.id == audit_id).values(**values))


def summary_of(conn: Connection, run_id: int, kind: str) -> Mapping[str, Any] | None:
    """The summary of the run's latest audit of that kind; None if there is none."""
    query = (
        select(audits.c.summary)
        .where(audits.c.run_id == run_id, audits.c.kind == kind)
        .order_by(audits.c.id.desc())
        .limit(1)
    )
    found: Mapping[str, Any] | None = conn.scalar(query)
    return found


def found_at(conn: Connection, suite_id: int, kinds: Mapping[str, Sequence[str]]) -> set[str]:
    """Problems of a suite, by their own ids, at which an audit of any suite found one of these.

    `kinds` holds findings by kind of audit; a problem is the same where its digest is.
    """
    own, other = problems.alias("own"), problems.alias("other")
    wanted = [
        and_(audits.c.kind == kind, audit_items.c.finding.in_(list(some)))
        for kind, some in kinds.items()
    ]
    query = (
        select(own.c.name)
        .join(other, other.c.digest == own.c.digest)
        .join(audit_items, audit_items.c.problem_id == other.c.id)
        .join(audits, audits.c.id == audit_items.c.audit_id)
        .where(own.c.suite_id == suite_id, or_(*wanted))
    )
    return set(conn.scalars(query))


def findings(conn: Connection, audit_id: int) -> Counter[str]:
    """How many items of an audit have each finding."""
    query = (
        select(audit_items.c.finding, func.count())
        .where(audit_items.c.audit_id == audit_id)
        .group_by(audit_items.c.finding)
    )
    return Counter(dict(conn.execute(query).all()))
