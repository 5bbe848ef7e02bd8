"""Finds the batches that nobody works on, and has them published again.

Runs in a thread of every producer and of `vervet worker`. It writes no result: a sweeper too
many, or one that is late, costs time and nothing else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from vervet.core.errors import StoreError
from vervet.core.processes import is_gone, is_here
from vervet.dispatch.publisher import Publisher
from vervet.store.announcing import StaleBatch, stale
from vervet.store.database import Database
from vervet.store.takeover import HeldBatch, leased, take_back

__all__ = ["Sweeper"]

log = logging.getLogger(__name__)

LOOK_BACK = 100_000


class Sweeper:
    """Sweeps every `every_s` seconds from `start` to `stop`.

    `republish_s` is how long a message may be out before another is sent; it doubles each
    time. With `afresh`, the first sweep publishes every open batch: the broker is new and
    holds nothing of what was published before.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        *,
        every_s: float,
        republish_s: float,
        afresh: bool,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._every_s = every_s
        self._republish_s = republish_s
        self._afresh = afresh
        self._attended = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._attended = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep at hand; calling it twice is harmless."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> int:
        """Take back what dead workers hold, publish what is stale; messages sent."""
        held = leased(self._database)
        if held or not stale(self._database, grace_s=0.0, limit=1):
            self._attended = time.monotonic()
        freed = [batch for batch in held if self._free(batch)]
        found = {batch.id: batch for batch in self._stale()}
        found |= {batch.id: StaleBatch(batch.id, batch.kind) for batch in freed}
        return self._publish(found.values())

    @property
    def unattended_s(self) -> float:
        """For how many seconds batches have waited while no worker had any."""
        return time.monotonic() - self._attended

    def _stale(self) -> list[StaleBatch]:
        if self._afresh:
            found = stale(self._database, grace_s=0.0, limit=LOOK_BACK)
            self._afresh = False
            return found
        found = stale(self._database, grace_s=self._republish_s)
        # Where messages still wait, those of these batches are most likely among them.
        busy = {kind for kind in {each.kind for each in found} if self._publisher.waiting(kind)}
        return [batch for batch in found if batch.kind not in busy]

    def _free(self, batch: HeldBatch) -> bool:
        """Take a batch back from a worker that is gone, or that gave no sign of life.

        It counts as dead only if the worker fell alone: where its producer is gone, too,
        somebody ended them all, and that says nothing about the batch.
        """
        worker, _, producer = batch.worker.partition(" ")
        gone = is_gone(worker)
        if not gone and not batch.over:
            return False
        asleep = not gone and is_here(worker)
        died = not asleep and not (producer and is_gone(producer))
        taken = take_back(self._database, batch, died=died)
        if taken and died:
            log.warning("worker %s died with batch %s", worker, batch.id)
        return taken

    def _publish(self, batches: Iterable[StaleBatch]) -> int:
        by_kind: dict[str, list[str]] = defaultdict(list)
        for batch in batches:
            by_kind[batch.kind].append(batch.id)
        return sum(
            self._publisher.publish(self._database, kind, ids) for kind, ids in by_kind.items()
        )

    def _work(self) -> None:
        while True:
            try:
                self.sweep()
            except StoreError as error:
                log.warning("nothing was swept this time: %s", error)
            except Exception:  # the next sweep may fare better; without any, batches are lost
                log.exception("nothing was swept this time")
            if self._stop.wait(self._every_s):
                return
