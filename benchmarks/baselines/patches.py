"""Owns our side of the benchmark of patches: one judgement in a warm sandbox, or the whole command.

Imports of Vervet only what a worker process has loaded as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from baselines.official_swebench import MODEL
from baselines.ways import AbsentError
from vervet.core.values import Attempt, Problem
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.verification.patches.verifier import PatchVerifier
from vervet.verification.registry import drive

__all__ = ["Given", "Watching", "judge", "sandboxes", "whole_command"]

COMMANDS = frozenset({"install", "tests", "twins", "mutants"})
"""Steps that run the instance's own install and test commands; everything else is overhead."""


@dataclass(frozen=True, slots=True)
class Given:
    """One instance on both sides: as a row of the data set, and as a validated problem."""

    row: Mapping[str, Any]
    problem: Problem
    patches: Mapping[str, str]


class Watching:
    """The sandbox, and how long the commands of its last job took."""

    def __init__(self) -> None:
        self._inner = DockerSandbox()
        self.commands_s = 0.0

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`."""
        report = self._inner.run(job, on_check)
        self.commands_s = sum(c.usage.wall_s for c in report.checks if c.name in COMMANDS)
        return report

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@contextmanager
def sandboxes(count: int) -> Iterator[SimpleQueue[Watching]]:
    """One a worker, for as long as the benchmark runs, as a worker process has it."""
    made = [Watching() for _ in range(count)]
    free: SimpleQueue[Watching] = SimpleQueue()
    for each in made:
        free.put(each)
    try:
        yield free
    finally:
        for each in made:
            each.close()


def judge(free: SimpleQueue[Watching], given: Given, patch: str) -> tuple[float, float, Attempt]:
    """Seconds of a judgement, seconds of its commands, and what came of it."""
    sandbox, verifier = free.get(), PatchVerifier()
    try:
        began = time.perf_counter()
        solution = verifier.extract(given.problem, patch, cut=False)
        attempt = drive(verifier.steps(given.problem, solution), sandbox)
        return time.perf_counter() - began, sandbox.commands_s, attempt
    finally:
        free.put(sandbox)


def whole_command(all_given: Sequence[Given], workers: int, folder: Path, state: Path) -> float:
    """Seconds a patch of `vervet swebench evaluate`, from nothing to its exit; all patches."""
    rows, given_file = folder / "command.jsonl", folder / "predictions.jsonl"
    rows.write_text("".join(json.dumps(dict(given.row)) + "\n" for given in all_given))
    patches = [
        {"instance_id": given.problem.id, "model_name_or_path": MODEL, "model_patch": patch}
        for given in all_given
        for patch in given.patches.values()
    ]
    given_file.write_text("".join(json.dumps(each) + "\n" for each in patches))
    database = f"sqlite:///{folder / f'{time.time_ns()}.db'}"
    command = [
        str(Path(sys.executable).parent / "vervet"), "swebench", "evaluate", str(rows),
        "--predictions", str(given_file), "--state-dir", str(state), "--db", database,
        "--workers", str(workers), "--display", "none",
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - began
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-600:]
        raise AbsentError(f"vervet swebench evaluate ended with {done.returncode}: {said}")
    return spent / len(patches)
