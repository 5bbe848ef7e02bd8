"""Owns how long a process has waited for a processor, where /proc is to be seen in here."""

from __future__ import annotations

import os

__all__ = ["run_delay"]


def run_delay(pid: int) -> float:
    """Seconds that the thread of a process that waited longest was ready and did not run.

    -1 where that is not to be known inside. The second field of /proc/PID/schedstat, in
    nanoseconds (Linux: Documentation/scheduler/sched-stats.rst).
    """
    delays = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                delays.append(int(file.read().split()[1]) / 1e9)
    except (OSError, ValueError, IndexError):
        pass
    return max(delays, default=-1.0)
