"""Measures what the search for flaky verdicts costs: attempts saved by stopping early, and time.

python benchmarks/audits.py [--solutions 2000] [--problems 20] [--json PATH]

First on made-up solutions of known flip rates, which need no sandbox: attempts and the share
found, each plan against the fixed 11 of the paper. Then in the jail, on a bundled suite.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from vervet.audit.flaky import PAPERS, Finding, Plan, rule
from vervet.audit.repetition import miss_chance
from vervet.core.status import NORMAL, Outcome, Status
from vervet.core.values import Attempt
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.audit_flaky import FlakySearch, Target
from vervet.pipeline.audit_loop import AuditProgress, carry_through
from vervet.pipeline.config import RunConfig
from vervet.pipeline.references import open_references
from vervet.pipeline.verify_batch import Workplace
from vervet.problems.bundled import load
from vervet.sandbox.jail import JailSandbox
from vervet.store.database import Database
from vervet.verification.registry import verifier_for

EQUAL = Plan(varied=0, loaded=0, factors=())
"""Equal conditions alone: what the paper's eleven runs are."""
PLANS = {
    "fixed 11": replace(EQUAL, exhaustive=True, settle=False),
    "until the first flip": replace(EQUAL, settle=False),
    "and a majority of 11": EQUAL,
    "--min-flip 0.25": replace(EQUAL, min_flip=0.25, settle=False),
    "--min-flip 0.5": replace(EQUAL, min_flip=0.5, settle=False),
}
RATES = (0.0, 0.02, 0.05, 0.1, 0.25, 0.5)
PASSED = Attempt(Status.PASSED, outcomes=(Outcome.PASSED,))
FAILED = Attempt(Status.FAILED, outcomes=(Outcome.FAILED,))
FLAKY, PROBLEMS = 34, 300
"""SWE-bench Lite in the paper (Brown et al. 2024, section 4.3)."""


def search(plan: Plan, p: float, chance: random.Random) -> tuple[int, bool]:
    """Attempts on one solution that flips with rate `p`, and whether that was found."""
    made: dict[str, list[Attempt]] = defaultdict(list)
    while True:
        ruling = rule(made, plan)
        if ruling.finding is not None:
            return len(made[NORMAL]), ruling.finding is Finding.FLAKY
        for word, total in ruling.wanted.items():
            while len(made[word]) < total:
                made[word].append(FAILED if chance.random() < p else PASSED)


def saved(solutions: int) -> list[dict[str, Any]]:
    """Mean attempts and share found, by plan and flip rate."""
    rows: list[dict[str, Any]] = []
    for name, plan in PLANS.items():
        for p in RATES:
            found = [search(plan, p, random.Random(f"{p} {at}")) for at in range(solutions)]
            attempts = sum(count for count, _ in found) / solutions
            rows.append(
                {
                    "plan": name,
                    "flip_rate": p,
                    "attempts": attempts,
                    "saved": 1 - attempts / PAPERS,
                    "found": sum(flaky for _, flaky in found) / solutions,
                    "found_expected": 1 - miss_chance(p, plan.needed) if p else 0.0,
                }
            )
    return rows


class _Quiet:
    """Watches nothing."""

    def show(self, progress: AuditProgress) -> None:
        """See `AuditObserver.show`."""

    def note(self, message: str) -> None:
        """See `AuditObserver.note`."""


def timed(problems: int) -> list[dict[str, Any]]:
    """Attempts and seconds of an audit of a suite's references in the jail, one worker."""
    suite = load("code", limit=problems).suite
    rows: list[dict[str, Any]] = []
    for name, plan in {"equal conditions": EQUAL, "varied and loaded too": Plan()}.items():
        with tempfile.TemporaryDirectory() as folder:
            database, jail = Database.open(Path(folder) / "vervet.db"), JailSandbox()
            place = Workplace(database, jail, JailSandbox, verifier_for, "benchmark")
            known = open_references(database, suite, RunConfig(state_dir=folder), jail)
            target = Target(known, reference=True)
            audit = FlakySearch(database, [target], plan, audited=known.run, seed=0)
            began = time.perf_counter()
            carry_through(database, audit, InlineDispatcher(place), _Quiet())
            spent = time.perf_counter() - began
            attempts = audit.result().attempts
            jail.close()
            database.close()
        rows.append(
            {"audit": name, "attempts": attempts, "seconds": spent, "per_s": attempts / spent}
        )
    return rows


def main() -> None:
    """Print the tables; write them as JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--solutions", type=int, default=2000, help="of each flip rate")
    parser.add_argument("--problems", type=int, default=20, help="of the bundled suite `code`")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows = saved(asked.solutions)
    print(f"{'plan':22} {'flip rate':>9} {'attempts':>9} {'saved':>7} {'found':>7} {'expected':>9}")
    for row in rows:
        print(
            f"{row['plan']:22} {row['flip_rate']:9.2f} {row['attempts']:9.2f} "
            f"{row['saved']:7.1%} {row['found']:7.1%} {row['found_expected']:9.1%}"
        )
    print(
        f"\n{FLAKY} of {PROBLEMS} problems flaky at 0.25, the rest clean; the fixed 11 take 3,300"
    )
    mixed = []
    for name in PLANS:
        by_rate = {row["flip_rate"]: row["attempts"] for row in rows if row["plan"] == name}
        total = FLAKY * by_rate[0.25] + (PROBLEMS - FLAKY) * by_rate[0.0]
        mixed.append({"plan": name, "attempts": total, "saved": 1 - total / (PROBLEMS * PAPERS)})
        print(f"{name:22} {total:9,.0f} attempts, {mixed[-1]['saved']:6.1%} saved")
    print(f"\nreferences of {asked.problems} problems in the jail, one worker")
    jail = timed(asked.problems)
    for row in jail:
        print(
            f"{row['audit']:22} {row['attempts']:9,} attempts in {row['seconds']:6.1f} s, "
            f"{row['per_s']:6.0f} a second"
        )
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        body = {"python": platform.python_version(), "plans": rows, "mixed": mixed, "jail": jail}
        asked.json.write_text(json.dumps(body, indent=2) + "\n")


if __name__ == "__main__":
    main()
