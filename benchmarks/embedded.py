"""Measures the embedded model: tokens a second on one thread, and the time to the first samples.

python benchmarks/embedded.py [--family code] [--problems 20] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

from vervet.core.sampling import Sampling
from vervet.generation.embedded.generator import EmbeddedGenerator, families
from vervet.problems import bundled as bundled_package

SUITES = Path(bundled_package.__file__).parent / "bundled"


def prompts(family: str, count: int) -> list[str]:
    """The first prompts of the family's bundled suite."""
    lines = (SUITES / f"{family}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["prompt"] for line in lines[:count]]


def measure(family: str, count: int, n: int) -> dict[str, float | int | str]:
    """Sample `n` completions of each of `count` prompts at temperature 1."""
    started = time.perf_counter()
    generator = EmbeddedGenerator(family)
    loading = time.perf_counter() - started
    asked = prompts(family, count)
    generator.generate(asked[0], n=n, sampling=Sampling(), seed=0)
    started = time.perf_counter()
    tokens = distinct = 0
    for seed, prompt in enumerate(asked, start=1):
        found = generator.generate(prompt, n=n, sampling=Sampling(), seed=seed)
        tokens += sum(completion.tokens for completion in found)
        distinct += len({completion.text for completion in found})
    seconds = time.perf_counter() - started
    return {
        "family": family,
        "prompts": len(asked),
        "n": n,
        "seconds": round(seconds, 3),
        "tokens": tokens,
        "tokens_per_second": round(tokens / seconds),
        "samples_per_second": round(len(asked) * n / seconds),
        "tokens_per_sample": round(tokens / len(asked) / n, 2),
        "distinct_share": round(distinct / len(asked) / n, 3),
        "loading_seconds": round(loading, 3),
    }


def main() -> None:
    """Print a table and, where asked, write the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=families(), action="append")
    parser.add_argument("--problems", type=int, default=20)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows = [
        measure(family, chosen.problems, n)
        for family in chosen.family or families()
        for n in (1, 32, 200, 1000)
    ]
    columns = [
        "family",
        "n",
        "tokens_per_second",
        "samples_per_second",
        "tokens_per_sample",
        "distinct_share",
        "loading_seconds",
    ]
    print("  ".join(f"{column:>18}" for column in columns))
    for row in rows:
        print("  ".join(f"{row[column]:>18}" for column in columns))
    if chosen.json:
        machine = {
            "cpus": os.cpu_count(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
        }
        chosen.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
