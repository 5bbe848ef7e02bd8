"""Owns rounds: two sides interleaved, each one or more worker processes, medians of ratios."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from baselines.ways import AbsentError

__all__ = ["Pair", "Server", "Side", "interleave"]

HERE = Path(__file__).parent
ROUND_S = 0.3
"""About how long one side works in a round."""


class Server:
    """The paper's server in a process of its own; `port` is where it listens."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), sys.executable],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.port = self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it, and wait for that."""
        self._process.communicate()


class Side:
    """`workers` processes that judge in one way. Raises `AbsentError` where it cannot be had."""

    def __init__(self, way: str, checks: int, workers: int, python: str, extra: str = "") -> None:
        argv = [python, str(HERE / "worker.py"), way, str(checks), extra]
        self.workers: list[subprocess.Popen[str]] = []
        if not Path(python).exists():
            raise AbsentError(f"{way} is not installed; make bench-sandbox")
        for _ in range(workers):
            self.workers.append(
                subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
        for worker in self.workers:
            word, _, why = self._hear(worker).partition(" ")
            if word != "ready":
                self.close()
                raise AbsentError(why or f"{way} did not start")
        warm = self.seconds(1)
        self.times = max(1, round(ROUND_S / min(warm, self.seconds(1))))

    def seconds(self, times: int) -> float:
        """Wall seconds until every worker has done `times` jobs. Raises `RuntimeError`."""
        begin = time.perf_counter()
        for worker in self.workers:
            assert worker.stdin
            worker.stdin.write(f"{times}\n")
            worker.stdin.flush()
        for worker in self.workers:
            if not self._hear(worker):
                raise RuntimeError(f"a worker ended: {worker.args!r}")
        return time.perf_counter() - begin

    def job_seconds(self) -> float:
        """Wall seconds to a job of the whole side, over one round."""
        return self.seconds(self.times) / self.times / len(self.workers)

    def close(self) -> None:
        """End the workers, and wait for that."""
        for worker in self.workers:
            worker.communicate()

    @staticmethod
    def _hear(worker: subprocess.Popen[str]) -> str:
        assert worker.stdout
        return worker.stdout.readline().strip()


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians over rounds: milliseconds a job on each side, and theirs by ours."""

    ours_ms: float
    theirs_ms: float
    ratio: float


def interleave(ours: Side, theirs: Side, rounds: int) -> Pair:
    """A B A B ...; the ratio is the median of the rounds' own ratios."""
    pairs = [(ours.job_seconds(), theirs.job_seconds()) for _ in range(rounds)]
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Pair(mine * 1e3, other * 1e3, statistics.median(b / a for a, b in pairs))
