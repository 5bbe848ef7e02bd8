"""How many jobs a second the jail runs on one core, against a bare Python started per check.

Both run the same program on the same inputs, interleaved, so that a busy host slows both; what
counts is the median of the rounds' ratios. `python benchmarks/jail.py [--json PATH]`
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Check, File, Job, Program

SOURCE = b"values = [int(word) for word in input().split()]\nprint(sorted(values))\n"
STDIN = b"5 3 9 1\n"
EXPECTED = b"[1, 3, 5, 9]\n"


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over rounds; `ratio` is the bare way's time by the jail's."""

    checks: int
    jail_jobs_per_s: float
    bare_jobs_per_s: float
    ratio: float
    jail_ms: float
    bare_ms: float


def jailed(sandbox: JailSandbox, checks: int) -> None:
    """One job with all its checks."""
    program = Program("python", (File("solution.py", SOURCE),), ("solution.py",))
    job = Job(program, tuple(Check(str(i), STDIN) for i in range(checks)))
    report = sandbox.run(job, lambda check: check.stdout == EXPECTED)
    assert len(report.checks) == checks
    assert report.checks[-1].stdout == EXPECTED


def bare(path: Path, checks: int) -> None:
    """What a script without any sandbox does: a fresh interpreter for every check."""
    for _ in range(checks):
        done = subprocess.run([sys.executable, path], input=STDIN, capture_output=True, check=True)
        assert done.stdout == EXPECTED


def seconds(run: Callable[[], None], times: int) -> float:
    """Wall seconds of one run, on average over `times`."""
    begin = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - begin) / times


def measure(rounds: int) -> list[Row]:
    """One row for jobs of 1 and of 16 checks."""
    sandbox = JailSandbox()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solution.py"
        path.write_bytes(SOURCE)
        for checks, times in ((1, 10), (16, 2)):
            pairs = [
                (
                    seconds(lambda checks=checks: jailed(sandbox, checks), times),  # type: ignore[misc]
                    seconds(lambda checks=checks: bare(path, checks), times),  # type: ignore[misc]
                )
                for _ in range(rounds)
            ]
            jail_s, bare_s = (statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = statistics.median(b / j for j, b in pairs)
            rows.append(Row(checks, 1 / jail_s, 1 / bare_s, ratio, jail_s * 1e3, bare_s * 1e3))
    sandbox.close()
    return rows


def main() -> None:
    """Print a table; write it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = measure(asked.rounds)
    print("checks   jail jobs/s   bare jobs/s   jail ms   bare ms   bare/jail")
    for row in rows:
        print(
            f"{row.checks:6d}   {row.jail_jobs_per_s:11.1f}   {row.bare_jobs_per_s:11.1f}"
            f"   {row.jail_ms:7.1f}   {row.bare_ms:7.1f}   {row.ratio:9.2f}"
        )
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
