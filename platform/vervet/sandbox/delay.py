"""Owns how long a process of a guest has waited for a processor, as this host's kernel counts.

The guest hands out a pidfd of it: what number it has here the kernel says, not the guest.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["run_delay"]


def run_delay(pidfd: int) -> float | None:
    """Seconds that the thread of a process that waited longest was ready and did not run.

    None where that cannot be seen from here. The second field of schedstat, in nanoseconds
    (Linux: Documentation/scheduler/sched-stats.rst).
    """
    delays = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for task in Path(f"/proc/{_pid(pidfd)}/task").iterdir():
            delays.append(int((task / "schedstat").read_text().split()[1]) / 1e9)
    return max(delays, default=None)


def _pid(pidfd: int) -> int:
    """Raises `ValueError` for a process of another process namespace, or that has ended."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid" and int(value) > 0:
            return int(value)
    raise ValueError("the descriptor names no process that is visible here")
