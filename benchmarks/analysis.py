"""Measures the estimators: pass@k on a grid against the published loop, and what else takes time.

python benchmarks/analysis.py [--repeats 5] [--json PATH]

The baseline is the loop that openai/human-eval describes for its `estimate_pass_at_k`: for each
problem the product of 1 - k / i over i from n - c + 1 to n, and 1 where n - c < k; written anew
from that description. Both run in turn on one thread; the ratio is the median over repeats.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from vervet.analysis.backtest import backtest
from vervet.analysis.counts import IntArray
from vervet.analysis.coverage import pass_at_k
from vervet.analysis.forecast import Method, forecast
from vervet.analysis.intervals import estimate_coverage
from vervet.analysis.scaling import PAPER, fit_counts

N, PROBLEMS, POINTS = 10_000, 1_000, 100


def published_loop(n: int, c: IntArray, k: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """pass@k of every problem by one product for each, as human-eval computes it."""

    def one(passes: int) -> float:
        if n - passes < k:
            return 1.0
        return float(1.0 - np.prod(1.0 - k / np.arange(n - passes + 1, n + 1)))

    return np.array([one(int(passes)) for passes in c])


def populations() -> dict[str, IntArray]:
    """Passes of 1,000 problems: easy and hard alike, mostly hard, and evenly on a log scale."""
    rng = np.random.default_rng(0)
    return {
        "uniform": rng.integers(0, N + 1, PROBLEMS),
        "Beta(0.3, 12)": rng.binomial(N, rng.beta(0.3, 12.0, PROBLEMS)),
        "log-uniform": np.rint(N ** rng.random(PROBLEMS)).astype(np.int64),
    }


def seconds(work: Callable[[], object]) -> float:
    """The time that one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def grid_rows(repeats: int) -> list[dict[str, float | str]]:
    """The grid of 100 k for 1,000 problems with n = 10,000, in turn by both ways."""
    ks = np.rint(np.geomspace(1, N, POINTS)).astype(np.int64)
    sizes = np.full(PROBLEMS, N)
    rows: list[dict[str, float | str]] = []
    for name, c in populations().items():
        ours, loop = [], []
        for _ in range(repeats):
            ours.append(seconds(lambda c=c: pass_at_k(sizes, c, ks)))
            loop.append(seconds(lambda c=c: [published_loop(N, c, int(k)) for k in ks]))
        truth = np.array([published_loop(N, c, int(k)) for k in ks])
        rows.append(
            {
                "passes": name,
                "vervet_ms": 1e3 * statistics.median(ours),
                "loop_ms": 1e3 * statistics.median(loop),
                "ratio": statistics.median(b / a for a, b in zip(ours, loop, strict=True)),
                "largest_difference": float(np.abs(pass_at_k(sizes, c, ks) - truth).max()),
            }
        )
    return rows


def other_rows(repeats: int) -> list[dict[str, float | str]]:
    """What else a user waits for: 128 problems whose rates are Beta(0.3, 12)."""
    rng = np.random.default_rng(1)
    rates = rng.beta(0.3, 12.0, 128)
    c, few = rng.binomial(N, rates), rng.binomial(100, rates)
    ks = [1, 10, 100, 1_000, 10_000]
    works: dict[str, Callable[[], object]] = {
        "coverage, BCa interval at 5 k (n = 10,000)": lambda: estimate_coverage(N, c, ks),
        "scaling law, preset paper (n = 10,000)": lambda: fit_counts(N, c, PAPER),
        "backtest of 4 methods, 10 subsamples (n = 10,000)": lambda: backtest(N, c, 100),
    }
    for method in Method:
        works[f"forecast {method.value}, 200 resamples (n = 100)"] = (
            lambda method=method: forecast(100, few, ks, method)  # type: ignore[misc]
        )
    return [
        {"work": name, "ms": 1e3 * statistics.median(seconds(work) for _ in range(repeats))}
        for name, work in works.items()
    ]


def main() -> None:
    """Print both tables and, where asked, write the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with threadpool_limits(1):
        grid, others = grid_rows(chosen.repeats), other_rows(min(3, chosen.repeats))
    print(f"pass@k at {POINTS} k for {PROBLEMS:,} problems, n = {N:,}, one thread")
    print(f"{'passes':>14}  {'vervet':>10}  {'loop':>11}  {'ratio':>6}  {'largest difference':>18}")
    for row in grid:
        print(
            f"{row['passes']:>14}  {row['vervet_ms']:>7.1f} ms  {row['loop_ms']:>8.0f} ms"
            f"  {row['ratio']:>6.0f}  {row['largest_difference']:>18.1e}"
        )
    print("\n128 problems, rates Beta(0.3, 12)")
    for row in others:
        print(f"{row['work']:>52}  {row['ms']:>8.0f} ms")
    if chosen.json:
        machine = {
            "cpus": os.cpu_count(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
        }
        found = {"machine": machine, "grid": grid, "others": others}
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
