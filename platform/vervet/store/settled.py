"""What a run's candidates come to where an audit has settled some of its solutions by majority."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, select

from vervet.core.status import Settlement
from vervet.store.runs import Run
from vervet.store.schema import candidates, problems, verdicts

__all__ = ["settled_counts"]


def settled_counts(conn: Connection, run: Run) -> dict[str, int]:
    """Passes that count, by the problem's own id: by majority where there is such a verdict."""
    first, majority = verdicts.alias("first"), verdicts.alias("majority")
    passes = case(
        (majority.c.solution_id.is_not(None), majority.c.counts_as_passed),
        else_=first.c.counts_as_passed,
    )
    query = (
        select(problems.c.name, func.sum(case((passes, 1), else_=0)))
        .join(candidates, candidates.c.problem_id == problems.c.id)
        .outerjoin(first, _of(first, run, run.settlement))
        .outerjoin(majority, _of(majority, run, Settlement.MAJORITY))
        .where(candidates.c.run_id == run.id)
        .group_by(problems.c.name)
    )
    return {name: int(count or 0) for name, count in conn.execute(query)}


def _of(table: FromClause, run: Run, settlement: Settlement) -> ColumnElement[bool]:
    """The verdict of a candidate's solution under the run's verifier and environment."""
    return and_(
        table.c.solution_id == candidates.c.solution_id,
        table.c.verifier_digest == run.verifier_digest,
        table.c.environment_digest == run.environment_digest,
        table.c.settlement == settlement.value,
        ~table.c.unsettled,
    )
