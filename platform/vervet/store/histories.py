"""What is known of solutions: every attempt by condition, and what ended in infra_error.

Reads only. Reference mode and audits decide from these what is to be tried next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, exists, func, select

from vervet.core.values import Attempt
from vervet.store.attempts import attempt_of
from vervet.store.rows import chunks
from vervet.store.runs import Run
from vervet.store.schema import attempts, candidates, checks, problems, solutions, verdicts

__all__ = ["Examined", "History", "Tried", "check_names", "load_histories", "sampled_solutions"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt that says something, with its row id."""

    id: int
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class History:
    """Attempts of one solution. `made` holds them by condition, in their order.

    `failed` counts its attempts that ended in infra_error by (condition, code); `why` is what
    the last of those said, by condition.
    """

    made: Mapping[str, Sequence[Tried]] = field(default_factory=dict)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    why: Mapping[str, str] = field(default_factory=dict)

    def attempts(self, condition: str) -> list[Attempt]:
        """The attempts under one condition."""
        return [tried.attempt for tried in self.made.get(condition, ())]

    def failures(self, condition: str) -> int:
        """How many attempts under one condition ended in infra_error."""
        return sum(count for (under, _), count in self.failed.items() if under == condition)


@dataclass(frozen=True, slots=True)
class Examined:
    """A solution that a run sampled, `count` times; `passed` is None while it has no verdict."""

    solution_id: int
    digest: str
    problem_id: int
    problem: str
    kind: str
    count: int
    passed: bool | None


def sampled_solutions(conn: Connection, run: Run) -> list[Examined]:
    """Every solution of a run in which there is something to run, by problem and digest."""
    verdict = and_(
        verdicts.c.solution_id == solutions.c.id,
        verdicts.c.verifier_digest == run.verifier_digest,
        verdicts.c.environment_digest == run.environment_digest,
        verdicts.c.settlement == run.settlement.value,
    )
    query = (
        select(
            solutions.c.id,
            solutions.c.digest,
            problems.c.id,
            problems.c.name,
            problems.c.kind,
            func.count(candidates.c.id),
            verdicts.c.status,
        )
        .join(candidates, candidates.c.solution_id == solutions.c.id)
        .join(problems, problems.c.id == solutions.c.problem_id)
        .outerjoin(verdicts, verdict)
        .where(candidates.c.run_id == run.id, solutions.c.malformed == "")
        .group_by(
            solutions.c.id,
            solutions.c.digest,
            problems.c.id,
            problems.c.name,
            problems.c.kind,
            problems.c.position,
            verdicts.c.status,
        )
        .order_by(problems.c.position, solutions.c.digest)
    )
    return [
        Examined(
            solution,
            digest,
            problem,
            name,
            kind,
            count,
            None if status is None else status == "passed",
        )
        for solution, digest, problem, name, kind, count, status in conn.execute(query)
    ]


def load_histories(
    conn: Connection,
    verifier_digest: str,
    environment_digest: str,
    solution_ids: Sequence[int],
    conditions: Collection[str] | None = None,
) -> dict[int, History]:
    """The history of each solution; of some conditions only, if those are given."""
    made: dict[int, dict[str, list[Tried]]] = defaultdict(lambda: defaultdict(list))
    failed: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    why: dict[int, dict[str, str]] = defaultdict(dict)
    for some in chunks(solution_ids):
        query = (
            select(attempts)
            .where(
                attempts.c.solution_id.in_(some),
                attempts.c.verifier_digest == verifier_digest,
                attempts.c.environment_digest == environment_digest,
            )
            .order_by(attempts.c.ordinal, attempts.c.infra_try)
        )
        if conditions is not None:
            query = query.where(attempts.c.condition.in_(list(conditions)))
        for row in conn.execute(query).mappings():
            key, condition = row["solution_id"], row["condition"]
            if row["infra_try"] == 0:
                made[key][condition].append(Tried(row["id"], attempt_of(row)))
                continue
            failed[key][condition, row["code"]] += 1
            why[key][condition] = row["message"]
    return {key: History(made[key], failed[key], why[key]) for key in solution_ids}


def check_names(conn: Connection, solution_id: int, verifier_digest: str) -> dict[int, str]:
    """Names of a solution's checks by ordinal, as far as one of them was ever missed."""
    of_solution = exists().where(
        attempts.c.id == checks.c.attempt_id,
        attempts.c.solution_id == solution_id,
        attempts.c.verifier_digest == verifier_digest,
    )
    query = select(checks.c.ordinal, checks.c.name).where(of_solution)
    return dict(conn.execute(query).all())
