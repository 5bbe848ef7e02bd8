"""Measures what a judge and a solver cost: a check of a function against the checks around it.

python benchmarks/functions.py [--suite HumanEval.jsonl.gz] [--rounds 5] [--json PATH]

The ways take turns, solution by solution, so that whatever else the host does meets all alike.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vervet.core.status import Status
from vervet.core.values import Problem
from vervet.problems.bundled import load
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Check, File, Job, Program
from vervet.sandbox.protocol import Sandbox
from vervet.verification.functions import FunctionVerifier
from vervet.verification.preparing import prepare_problem
from vervet.verification.registry import verify

NOTHING = Program("python", (File("nothing.py", b"pass\n"),), ("nothing.py",))
ALONE = Job(NOTHING, (Check("check"),))
PAIR = replace(ALONE, peer=NOTHING)
Ways = dict[str, Callable[[], object]]


def ways(sandbox: Sandbox, problem: Problem) -> Ways:
    """What is timed for one problem, by name."""
    verifier = FunctionVerifier()
    asked = prepare_problem(verifier, problem, sandbox)
    beside = replace(asked, spec={**asked.spec, "mode": "beside"})
    solution = verifier.extract(asked, asked.references[0], cut=False)

    def judged(what: Problem) -> Callable[[], object]:
        def check() -> None:
            found = verify(verifier, sandbox, what, solution)
            assert found.status is Status.PASSED, (what.id, found)

        return check

    return {
        "an empty program": lambda: sandbox.run(ALONE, lambda _: True),
        "two empty programs": lambda: sandbox.run(PAIR, lambda _: True),
        "tests beside the solution": judged(beside),
        "judge and solver": judged(asked),
    }


def measure(problems: list[Problem], rounds: int) -> list[dict[str, float | str]]:
    """Milliseconds of every way over all problems: median and quartile."""
    sandbox = JailSandbox()
    spent: dict[str, list[float]] = {}
    try:
        prepared = [ways(sandbox, problem) for problem in problems]
        for _ in range(rounds):
            for each in prepared:
                for name, check in each.items():
                    started = time.perf_counter()
                    check()
                    spent.setdefault(name, []).append(1e3 * (time.perf_counter() - started))
    finally:
        sandbox.close()
    rows = []
    for name, times in spent.items():
        low, middle, _ = statistics.quantiles(times, n=4)
        rows.append({"way": name, "ms_median": round(middle, 2), "ms_quartile": round(low, 2)})
    return rows


def main() -> None:
    """Print a table and, where asked, write the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="humaneval-mini", help="a name or a file")
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    suite = load(asked.suite).suite
    problems = [each for each in suite.problems if each.kind == "function" and each.references]
    rows = measure(problems[: asked.problems], asked.rounds)
    for row in rows:
        print(f"{row['way']:28} {row['ms_median']:8} ms  (quartile {row['ms_quartile']})")
    if asked.json:
        host = {"python": platform.python_version(), "machine": platform.machine()}
        asked.json.write_text(json.dumps({"host": host, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
