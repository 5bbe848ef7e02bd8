"""Owns how long a process of a guest has waited for a processor, as this host's kernel counts.

The guest hands out a pidfd of it: what number it has here the kernel says, not the guest.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

__all__ = ["run_delay", "scheduled"]


def run_delay(pidfd: int) -> float | None:
    """Seconds that the thread of a process that waited longest was ready and did not run.

    None where that cannot be seen from here.
    """
    with contextlib.suppress(OSError, ValueError):
        _, waited = scheduled(_pid(pidfd))
        return max(waited, default=None)
    return None


def scheduled(pid: int) -> tuple[list[float], list[float]]:
    """Seconds that each thread of a process ran, and that each was ready and did not run.

    The first two fields of /proc/PID/task/TID/schedstat, in nanoseconds (Linux:
    Documentation/scheduler/sched-stats.rst). What ends meanwhile is left out.
    """
    ran, waited = [], []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            fields = (task / "schedstat").read_text().split()
            ran.append(int(fields[0]) / 1e9)
            waited.append(int(fields[1]) / 1e9)
    return ran, waited


def _pid(pidfd: int) -> int:
    """Raises `ValueError` for a process of another process namespace, or that has ended."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid" and int(value) > 0:
            return int(value)
    raise ValueError("the descriptor names no process that is visible here")
