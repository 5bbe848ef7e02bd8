"""Owns the official harness of `swebench`, unmodified: a process of its own in a folder of its own.

Reads how long each patch took from the log that the harness writes of it, from its first line to
its last, so that the start of its process does not count there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from baselines.ways import AbsentError

__all__ = ["MODEL", "Official", "OfficialPatch", "official"]

MODEL = "bench"
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - ", re.MULTILINE)
_SCRIPT = re.compile(r"Test runtime: ([\d_.]+) seconds")


@dataclass(frozen=True, slots=True)
class OfficialPatch:
    """One patch there: seconds in all, seconds of its eval script, and its verdict.

    `script_s` is 0 and `resolved` None where the patch did not come to the tests.
    """

    seconds: float
    script_s: float
    resolved: bool | None


@dataclass(frozen=True, slots=True)
class Official:
    """One run of the harness: seconds of its whole process, and its patches by instance."""

    seconds: float
    patches: Mapping[str, OfficialPatch]


def official(
    folder: Path, rows: Sequence[Mapping[str, Any]], patches: Mapping[str, str], workers: int
) -> Official:
    """Judge one patch for each of the rows' instances. Raises `AbsentError` where it cannot."""
    folder.mkdir(parents=True)
    data, given = folder / "instances.json", folder / "predictions.json"
    data.write_text(json.dumps(list(rows)))
    given.write_text(json.dumps([_prediction(name, patch) for name, patch in patches.items()]))
    command = [
        sys.executable, "-m", "swebench.harness.run_evaluation",
        "--dataset_name", data.name, "--predictions_path", given.name,
        "--max_workers", str(workers), "--run_id", folder.name,
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise AbsentError(f"the official harness ended with {done.returncode}: {' '.join(said)}")
    logs = folder / "logs" / "run_evaluation" / folder.name / MODEL
    return Official(seconds, {name: _patch(logs / name, name) for name in patches})


def _prediction(instance: str, patch: str) -> dict[str, str]:
    return {"instance_id": instance, "model_name_or_path": MODEL, "model_patch": patch}


def _patch(folder: Path, instance: str) -> OfficialPatch:
    try:
        log = (folder / "run_instance.log").read_text()
    except OSError:
        raise AbsentError(f"the official harness has not run {instance}") from None
    times = [_seconds(found) for found in _TIME.findall(log)]
    script = _SCRIPT.search(log)
    report = folder / "report.json"
    resolved = None
    if report.is_file():
        resolved = bool(json.loads(report.read_text())[instance]["resolved"])
    spent = float(script[1].replace("_", "")) if script else 0.0
    return OfficialPatch(times[-1] - times[0], spent, resolved)


def _seconds(stamp: str) -> float:
    """Of a log's time; its zone does not matter, since only differences are used."""
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC).timestamp()
