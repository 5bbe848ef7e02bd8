"""Measures what judging a patch costs: Vervet against the official harness of `swebench`.

python benchmarks/swebench.py [--instances FILE -i ID ...] [--rounds 3] [--workers 1] [--json PATH]

Same images, instances, patches and number of workers on both sides, which take turns; medians.
Without --instances the shipped ones are judged. Patches: gold, and one that resolves nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

# This file must not be found in place of the package `swebench`.
sys.path.append(sys.path.pop(0))

from baselines.official_swebench import Official, official
from baselines.patches import Given, judge, sandboxes, whole_command
from baselines.ways import AbsentError

from vervet.core.errors import VervetError
from vervet.core.lines import Record
from vervet.core.values import Problem, Suite
from vervet.pipeline.swebench_validation import validate_suite
from vervet.problems.bundled import suite_file
from vervet.problems.swebench_rows import read_instances
from vervet.problems.swebench_sources import load_instances
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import connect
from vervet.verification.patches.grading import check_extra
from vervet.verification.patches.verifier import PatchVerifier

SHIPPED = ("vervet__ledger-1", "vervet__spans-1", "vervet__graphlet-1")
RATIO_GOAL, OVERHEAD_GOAL_S = 5.0, 1.0
NOTHING = """diff --git a/vervet_nothing.txt b/vervet_nothing.txt
new file mode 100644
--- /dev/null
+++ b/vervet_nothing.txt
@@ -0,0 +1 @@
+nothing
"""


@dataclass(slots=True)
class Times:
    """Seconds of one patch in every round, of either side; `commands` of install and tests."""

    ours: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    script: list[float] = field(default_factory=list)
    verdicts: set[tuple[str, bool | None]] = field(default_factory=set)


def measure(
    all_given: Sequence[Given], rounds: int, workers: int, folder: Path
) -> tuple[dict[tuple[str, str], Times], list[float], list[float]]:
    """Times by instance and patch; seconds a patch of whole batches: ours, theirs."""
    found: dict[tuple[str, str], Times] = {}
    batches: tuple[list[float], list[float]] = ([], [])
    names = list(all_given[0].patches)
    with sandboxes(workers) as free, ThreadPoolExecutor(workers) as pool:
        for given in all_given:
            judge(free, given, NOTHING)  # not counted: a worker has judged before
        for turn in range(rounds):
            for name in names:
                patches = [given.patches[name] for given in all_given]
                began = time.perf_counter()
                ours = list(pool.map(judge, [free] * len(patches), all_given, patches))
                batches[0].append((time.perf_counter() - began) / len(patches))
                theirs = _theirs(all_given, name, workers, folder / f"{name}-{turn}")
                batches[1].append(theirs.seconds / len(patches))
                for given, (spent, commands, attempt) in zip(all_given, ours, strict=True):
                    times = found.setdefault((given.problem.id, name), Times())
                    one = theirs.patches[given.problem.id]
                    times.ours.append(spent)
                    times.commands.append(commands)
                    times.theirs.append(one.seconds)
                    times.script.append(one.script_s)
                    said = f"{attempt.status.value} {attempt.code}".strip()
                    times.verdicts.add((said, one.resolved))
    return found, *batches


def _theirs(all_given: Sequence[Given], name: str, workers: int, folder: Path) -> Official:
    patches = {given.problem.id: given.patches[name] for given in all_given}
    return official(folder, [given.row for given in all_given], patches, workers)


def instances(source: str | None, ids: Sequence[str], state: Path, workers: int) -> list[Given]:
    """Those that can be judged here; why others cannot is printed. Raises `AbsentError`."""
    place = source or str(suite_file("swebench"))
    chosen = tuple(ids) or (SHIPPED if source is None else ())
    rows = {
        str(item.value["instance_id"]): item.value
        for item in read_instances(Path(place))
        if isinstance(item, Record)
    }
    suite = _with_images(load_instances(place, ids=chosen).loaded.suite)
    began = time.perf_counter()
    known = validate_suite(
        suite, PatchVerifier(), DockerSandbox, state / "prepared", workers=workers
    )
    print(f"{len(known)} instances validated in {time.perf_counter() - began:.0f} s")
    found = []
    for one in known:
        if one.valid:
            row = dict(rows[one.problem.id], image=one.problem.spec["image"])
            found.append(Given(row, one.problem, _patches(one.problem, Path(place))))
        else:
            print(f"{one.problem.id}: cannot judge, {one.why}")
    if not found:
        raise AbsentError("no instance can judge here; vervet swebench validate says why")
    return found


def _with_images(suite: Suite) -> Suite:
    """The instances whose images the engine has. Raises `AbsentError` if there are none."""
    try:
        check_extra()
        engine = connect()
    except VervetError as error:
        raise AbsentError(str(error)) from error
    there = []
    for problem in suite.problems:
        if engine.client.images.list(name=problem.spec["image"]):
            there.append(problem)
        else:
            print(f"{problem.id}: the engine has no image {problem.spec['image']}")
    engine.close()
    if not there:
        raise AbsentError("no instance has an image here; vervet swebench build makes them")
    return replace(suite, problems=tuple(there))


def _patches(problem: Problem, place: Path) -> dict[str, str]:
    wrong = place / "tasks" / problem.id / "candidates" / "wrong.patch"
    return {
        "gold": problem.references[0],
        "wrong": wrong.read_text() if wrong.is_file() else NOTHING,
    }


def rows_of(found: Mapping[tuple[str, str], Times]) -> list[dict[str, Any]]:
    """Medians, one row a patch."""
    rows = []
    for (instance, patch), times in found.items():
        own = [spent - commands for spent, commands in zip(times.ours, times.commands, strict=True)]
        their_own = [a - b for a, b in zip(times.theirs, times.script, strict=True)]
        ours, theirs = statistics.median(times.ours), statistics.median(times.theirs)
        rows.append(
            {
                "instance": instance,
                "patch": patch,
                "ours_s": ours,
                "theirs_s": theirs,
                "ratio": theirs / ours,
                "overhead_s": statistics.median(own),
                "their_overhead_s": statistics.median(their_own),
                "verdicts": sorted(f"{said} / {_word(theirs)}" for said, theirs in times.verdicts),
                "ours_all_s": times.ours,
                "theirs_all_s": times.theirs,
            }
        )
    return rows


def _word(resolved: bool | None) -> str:
    return {True: "resolved", False: "not resolved", None: "no report"}[resolved]


def totals_of(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Medians of seconds a patch, and what they are of each other."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    return {"ours_s": mine, "theirs_s": other, "ratio": other / mine}


def show(rows: Sequence[Mapping[str, Any]], totals: Mapping[str, Mapping[str, float]]) -> None:
    """Print the tables and what of the goals is met."""
    print(f"\n{'patch':28} {'ours s':>7} {'theirs':>7} {'ratio':>6} {'overhead':>9} {'theirs':>7}")
    for row in rows:
        print(
            f"{row['instance'] + ' ' + row['patch']:28} {row['ours_s']:7.2f} "
            f"{row['theirs_s']:7.2f} {row['ratio']:6.1f} {row['overhead_s']:9.2f} "
            f"{row['their_overhead_s']:7.2f}  {'; '.join(row['verdicts'])}"
        )
    for name, total in totals.items():
        print(f"{name:28} {total['ours_s']:7.2f} {total['theirs_s']:7.2f} {total['ratio']:6.1f}")
    ratio = statistics.median(row["ratio"] for row in rows)
    overhead = statistics.median(row["overhead_s"] for row in rows)
    print(f"\nratio {ratio:.1f}, goal >= {RATIO_GOAL:.0f}: {_met(ratio >= RATIO_GOAL)}")
    print(
        f"overhead outside of install and test commands {overhead:.2f} s, goal <= "
        f"{OVERHEAD_GOAL_S:.0f}: {_met(overhead <= OVERHEAD_GOAL_S)}"
    )


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"


def main() -> None:
    """Print the tables; write them as JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--instances", help="a file of instances or a folder of tasks")
    parser.add_argument("-i", "--instance", action="append", default=[], help="only these")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--command", action="store_true", help="time the whole command as well")
    parser.add_argument("--state-dir", type=Path, help="keeps validations for the next time")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vervet-bench-") as name:
        folder = Path(name)
        state = asked.state_dir.resolve() if asked.state_dir else folder / "state"
        try:
            given = instances(asked.instances, asked.instance, state, asked.workers)
            found, ours, theirs = measure(given, asked.rounds, asked.workers, folder)
            totals = {f"batches, {asked.workers} worker(s)": totals_of(ours, theirs)}
            if asked.command:
                spent = [
                    whole_command(given, asked.workers, folder, state) for _ in range(asked.rounds)
                ]
                totals["whole commands"] = totals_of(spent, theirs)
        except (AbsentError, VervetError) as error:
            print(f"left out: {error}")
            return
    rows = rows_of(found)
    show(rows, totals)
    if asked.json:
        body = {
            "host": {"python": platform.python_version(), "load": os.getloadavg()},
            "rounds": asked.rounds,
            "workers": asked.workers,
            "rows": rows,
            "totals": totals,
        }
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(body, indent=2) + "\n")


if __name__ == "__main__":
    main()
