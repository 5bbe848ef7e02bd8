"""Owns processes that do nothing but compete for one processor, and who runs on it with them.

They are Vervet's own, trusted and started beside any sandbox; none outlives its worker, however
that dies.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from vervet.core.errors import JobError, SandboxError

__all__ = ["Load", "competitors"]

START_S = 20.0
LONGEST_S = 3600
"""CPU seconds after which a competitor ends by itself: the net below all others."""
BURN = f"""
import ctypes, os, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({LONGEST_S}, {LONGEST_S}))
if ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)}, 0, 0, 0) or os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.write(1, b".")
while True:
    pass
"""
"""prctl's option 1 is PR_SET_PDEATHSIG (linux/prctl.h): the signal at the end of its parent, which
may have come before it was asked for."""


class Load:
    """A processor that so many processes keep busy; what is started on it competes with them."""

    def __init__(self, cpu: int, pids: tuple[int, ...]) -> None:
        self.cpu = cpu
        self.pids = pids

    @contextmanager
    def here(self) -> Iterator[None]:
        """The calling thread, and what it starts meanwhile, runs on the busy processor alone."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self.cpu})
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)


@contextmanager
def competitors(count: int) -> Iterator[Load]:
    """Keep a processor busy with `count` processes, until the end of the block.

    Each is in a session of its own, which the kernel may weigh as one. Workers of one host take
    different processors where there are enough. Raises `JobError` where processes cannot be tied
    to one here, and `SandboxError` if they do not start.
    """
    try:
        allowed = sorted(os.sched_getaffinity(0))
        load = Load(allowed[os.getpid() % len(allowed)], ())
        with load.here():
            pass
    except (AttributeError, OSError) as error:
        raise JobError(f"no process can be tied to one processor here ({error})") from error
    with ExitStack() as stack:
        with load.here():
            started = [stack.enter_context(_competitor()) for _ in range(count)]
        for process in started:
            _wait(process)
        yield Load(load.cpu, tuple(process.pid for process in started))


@contextmanager
def _competitor() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", BURN, str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Until it competes. Raises `SandboxError` where it does not come to that."""
    assert process.stdout
    poll = select.poll()
    poll.register(process.stdout, select.POLLIN)
    if not poll.poll(START_S * 1000) or process.stdout.read(1) != b".":
        raise SandboxError("a process that is to compete for a processor did not start")
