"""Owns the process that outlives a worker, kill -9 included, and removes its containers.

It sleeps on a pipe that the worker holds: a byte says that all is tidy, the end without one
that the worker died. Never a child that signals to the worker's group reach.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time

__all__ = ["Janitor", "main"]

AGAIN_S = 3.0
"""After this, what the worker had asked the engine to make as it died has been made."""


class Janitor:
    """The worker's side: start it before the first container, dismiss it after the last."""

    def __init__(self, worker: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "vervet.sandbox.docker.janitor", worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )

    def dismiss(self) -> None:
        """Say that nothing is left, and wait for its end; calling it twice is harmless."""
        assert self._process.stdin
        if self._process.stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b".")
        self._process.stdin.close()
        self._process.wait()


def main(worker: str) -> None:
    """Wait for the worker's word or its end; after its end, remove what it left."""
    if sys.stdin.buffer.read(1):
        return
    from vervet.sandbox.docker.engine import connect
    from vervet.sandbox.docker.labels import WORKER
    from vervet.sandbox.docker.reaper import reap, remove_folders

    remove_folders(int(worker.split(":")[-2]))
    engine = connect()
    for pause in (0.0, AGAIN_S):
        time.sleep(pause)
        reap(engine.client, lambda found: found.get(WORKER) == worker)


if __name__ == "__main__":
    main(sys.argv[1])
