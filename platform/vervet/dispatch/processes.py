"""The promise that workers die with their parents. Never says who a process is: core does."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import threading
import time

__all__ = ["die_with_parent", "watch_parent"]

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.2


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
