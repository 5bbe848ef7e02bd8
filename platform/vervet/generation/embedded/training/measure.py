"""Measures a trained family on its bundled suite and writes the figures into log and card.

    python -m vervet.generation.embedded.training.measure --family code [--n 1000]

Sampled programs are judged by the little language's own evaluator; none is run. Python accepts a
few programs that the evaluator refuses, so a sandbox may count slightly more.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vervet.core.sampling import Sampling
from vervet.generation.embedded.generator import EmbeddedGenerator
from vervet.generation.embedded.training.card import card
from vervet.generation.embedded.training.family import FAMILIES, WEIGHTS, family
from vervet.generation.embedded.training.grammar import Type, parse
from vervet.generation.embedded.training.leaks import passes
from vervet.generation.embedded.training.suite import BUNDLED

__all__ = ["coverage", "figures", "main", "solves", "successes"]

BUDGETS = (1, 10, 100, 1000)


def solves(problem: dict[str, Any], completion: str) -> bool:
    """Whether a completion solves a line of a bundled suite."""
    if problem["kind"] == "answer":
        return bool(completion.rpartition("#### ")[2] == problem["answer"])
    program = parse(completion, Type(problem["labels"]["types"].split("->")[0]))
    return program is not None and passes(
        program,
        ((ast.literal_eval(t["input"]), ast.literal_eval(t["output"])) for t in problem["tests"]),
    )


def coverage(n: int, correct: int, k: int) -> float:
    """The unbiased chance that at least one of k of the n completions is correct."""
    if n - correct < k:
        return 1.0
    return 1.0 - math.comb(n - correct, k) / math.comb(n, k)


def successes(generator: EmbeddedGenerator, problem: dict[str, Any], n: int, seed: int) -> int:
    """How many of n completions at temperature 1 solve the problem."""
    found = generator.generate(problem["prompt"], n=n, sampling=Sampling(), seed=seed)
    texts = Counter(completion.text for completion in found)
    return sum(count for text, count in texts.items() if solves(problem, text))


def figures(counts: list[int], n: int) -> dict[str, Any]:
    """Coverage at the powers of ten up to n, and how the rates of success are spread."""
    rates = [count / n for count in counts]
    total = len(counts)
    return {
        "problems": total,
        "n": n,
        "temperature": 1.0,
        "coverage": {
            str(k): round(sum(coverage(n, c, k) for c in counts) / total, 4)
            for k in BUDGETS
            if k <= n
        },
        "share with a rate from 0.001 to 0.5": round(
            sum(0.001 <= rate <= 0.5 for rate in rates) / total, 3
        ),
        "never solved": sum(count == 0 for count in counts),
    }


def main(arguments: Iterable[str] | None = None) -> int:
    """Measure one bundled family as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", required=True, choices=sorted(FAMILIES))
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    folder: Path = WEIGHTS / chosen.family
    generator = EmbeddedGenerator(folder)
    lines = (BUNDLED / f"{chosen.family}.jsonl").read_text(encoding="utf-8").splitlines()
    counts = [successes(generator, json.loads(line), chosen.n, chosen.seed) for line in lines]
    log = folder / "training.json"
    record = json.loads(log.read_text(encoding="utf-8"))
    record["measured"] = {**figures(counts, chosen.n), "seed": chosen.seed}
    log.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card(family(chosen.family), record), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
