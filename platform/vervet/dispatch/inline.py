"""A `Dispatcher` without queue or processes, for tests of the pipeline: `publish` verifies.

No setting leads here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from vervet.pipeline.verify_batch import BatchOutcome, Workplace, verify_batch

__all__ = ["InlineDispatcher"]


class InlineDispatcher:
    """Verifies each published batch at once, in the thread that published it.

    `outcomes` are those of all batches so far, in order.
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self.outcomes: list[BatchOutcome] = []

    def start(self) -> None:
        """Nothing has to be started."""

    def publish(self, kind: str, batch_ids: Sequence[str]) -> None:  # noqa: ARG002
        """Verify these batches, and those that take their place."""
        waiting = deque(batch_ids)
        while waiting:
            outcome = verify_batch(self._place, waiting.popleft())
            self.outcomes.append(outcome)
            waiting.extend(outcome.publish)

    def healthy(self) -> str:
        """Always empty."""
        return ""

    def close(self) -> None:
        """Nothing has to be ended."""
