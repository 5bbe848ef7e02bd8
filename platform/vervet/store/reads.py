"""What reports and the screen ask of a run. Never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    select,
    true,
)
from sqlalchemy.sql import FromClause

from vervet.core.status import Status
from vervet.core.values import Attempt, Verdict
from vervet.store.attempts import attempt_of
from vervet.store.batches import infra_tries
from vervet.store.counters import CANDIDATES, PASSED, SOLUTIONS, read_counters
from vervet.store.rows import chunks
from vervet.store.runs import Run, load_run
from vervet.store.schema import attempts, candidates, problems, runs, verdicts
from vervet.store.verdicts import load_verdicts, verdict_of

__all__ = [
    "CoverageCount",
    "History",
    "PastAttempt",
    "RunProgress",
    "StatusCounts",
    "coverage_counts",
    "history",
    "run_progress",
    "status_counts",
]


@dataclass(frozen=True, slots=True)
class CoverageCount:
    """Counts of one problem, each candidate counted as often as it was sampled.

    `passed` leaves out passes that are flagged, beside or unsafe, `passed_with_flags` counts
    them too. `unsettled` have no verdict yet, or one that says it is unsettled.
    """

    problem: str
    n: int
    passed: int
    passed_with_flags: int
    unsettled: int
    labels: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """Candidates of a run by the status of their verdict, unsettled ones apart.

    `infra_error` are those of the unsettled whose solution ended in infra_error at least
    once. `flags` counts candidates by flag of their verdict, whatever its status.
    """

    candidates: int
    solutions: int
    statuses: Mapping[Status, int]
    unsettled: int
    infra_error: int
    flags: Mapping[str, int]

    @property
    def duplicates_saved(self) -> int:
        """Candidates that needed no attempt of their own."""
        return self.candidates - self.solutions


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Where a run stands, in candidates, from its counters; `expected` is n x problems."""

    expected: int
    candidates: int
    solutions: int
    statuses: Mapping[Status, int]
    passed: int
    unsettled: int

    @property
    def settled(self) -> int:
        """Candidates with a verdict."""
        return sum(self.statuses.values())


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt with where and when it was made."""

    id: int
    attempt: Attempt
    verifier_digest: str
    environment_digest: str
    ordinal: int
    infra_try: int
    host: str
    worker: str
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """All that is known about a solution, the oldest first."""

    attempts: tuple[PastAttempt, ...]
    verdicts: tuple[Verdict, ...]


def coverage_counts(conn: Connection, run_id: int) -> list[CoverageCount]:
    """Counts of every problem of the run's suite, in its order, also of those without any."""
    run = load_run(conn, run_id)
    tally = _tally(run).subquery()
    passed = and_(tally.c.status == Status.PASSED.value, ~tally.c.unsettled)
    query = (
        select(
            problems.c.name,
            _total(tally, None),
            _total(tally, tally.c.counts_as_passed),
            _total(tally, passed),
            _total(tally, tally.c.unsettled),
            problems.c.labels,
        )
        .select_from(problems.outerjoin(tally, tally.c.problem_id == problems.c.id))
        .where(problems.c.suite_id == run.suite_id)
        .group_by(problems.c.id)
        .order_by(problems.c.position)
    )
    return [CoverageCount(*row) for row in conn.execute(query)]


def status_counts(conn: Connection, run_id: int) -> StatusCounts:
    """Candidates by status, counted anew: what a run reports at its end."""
    tally = _tally(load_run(conn, run_id)).subquery()
    query = select(
        tally.c.status, tally.c.flags, tally.c.unsettled, func.count(), func.sum(tally.c.n)
    ).group_by(tally.c.status, tally.c.flags, tally.c.unsettled)
    statuses: Counter[Status] = Counter()
    flags: Counter[str] = Counter()
    total = distinct = unsettled = 0
    for status, words, is_unsettled, some, count in conn.execute(query):
        total, distinct = total + int(count), distinct + some
        flags.update({word: int(count) for word in (words or "").split(",") if word})
        if is_unsettled:
            unsettled += int(count)
        else:
            statuses[Status(status)] += int(count)
    infra = _infra_errors(conn, run_id)
    return StatusCounts(total, distinct, dict(statuses), unsettled, infra, dict(flags))


def run_progress(conn: Connection, run_id: int) -> RunProgress:
    """Where a run stands; reads a handful of rows, however large the run is."""
    counters = read_counters(conn, run_id)
    statuses = {
        Status(name.removeprefix("status:")): value
        for name, value in counters.items()
        if name.startswith("status:") and value
    }
    in_suite = select(func.count()).where(problems.c.suite_id == runs.c.suite_id)
    expected = conn.scalar(select(runs.c.n * in_suite.scalar_subquery()).where(runs.c.id == run_id))
    sampled = counters.get(CANDIDATES, 0)
    return RunProgress(
        expected=expected or 0,
        candidates=sampled,
        solutions=counters.get(SOLUTIONS, 0),
        statuses=statuses,
        passed=counters.get(PASSED, 0),
        unsettled=sampled - sum(statuses.values()),
    )


def history(conn: Connection, solution_id: int) -> History:
    """Every attempt and verdict of a solution, under whatever verifier and condition."""
    query = select(attempts).where(attempts.c.solution_id == solution_id).order_by(attempts.c.id)
    past = tuple(
        PastAttempt(
            id=row["id"],
            attempt=attempt_of(row),
            verifier_digest=row["verifier_digest"],
            environment_digest=row["environment_digest"],
            ordinal=row["ordinal"],
            infra_try=row["infra_try"],
            host=row["host"],
            worker=row["worker"],
            started_at=row["started_at"],
            finished_at=row["finished_at"],
        )
        for row in conn.execute(query).mappings()
    )
    settled = (
        select(verdicts)
        .where(verdicts.c.solution_id == solution_id)
        .order_by(verdicts.c.settled_at, verdicts.c.settlement)
    )
    return History(past, tuple(verdict_of(row) for row in conn.execute(settled).mappings()))


def _tally(run: Run) -> Select[Any]:
    """One row per solution of a run: how often it was sampled, and its verdict."""
    sampled = (
        select(candidates.c.problem_id, candidates.c.solution_id, func.count().label("n"))
        .where(candidates.c.run_id == run.id)
        .group_by(candidates.c.problem_id, candidates.c.solution_id)
        .subquery()
    )
    verdict = and_(
        verdicts.c.solution_id == sampled.c.solution_id,
        verdicts.c.verifier_digest == run.verifier_digest,
        verdicts.c.environment_digest == run.environment_digest,
        verdicts.c.settlement == run.settlement.value,
    )
    return select(
        *sampled.c,
        verdicts.c.status,
        verdicts.c.flags,
        func.coalesce(verdicts.c.unsettled, true()).label("unsettled"),
        func.coalesce(verdicts.c.counts_as_passed, false()).label("counts_as_passed"),
    ).select_from(sampled.outerjoin(verdicts, verdict))


def _total(tally: FromClause, wanted: ColumnElement[bool] | None) -> ColumnElement[int]:
    """Candidates, of which `wanted` holds, as often as they were sampled."""
    count = tally.c.n if wanted is None else case((wanted, tally.c.n), else_=0)
    return cast(func.coalesce(func.sum(count), 0), Integer)


def _infra_errors(conn: Connection, run_id: int) -> int:
    """Candidates without a verdict whose solution ended in infra_error."""
    tries = infra_tries(conn, run_id)
    run = load_run(conn, run_id)
    key = (run.verifier_digest, run.environment_digest)
    settled = load_verdicts(conn, list(tries), *key, run.settlement)
    total = 0
    for some in chunks(sorted(tries.keys() - settled.keys())):
        query = select(func.count()).where(
            candidates.c.run_id == run_id, candidates.c.solution_id.in_(some)
        )
        total += conn.scalar(query) or 0
    return total
