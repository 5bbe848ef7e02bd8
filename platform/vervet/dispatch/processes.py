"""Identities of processes, and the promise that workers die with their parents.

An identity outlives its process: it tells a dead worker from a later process with the same
pid. It never says anything about processes of other hosts.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import threading
import time
from functools import lru_cache
from pathlib import Path

__all__ = ["die_with_parent", "identity", "is_gone", "is_here", "watch_parent"]

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.2


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


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends; exit now if it already has.

    The kernel watches the *thread* that started this process, so a parent starts its workers
    from a thread that lives as long as they should.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(1)


def watch_parent(parent: int) -> None:
    """Kill this process when the process `parent` ends, whichever thread of it forked us.

    For pools that fork from threads which end before the pool does, where `die_with_parent`
    would kill a child that is still at work.
    """
    threading.Thread(target=_kill_after, args=(parent,), name="parent-watch", daemon=True).start()


def _kill_after(parent: int) -> None:
    try:
        handle = os.pidfd_open(parent)
    except OSError:  # Gone already, or a kernel without pidfds.
        while os.getppid() == parent:
            time.sleep(_POLL_S)
    else:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        while os.getppid() == parent and not poll.poll():
            pass
    os.kill(os.getpid(), signal.SIGKILL)
