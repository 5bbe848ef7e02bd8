"""Owns which resource limits the kernel holds one process to, as plain numbers.

Whoever becomes the candidate sets them, in this order; nothing here is set on the host.
"""

from __future__ import annotations

import math
import resource

from vervet.core.limits import Limits

__all__ = ["STACK", "Rlimit", "rlimits"]

Rlimit = tuple[int, int, int]
"""Which resource, soft limit, hard limit."""
STACK = 64 << 20
SPARE = 8 << 20
"""Bytes beyond the memory limit in which an exception can still be printed."""


def rlimits(limits: Limits, *, cpu_s: float, processes: int) -> tuple[Rlimit, ...]:
    """What a process of `cpu_s` seconds may use, among `processes` processes of its user.

    The kernel counts whole seconds: it sends SIGXCPU at the first one not below `cpu_s`, and
    SIGKILL a second later. Memory comes last: setting it could leave too little for the rest.
    """
    seconds = math.ceil(cpu_s)
    return (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, limits.file_size, limits.file_size),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_NPROC, processes, processes),
        (resource.RLIMIT_STACK, *(min(STACK, limits.memory),) * 2),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, limits.memory, limits.memory + SPARE),
    )
