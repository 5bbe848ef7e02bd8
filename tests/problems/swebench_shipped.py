"""The shipped instances of SWE-bench's form: their folders, and the files generated from them.

`python -m tests.problems.swebench_shipped` writes those files again after an edit of the folders.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

__all__ = ["FOLDER", "HARD", "candidates", "generated", "instances", "task"]

FOLDER = Path(__file__).resolve().parents[2] / "platform/vervet/problems/bundled/swebench"
HARD = ("hanging", "memory-eating")
"""Candidates that end at a limit: in a file of their own, since they take long."""
MODEL = "shipped"
FILES = {
    "patch": "gold.patch",
    "test_patch": "test.patch",
    "eval_script": "eval.sh",
    "problem_statement": "problem_statement.md",
}


def task(instance: str) -> Path:
    """The folder of an instance."""
    return FOLDER / "tasks" / instance


def instances() -> list[dict[str, Any]]:
    """The rows, as the data set has them: lists of tests are JSON text."""
    return [_row(folder) for folder in sorted((FOLDER / "tasks").iterdir())]


def candidates(instance: str) -> dict[str, tuple[str, str]]:
    """Patches by name, each with the status that it ends in."""
    folder = task(instance)
    listed = json.loads((folder / "candidates.json").read_text())
    found = {}
    for each in listed:
        name = each["name"]
        path = folder / "gold.patch" if name == "gold" else folder / "candidates" / f"{name}.patch"
        found[name] = (path.read_text(), each["status"])
    return found


def generated() -> dict[str, str]:
    """What the generated files must hold, by their names."""
    rows = instances()
    easy, hard = [], []
    for row in rows:
        for name, (patch, _) in candidates(row["instance_id"]).items():
            prediction = {
                "instance_id": row["instance_id"],
                "model_name_or_path": MODEL,
                "model_patch": patch,
            }
            (hard if name in HARD else easy).append(prediction)
    return {
        "instances.jsonl": _lines(rows),
        "predictions.jsonl": _lines(easy),
        "predictions-hard.jsonl": _lines(hard),
    }


def _row(folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = yaml.safe_load((folder / "task.yaml").read_text())
    row |= {key: (folder / name).read_text() for key, name in FILES.items()}
    tests = json.loads((folder / "tests.json").read_text())
    row |= {key: json.dumps(names) for key, names in tests.items()}
    return row | {"hints_text": ""}


def _lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(each, sort_keys=True) + "\n" for each in records)


if __name__ == "__main__":
    for name, text in generated().items():
        (FOLDER / name).write_text(text)
