"""Writes the bundled suites of a seed as JSON lines: `code`, `code-easy` and `arith`.

python -m vervet.generation.embedded.training.suite --out DIR [--seed N]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vervet.generation.embedded.training.arith import Puzzle, stories
from vervet.generation.embedded.training.code import HeldOut, universe
from vervet.generation.embedded.training.family import SEED
from vervet.generation.embedded.training.grammar import render

__all__ = ["PREFIX", "SUFFIX", "answer_problem", "main", "program_problem", "suites"]

# A completion becomes a program that reads one literal and prints the literal of the result. The
# inputs are the suite's own, so `eval` reads nothing foreign; an import would cost start-up time.
PREFIX = "def f(x):"
SUFFIX = "\nprint(repr(f(eval(input()))))\n"

BUNDLED = Path(__file__).parents[3] / "problems" / "bundled"


def program_problem(problem: HeldOut, stratum: str) -> dict[str, Any]:
    """The line of a problem of the family `code`; its first four tests are the visible ones."""
    return {
        "id": problem.name,
        "kind": "program",
        "prompt": problem.prompt,
        "template": {"prefix": PREFIX, "suffix": SUFFIX},
        "tests": [
            {"input": f"{value!r}\n", "output": f"{output!r}\n"}
            for value, output in problem.examples
        ],
        "checker": "exact",
        "stop": [],
        "labels": {
            "stratum": stratum,
            "depth": problem.behaviour.depth,
            "types": problem.behaviour.types,
        },
        "reference": render(problem.behaviour.program),
    }


def answer_problem(number: int, puzzle: Puzzle) -> dict[str, Any]:
    """The line of a problem of the family `arith`."""
    return {
        "id": f"arith/{number:04d}",
        "kind": "answer",
        "prompt": puzzle.prompt,
        "answer": str(puzzle.answer),
        "labels": {"stratum": "held-out", "steps": puzzle.steps},
        "reference": puzzle.working,
    }


def suites(seed: int) -> dict[str, list[dict[str, Any]]]:
    """All bundled suites of a seed, by name."""
    made = universe(seed)
    return {
        "code": [program_problem(problem, "held-out") for problem in made.held_out],
        "code-easy": [program_problem(problem, "easy") for problem in made.easy],
        "arith": [answer_problem(n, p) for n, p in enumerate(stories(seed).held_out, start=1)],
    }


def main(arguments: Iterable[str] | None = None) -> int:
    """Write the suites as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=BUNDLED, help="folder to write")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, problems in suites(chosen.seed).items():
        lines = [json.dumps(problem, ensure_ascii=False) + "\n" for problem in problems]
        (chosen.out / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
