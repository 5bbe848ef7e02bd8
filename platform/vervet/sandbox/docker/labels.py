"""Owns what a container's labels say: whose it is, and until when it may be there."""

from __future__ import annotations

import time
from collections.abc import Mapping

from vervet.core.processes import is_gone, is_here

__all__ = ["DEADLINE", "RUN", "WORKER", "is_left_over", "labels"]

WORKER, DEADLINE, RUN = "vervet.worker", "vervet.deadline", "vervet.run"


def labels(worker: str, run: str, deadline: float) -> dict[str, str]:
    """Labels of a container of the process with that identity; `deadline` in seconds UTC."""
    made = {WORKER: worker, DEADLINE: str(int(deadline))}
    return made | ({RUN: run} if run else {})


def is_left_over(found: Mapping[str, str], now: float | None = None) -> bool:
    """Whether nobody will remove the container with these labels.

    Its worker is gone, or it is another host's (or another process namespace's), of which
    nothing can be seen from here, and the deadline is past.
    """
    worker = found.get(WORKER, "")
    if is_here(worker):
        return is_gone(worker)
    deadline = found.get(DEADLINE, "")
    return (time.time() if now is None else now) > (int(deadline) if deadline.isdecimal() else 0)
