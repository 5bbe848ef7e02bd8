"""Recording: writes candidates of a run and hands their solutions to the queue.

What one call writes is one transaction: candidates, solutions and the batches to verify are
there together or not at all. Publishes after the commit, and never verifies anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from vervet.core.values import Candidate
from vervet.pipeline.dispatcher import Dispatcher
from vervet.store.batches import enqueue, missing_solutions
from vervet.store.candidates import Added, add_candidates
from vervet.store.database import Database
from vervet.store.kinds import by_kind
from vervet.store.runs import Run

__all__ = ["MAX_INFRA_TRIES", "Recorder"]

MAX_INFRA_TRIES = 3
"""How often a solution is tried again after the sandbox or the host failed."""

Batches = dict[str, list[str]]
"""Ids of batches by kind."""


@dataclass(slots=True)
class Recorder:
    """Without a dispatcher nothing is enqueued: a later verification does that.

    `inserted` counts the candidates written, `seconds` the time that took.
    """

    database: Database
    run: Run
    batch_size: int
    dispatcher: Dispatcher | None = None
    inserted: int = 0
    seconds: float = 0.0

    def record(self, candidates: Sequence[Candidate]) -> Added:
        """Write candidates, and send what nobody has verified yet to the workers."""
        began = time.perf_counter()
        with self.database.write() as conn:
            added = add_candidates(conn, self.run, candidates)
            batches = self._enqueue(conn, added.to_verify) if self.dispatcher else {}
        self._publish(batches)
        self.inserted += added.inserted
        self.seconds += time.perf_counter() - began
        return added

    def enqueue_missing(self) -> int:
        """Send every solution without verdict and open batch again; how many there were.

        Those whose sandbox or host failed `MAX_INFRA_TRIES` times are left alone.
        """
        with self.database.write() as conn:
            missing = missing_solutions(conn, self.run.id, max_infra_tries=MAX_INFRA_TRIES)
            batches = self._enqueue(conn, missing)
        self._publish(batches)
        return len(missing)

    def _enqueue(self, conn: Connection, solution_ids: Sequence[int]) -> Batches:
        return {
            kind: enqueue(
                conn,
                run_id=self.run.id,
                kind=kind,
                verifier_digest=self.run.verifier_digest,
                environment_digest=self.run.environment_digest,
                solution_ids=ids,
                size=self.batch_size,
            )
            for kind, ids in by_kind(conn, solution_ids).items()
        }

    def _publish(self, batches: Batches) -> None:
        if self.dispatcher is None:
            return
        for kind, ids in batches.items():
            if ids:
                self.dispatcher.publish(kind, ids)
