"""Which verdicts of a run are to be judged again in reference mode, and what is known of each.

Reads only. The choice rests on digests alone, so a repeated run makes it again, and every
share holds all of a smaller one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, or_, select, true

from vervet.core.status import NORMAL, REFERENCE, Flag
from vervet.core.values import Attempt, Solution
from vervet.store.blobs import load_texts
from vervet.store.histories import History, load_histories
from vervet.store.rows import chunks
from vervet.store.runs import Run
from vervet.store.schema import attempts, candidates, environments, problems, solutions, verdicts

__all__ = ["Chosen", "chosen", "load_environment", "load_solutions"]

DIGITS = 15
"""Hex digits of a digest that decide, of 4 bits each: as many as a float can tell apart."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A solution with a verdict, and its attempts in both conditions."""

    solution_id: int
    problem_id: int
    problem: str
    history: History

    def attempts(self, condition: str) -> list[Attempt]:
        """The attempts under one condition."""
        return self.history.attempts(condition)


def chosen(conn: Connection, run: Run, share: float) -> list[Chosen]:
    """Solutions of `run` with a verdict that fall to the share, or to reference mode anyway.

    Those whose attempts disagree always do, and those that were re-judged before. What holds
    nothing to run is left out.
    """
    sampled = exists().where(
        candidates.c.solution_id == solutions.c.id, candidates.c.run_id == run.id
    )
    rejudged = exists().where(
        attempts.c.solution_id == solutions.c.id,
        attempts.c.verifier_digest == run.verifier_digest,
        attempts.c.environment_digest == run.environment_digest,
        attempts.c.condition == REFERENCE,
    )
    query = (
        select(solutions.c.id, problems.c.id, problems.c.name)
        .join(problems, problems.c.id == solutions.c.problem_id)
        .join(verdicts, verdicts.c.solution_id == solutions.c.id)
        .where(
            problems.c.suite_id == run.suite_id,
            solutions.c.malformed == "",
            verdicts.c.verifier_digest == run.verifier_digest,
            verdicts.c.environment_digest == run.environment_digest,
            verdicts.c.settlement == run.settlement.value,
            sampled,
            or_(_within(share), verdicts.c.flags.contains(Flag.FLAKY.value), rejudged),
        )
        .order_by(solutions.c.id)
    )
    rows = conn.execute(query).all()
    histories = load_histories(
        conn,
        run.verifier_digest,
        run.environment_digest,
        [row[0] for row in rows],
        (NORMAL, REFERENCE),
    )
    return [Chosen(row[0], row[1], row[2], histories[row[0]]) for row in rows]


def load_environment(conn: Connection, run: Run) -> Mapping[str, Any]:
    """What decided the outcomes of a run's attempts, as its sandbox told it."""
    query = select(environments.c.content).where(environments.c.digest == run.environment_digest)
    found: Mapping[str, Any] = conn.execute(query).scalar_one()
    return found


def load_solutions(conn: Connection, solution_ids: Sequence[int]) -> dict[int, Solution]:
    """Solutions by row id, with their texts."""
    found: dict[int, Solution] = {}
    for some in chunks(sorted(set(solution_ids))):
        rows = conn.execute(select(solutions).where(solutions.c.id.in_(some))).mappings().all()
        texts = load_texts(conn, {row["text_digest"] for row in rows})
        for row in rows:
            text = texts[row["text_digest"]]
            found[row["id"]] = Solution(row["kind"], text, row["malformed"])
    return found


def _within(share: float) -> ColumnElement[bool]:
    """Whether the solution's digest, read as a fraction, is below the share."""
    if share >= 1:
        return true()
    return solutions.c.digest < f"{int(share * 16**DIGITS):0{DIGITS}x}"
