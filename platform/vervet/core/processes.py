"""Identities of processes. Never says anything about processes of other hosts.

An identity outlives its process: it tells a dead one from a later process with the same pid.
"""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

__all__ = ["identity", "is_gone", "is_here"]


@lru_cache(maxsize=1)
def _host() -> str:
    # Pids mean nothing after a reboot or in another pid namespace.
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    return f"{socket.gethostname()}:{boot[:8]}.{namespace}"


def _start_of(pid: int) -> str | None:
    """Ticks from boot to the start of `pid`; None if it is not there, or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def identity(pid: int | None = None) -> str:
    """`host:boot.namespace:pid:start` of a living process, this one by default.

    Raises `ProcessLookupError` if there is no such process.
    """
    number = os.getpid() if pid is None else pid
    start = _start_of(number)
    if start is None:
        raise ProcessLookupError(f"no process {number}")
    return f"{_host()}:{number}:{start}"


def is_gone(name: str) -> bool:
    """Whether the process with that identity has certainly ended.

    False for processes of other hosts, of which nothing is known here.
    """
    host, _, start = name.rpartition(":")
    host, _, pid = host.rpartition(":")
    return host == _host() and pid.isdigit() and _start_of(int(pid)) != start


def is_here(name: str) -> bool:
    """Whether the process with that identity belongs to this host, so that its end is seen."""
    return name.rpartition(":")[0].rpartition(":")[0] == _host()
