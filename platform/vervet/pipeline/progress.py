"""What a watcher of a run sees: one frozen snapshot after another; never how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["Phase", "RunObserver", "Snapshot", "StatusLine"]


class Phase(StrEnum):
    """What the run is doing."""

    STARTING = "starting"
    SAMPLING = "sampling"
    VERIFYING = "verifying"
    REJUDGING = "re-judging"
    STOPPING = "stopping"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One status of verdicts so far: candidates, as often as sampled, and the latest problems."""

    status: str
    candidates: int
    latest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one moment. Counts are of candidates unless they say otherwise; times in seconds.

    `solved` problems have at least one pass that counts. `now` names what is being sampled.
    """

    run: str
    phase: Phase
    problems: int
    expected: int
    sampled: int = 0
    verified: int = 0
    solved: int = 0
    distinct: int = 0
    elapsed_s: float = 0.0
    sampled_before: int = 0
    verified_before: int = 0
    statuses: tuple[StatusLine, ...] = ()
    now: str = ""

    @property
    def remaining_s(self) -> float | None:
        """Seconds to the end at the rate so far, or None while nothing was verified."""
        done = self.verified - self.verified_before
        if done <= 0 or self.elapsed_s <= 0:
            return None
        return (self.expected - self.verified) * self.elapsed_s / done


class RunObserver(Protocol):
    """Is told how a run goes on; must return quickly and never raise."""

    def show(self, snapshot: Snapshot) -> None:
        """A new snapshot, several a second."""
        ...

    def note(self, message: str) -> None:
        """A sentence for the user that will not come again."""
        ...
