"""Keeps one worker program running: starts it, restarts it a few times, ends it.

The program is a Celery parent with its pool of children, in a process group of its own, so
that ^C in a terminal reaches it only through us. Its output goes to a log file.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from pathlib import Path

from vervet.core.errors import DispatchError
from vervet.core.processes import identity
from vervet.dispatch.settings import DispatchSettings

__all__ = ["Supervisor"]

DEATHS_ALLOWED = 5
WITHIN_S = 60.0
LOGS_KEPT = 20
_LOOK_S = 0.1


class Supervisor:
    """Runs `vervet.dispatch.worker_process` with the given settings from `start` to `stop`."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._settings = settings
        folder = settings.state_dir / "logs"
        self.log = folder / f"worker-{time.strftime('%Y%m%dT%H%M%S')}-{uuid.uuid4().hex[:6]}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)
        self._failed = ""
        self._started = threading.Event()
        self._stop = threading.Event()
        self._grace_s = settings.grace_s
        self._thread = threading.Thread(target=self._keep, name="worker-supervisor", daemon=True)

    @property
    def pid(self) -> int | None:
        """The worker program's pid while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Start the program. Raises `DispatchError` if that is impossible."""
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.touch()
            _prune(self.log.parent)
        except OSError as error:
            raise DispatchError(
                f"the workers' log {self.log} cannot be written: {error.strerror}",
                hint="Set VERVET_STATE_DIR to a folder that can be written.",
            ) from error
        self._thread.start()
        self._started.wait()
        if self._failed:
            raise DispatchError(self._failed)

    def healthy(self) -> str:
        """Empty, or why no worker runs any more."""
        return self._failed

    def stop(self, grace_s: float | None = None) -> None:
        """Ask the program to end, kill its group after the grace (seconds); harmless twice."""
        if grace_s is not None:
            self._grace_s = grace_s
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with contextlib.suppress(OSError):
            if self.log.stat().st_size == 0:
                self.log.unlink()

    def _keep(self) -> None:
        # The kernel ends the program with the thread that started it (PR_SET_PDEATHSIG): so
        # one thread starts it, every time, and outlives it.
        while not self._stop.is_set():
            try:
                process = self._process = self._spawn()
            except OSError as error:
                self._failed = f"no worker could be started: {error}"
            self._started.set()
            if self._failed:
                return
            while process.poll() is None and not self._stop.wait(_LOOK_S):
                pass
            if self._stop.is_set():
                _end(process, self._grace_s)
            elif self._died_too_often():
                self._failed = (
                    f"the workers ended {DEATHS_ALLOWED} times within {WITHIN_S:.0f} s, last "
                    f"with {_describe(process.returncode)}; their log is {self.log}"
                )
                return

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = os.environ | self._settings.environment() | {"VERVET_PRODUCER": identity()}
        with self.log.open("ab") as log:
            # -P: no module in the user's current folder may stand in for ours.
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "vervet.dispatch.worker_process"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                process_group=0,
            )

    def _died_too_often(self) -> bool:
        now = time.monotonic()
        self._deaths.append(now)
        return len(self._deaths) == DEATHS_ALLOWED and now - self._deaths[0] < WITHIN_S


def _end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        # Its children are in its group; where it ended by itself they ended before it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _describe(status: int | None) -> str:
    if status is not None and status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}"


def _prune(folder: Path) -> None:
    for path in sorted(folder.glob("worker-*.log"))[:-LOGS_KEPT]:
        path.unlink(missing_ok=True)
