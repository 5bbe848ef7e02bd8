"""Which verifier each solution belongs to: needed where a suite mixes kinds of problems."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from vervet.store.rows import chunks
from vervet.store.schema import problems, solutions

__all__ = ["by_kind"]


def by_kind(conn: Connection, solution_ids: Sequence[int]) -> dict[str, list[int]]:
    """The same ids, in ascending order, under the kind of problem that each one answers."""
    found: dict[str, list[int]] = {}
    for some in chunks(sorted(set(solution_ids))):
        query = (
            select(problems.c.kind, solutions.c.id)
            .join(problems, problems.c.id == solutions.c.problem_id)
            .where(solutions.c.id.in_(some))
            .order_by(solutions.c.id)
        )
        for kind, solution_id in conn.execute(query):
            found.setdefault(kind, []).append(solution_id)
    return found
