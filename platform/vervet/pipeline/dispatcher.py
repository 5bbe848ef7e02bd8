"""What the pipeline needs of a queue; `vervet.dispatch` implements it with Celery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Dispatcher"]


class Dispatcher(Protocol):
    """Carries batch ids to workers. Losing or doubling a message costs time, never a verdict."""

    def start(self) -> None:
        """Start what is embedded (workers, sweeper). Raises `DispatchError` if it cannot."""
        ...

    def publish(self, kind: str, batch_ids: Sequence[str]) -> None:
        """Send ids of committed batches to the queue `verify.<kind>`."""
        ...

    def healthy(self) -> str:
        """Empty, or what is wrong with the workers, in words for the user."""
        ...

    def close(self) -> None:
        """End the embedded workers and their sandboxes; calling it twice is harmless."""
        ...
