"""Watching a run: turns counters and new attempts into snapshots. Never changes anything."""

from __future__ import annotations

import time
from collections import deque

from vervet.core.status import Flag, Status
from vervet.core.values import DISCOUNTED
from vervet.pipeline.progress import Phase, Snapshot, StatusLine
from vervet.pipeline.sample import Sampler
from vervet.pipeline.session import Session
from vervet.store.feed import NewAttempt, attempts_since, last_attempt
from vervet.store.reads import coverage_counts, run_progress, status_counts

__all__ = ["Watch"]

LATEST = 6


class Watch:
    """Keeps what a snapshot shows beyond the counters: solved problems, the latest of each status.

    It starts with what a resumed run has already, so that rates count this sitting alone.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._began = time.perf_counter()
        self._latest: dict[Status, deque[str]] = {}
        with session.database.read() as conn:
            progress = run_progress(conn, session.run.id)
            self._solved = {c.problem for c in coverage_counts(conn, session.run.id) if c.passed}
            self._seen = last_attempt(conn)
        self._sampled_before = progress.candidates
        self._verified_before = progress.settled

    def snapshot(self, phase: Phase, sampler: Sampler | None) -> Snapshot:
        """The run as it stands now."""
        session = self._session
        with session.database.read() as conn:
            progress = run_progress(conn, session.run.id)
            for attempt in attempts_since(conn, session.run, self._seen):
                self._take(attempt)
        statuses = tuple(
            StatusLine(status.value, progress.statuses.get(status, 0), self._names(status))
            for status in Status
            if progress.statuses.get(status) or status in self._latest
        )
        return Snapshot(
            run=session.run.name,
            phase=phase,
            problems=len(session.suite.problems),
            expected=session.expected,
            sampled=progress.candidates,
            verified=progress.settled,
            solved=len(self._solved),
            distinct=progress.solutions,
            elapsed_s=time.perf_counter() - self._began,
            sampled_before=self._sampled_before,
            verified_before=self._verified_before,
            statuses=statuses,
            now=sampler.now if sampler else "",
        )

    def elsewhere(self) -> bool:
        """Whether solutions of this run are being verified for another run."""
        session = self._session
        with session.database.read() as conn:
            counts = status_counts(conn, session.run.id)
        return counts.unsettled > counts.infra_error

    def _take(self, attempt: NewAttempt) -> None:
        self._seen = attempt.id
        names = self._latest.setdefault(attempt.status, deque(maxlen=LATEST))
        if attempt.problem in names:
            names.remove(attempt.problem)
        names.append(attempt.problem)
        flags = {Flag(word) for word in attempt.flags.split(",") if word}
        if attempt.status is Status.PASSED and not flags & DISCOUNTED:
            self._solved.add(attempt.problem)

    def _names(self, status: Status) -> tuple[str, ...]:
        return tuple(reversed(self._latest.get(status, ())))
