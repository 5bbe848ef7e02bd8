"""Known-correct solutions of a suite's problems: those that came with it, and imported ones.

A reference is kept once per problem by its text, whoever gave it first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from vervet.core.errors import ProblemError
from vervet.store.blobs import Blobs, load_texts
from vervet.store.rows import clock, insert_new
from vervet.store.schema import problems, reference_solutions
from vervet.store.suites import problem_ids
from vervet.store.types import plain_text

__all__ = ["Reference", "add_references", "load_references"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A completion known to be correct; `origin` is "suite", or what it was imported from."""

    completion: str
    origin: str


def load_references(conn: Connection, suite_id: int) -> dict[str, list[Reference]]:
    """The references of each problem by the problem's own id: the suite's first."""
    query = (
        select(
            problems.c.name,
            reference_solutions.c.completion_digest,
            reference_solutions.c.origin,
        )
        .join(problems, problems.c.id == reference_solutions.c.problem_id)
        .where(problems.c.suite_id == suite_id)
        .order_by(
            problems.c.position,
            reference_solutions.c.origin != "suite",
            reference_solutions.c.position,
            reference_solutions.c.id,
        )
    )
    rows = conn.execute(query).all()
    texts = load_texts(conn, {row.completion_digest for row in rows})
    found: dict[str, list[Reference]] = defaultdict(list)
    for row in rows:
        found[row.name].append(Reference(texts[row.completion_digest], row.origin))
    return dict(found)


def add_references(
    conn: Connection, suite_id: int, completions: Mapping[str, Sequence[str]], origin: str
) -> int:
    """Write references by the problems' own ids; how many were not there before.

    Raises `ProblemError` for a problem that the suite does not have.
    """
    row_ids = problem_ids(conn, suite_id)
    unknown = next((name for name in completions if name not in row_ids), None)
    if unknown is not None:
        raise ProblemError(f"the suite has no problem {unknown!r}")
    query = (
        select(reference_solutions.c.problem_id, func.max(reference_solutions.c.position))
        .where(reference_solutions.c.problem_id.in_([row_ids[name] for name in completions]))
        .group_by(reference_solutions.c.problem_id)
    )
    last = dict(conn.execute(query).all())
    before, blobs, now = _count(conn, suite_id), Blobs(), clock(conn)
    rows = [
        {
            "problem_id": row_ids[name],
            "completion_digest": blobs.add_text(text),
            "position": 1 + last.get(row_ids[name], -1) + at,
            "origin": plain_text(origin),
            "created_at": now,
        }
        for name, texts in completions.items()
        for at, text in enumerate(texts)
    ]
    blobs.save(conn)
    insert_new(conn, reference_solutions, rows)
    return _count(conn, suite_id) - before


def _count(conn: Connection, suite_id: int) -> int:
    query = (
        select(func.count())
        .select_from(reference_solutions)
        .join(problems, problems.c.id == reference_solutions.c.problem_id)
        .where(problems.c.suite_id == suite_id)
    )
    return int(conn.execute(query).scalar_one())
