"""Candidates with their texts and verdicts, as a stream: for people and for other tools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from vervet.store.blobs import load_texts
from vervet.store.runs import Run
from vervet.store.schema import candidates, problems, solutions, verdicts

__all__ = ["ExportedCandidate", "export_candidates"]

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ExportedCandidate:
    """One candidate of a run; `status` is empty while it has no verdict.

    `counts` says whether coverage counts it as passed by default.
    """

    problem: str
    ordinal: int
    completion: str
    status: str
    code: str
    flags: tuple[str, ...]
    counts: bool
    solution_digest: str
    finish_reason: str
    tokens: int


def export_candidates(
    conn: Connection, run: Run, *, problem: str | None = None, status: str | None = None
) -> Iterator[ExportedCandidate]:
    """Candidates in the order of the suite and of sampling; those of one problem or status only.

    Memory does not grow with their number.
    """
    verdict = and_(
        verdicts.c.solution_id == candidates.c.solution_id,
        verdicts.c.verifier_digest == run.verifier_digest,
        verdicts.c.environment_digest == run.environment_digest,
        verdicts.c.settlement == run.settlement.value,
    )
    query = (
        select(
            problems.c.name,
            candidates.c.ordinal,
            candidates.c.completion_digest,
            verdicts.c.status,
            verdicts.c.code,
            verdicts.c.flags,
            verdicts.c.counts_as_passed,
            solutions.c.digest,
            candidates.c.finish_reason,
            candidates.c.tokens,
        )
        .join(problems, problems.c.id == candidates.c.problem_id)
        .join(solutions, solutions.c.id == candidates.c.solution_id)
        .outerjoin(verdicts, verdict)
        .where(candidates.c.run_id == run.id)
        .order_by(problems.c.position, candidates.c.ordinal)
    )
    if problem is not None:
        query = query.where(problems.c.name == problem)
    if status is not None:
        query = query.where(verdicts.c.status == status)
    for some in conn.execute(query, execution_options={"yield_per": AT_ONCE}).partitions():
        texts = load_texts(conn, {row.completion_digest for row in some})
        for row in some:
            yield ExportedCandidate(
                problem=row.name,
                ordinal=row.ordinal,
                completion=texts[row.completion_digest],
                status=row.status or "",
                code=row.code or "",
                flags=tuple(word for word in (row.flags or "").split(",") if word),
                counts=bool(row.counts_as_passed),
                solution_digest=row.digest,
                finish_reason=row.finish_reason,
                tokens=row.tokens,
            )
