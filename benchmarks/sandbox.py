"""What the sandboxes must reach, as ratios against other ways of running the same candidate.

`python benchmarks/sandbox.py [--rows WORD ...] [--rounds 5] [--json PATH]`. All sides run one
trusted program (`baselines/candidate.py`) on the same inputs, interleaved; a ratio is the other
side's time by ours. Bare and paper start the interpreter of this virtual environment, as
`python f` would. The jail keeps one guest for all jobs and `fork` starts one for each: fork-200
tells what the layers of a check cost. evalplus runs the same function on as many inputs in one
process and compares there, whereas the jail starts a process for every input. Two workers
against one: `spin` shows what two cores give. `memory` runs only where it is asked for,
`--candidates N` long.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from baselines.measure import Server, Side, interleave
from baselines.ways import AbsentError

BENCH_PYTHON = str(Path(__file__).parent.parent / ".venv-bench" / "bin" / "python")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: `ours` against `theirs`, jobs of `checks` tests.

    Without a goal it compares what is not the same work, as `words` says.
    """

    name: str
    ours: str
    theirs: str
    checks: int
    workers: int
    goal: float | None
    words: str = ""


ROWS = (
    Row("paper-1", "jail", "paper", 1, 2, 4.0),
    Row("paper-20", "jail", "paper", 20, 2, 4.0),
    Row("paper-200", "jail", "paper", 200, 2, 5.0),
    Row("bare-1", "jail", "bare", 1, 1, 3.0),
    Row("bare-20", "jail", "bare", 20, 1, 3.0),
    Row("fork-1", "jail", "fork", 1, 1, 0.8),
    Row("fork-20", "jail", "fork", 20, 1, 0.8),
    Row("fork-200", "jail", "fork", 200, 1, 0.8),
    Row("evalplus-1", "jail", "evalplus", 1, 1, 1.5),
    Row("evalplus-5", "jail", "evalplus", 5, 1, None, "five inputs in one process there"),
    Row("sandlock-1", "jail", "sandlock", 1, 1, 3.0),
    Row("sandlock-20", "jail", "sandlock", 20, 1, 3.0),
    Row("docker-jail-1", "docker", "jail", 1, 1, 0.9),
    Row("docker-jail-20", "docker", "jail", 20, 1, 0.9),
    Row("docker-exec-1", "docker", "docker_exec", 1, 1, 20.0),
)
SCALING_GOAL, SCALING_BARE = 1.7, 1.9
FLAT = 1.1


@dataclass(frozen=True, slots=True)
class Result:
    """A row's outcome; `met` is None where nothing can be said, `words` says why or adds."""

    name: str
    ratio: float | None
    goal: float | None
    met: bool | None
    ours_ms: float | None = None
    theirs_ms: float | None = None
    words: str = ""


def python_of(way: str) -> str:
    """The interpreter in whose environment a way lives."""
    return BENCH_PYTHON if way in ("evalplus", "sandlock") else sys.executable


def measure(row: Row, rounds: int, image: str) -> Result:
    """Run one row; what cannot be had leaves it out, in words."""
    server = Server() if row.theirs == "paper" else None
    sides: list[Side] = []
    try:
        for way in (row.ours, row.theirs):
            extra = server.port if server and way == "paper" else image
            sides.append(Side(way, row.checks, row.workers, python_of(way), extra))
        pair = interleave(sides[0], sides[1], rounds)
    except AbsentError as absent:
        return Result(row.name, None, row.goal, None, words=str(absent))
    finally:
        for side in sides:
            side.close()
        if server:
            server.close()
    met = None if row.goal is None else pair.ratio >= row.goal
    return Result(row.name, pair.ratio, row.goal, met, pair.ours_ms, pair.theirs_ms, row.words)


def scaling(rounds: int) -> Result:
    """Two workers against one; two bare loops against one tell whether there are two cores."""
    found = {}
    for way in ("jail", "spin"):
        sides = [Side(way, 1, workers, sys.executable) for workers in (2, 1)]
        found[way] = interleave(sides[0], sides[1], rounds)
        for side in sides:
            side.close()
    jail, bare = found["jail"], found["spin"].ratio
    met = jail.ratio >= SCALING_GOAL if bare >= SCALING_BARE else None
    words = f"two bare loops reach {bare:.2f}"
    return Result("two-one", jail.ratio, SCALING_GOAL, met, jail.ours_ms, jail.theirs_ms, words)


def resident(pid: int) -> int:
    """Bytes resident of a process and all below it."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task").glob("*/children")
        below = [int(child) for file in children for child in file.read_text().split()]
    except OSError:
        return 0  # it has just ended
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(child) for child in below)


def memory(candidates: int) -> Result:
    """A worker and its guest after 10, 50 and 100 % of the candidates."""
    side = Side("jail", 1, 1, sys.executable)
    sizes = []
    done = 0
    for share in (0.1, 0.5, 1.0):
        upto = int(candidates * share)
        side.seconds(upto - done)
        done = upto
        sizes.append(resident(side.workers[0].pid))
    side.close()
    growth = sizes[-1] / sizes[0]
    words = f"{candidates} candidates; MiB " + ", ".join(f"{size / 2**20:.1f}" for size in sizes)
    return Result("memory", growth, FLAT, growth <= FLAT, words=words)


def line(result: Result) -> str:
    """A row as it is printed."""
    if result.ratio is None:
        return f"{result.name:<16} left out: {result.words}"
    sign = "<=" if result.name == "memory" else ">="
    met = {True: "met", False: "NOT MET", None: "cannot be said"}[result.met]
    ours, theirs = (f"{ms or 0:9.2f}" for ms in (result.ours_ms, result.theirs_ms))
    if result.goal is None:
        return f"{result.name:<16} {ours} {theirs} {result.ratio:7.2f}     no goal: {result.words}"
    goal = f"{sign} {result.goal:4.1f}"
    return f"{result.name:<16} {ours} {theirs} {result.ratio:7.2f}  {goal}  {met}  {result.words}"


def main() -> None:
    """Print the table; write it as JSON where asked."""
    names = [row.name for row in ROWS] + ["two-one", "memory"]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=names, default=names[:-1])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--docker-image", default="vervet/python", help="image for docker exec")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    asked = parser.parse_args()
    print(f"{'row':<16} {'ours ms':>9} {'other ms':>9} {'ratio':>7}  goal")
    results = []
    for name in asked.rows:
        if name == "memory":
            results.append(memory(asked.candidates))
        elif name == "two-one":
            results.append(scaling(asked.rounds))
        else:
            row = next(row for row in ROWS if row.name == name)
            results.append(measure(row, asked.rounds, asked.docker_image))
        print(line(results[-1]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(item) for item in results], indent=2) + "\n")


if __name__ == "__main__":
    main()
