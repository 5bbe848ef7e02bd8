"""HumanEval's JSONL: a prompt that ends in a docstring, tests as a function `check`.

Source: Chen et al., "Evaluating Large Language Models Trained on Code", 2021, whose stop
strings are used as well. Keys that other editions add are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.fields import text
from vervet.problems.rows import read_rows

__all__ = ["STOP", "HumanEvalFormat"]

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


class HumanEvalFormat:
    """Records with `task_id`, `prompt`, `entry_point`, `canonical_solution` and `test`."""

    name = "humaneval"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of JSON lines or Parquet."""
        return read_rows(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By the three keys that only evalplus's files have too, beside their inputs."""
        return {"task_id", "entry_point", "test"} <= record.keys() and "plus_input" not in record

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `function`; its reference is the canonical solution."""
        del row
        prompt = text(record, "prompt")
        test = text(record, "test", empty=True)
        if not test.strip():
            raise ProblemError("has no tests")
        if "import numpy" in test:
            raise ProblemError(
                "has tests that need numpy, as the hub's HumanEval+: take evalplus's release file"
            )
        reference = text(record, "canonical_solution", default="", empty=True)
        return Problem(
            id=text(record, "task_id"),
            kind="function",
            prompt=prompt,
            spec={"prompt": prompt, "entry_point": text(record, "entry_point"), "test": test},
            stop=STOP,
            references=(reference,) if reference else (),
        )
