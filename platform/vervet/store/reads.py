"""What reports and the screen ask of a run. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, Integer, Select, and_, case, func, select
from sqlalchemy.sql import FromClause

from vervet.core.status import Status
from vervet.core.values import Attempt, Verdict
from vervet.store.attempts import attempt_of
from vervet.store.counters import CANDIDATES, PASSED, SOLUTIONS, read_counters
from vervet.store.runs import Run, load_run
from vervet.store.schema import attempts, candidates, problems, solutions, verdicts
from vervet.store.verdicts import verdict_of

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
