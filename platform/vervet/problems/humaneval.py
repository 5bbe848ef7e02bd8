"""HumanEval's JSONL: a prompt that ends in a docstring, tests as a function `check`.

Source: Chen et al., "Evaluating Large Language Models Trained on Code", 2021, whose stop
strings are used as well. Keys that other editions add are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside, read_records
from vervet.core.values import Problem
from vervet.problems.fields import text

__all__ = ["STOP", "HumanEvalFormat"]

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


class HumanEvalFormat:
    """Records with `task_id`, `prompt`, `entry_point`, `canonical_solution` and `test`."""

    name = "humaneval"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """One JSON object a line."""
        return read_records(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By the three keys that no other format has together."""
        return {"task_id", "entry_point", "test"} <= record.keys()

    def problem(self, record: Mapping[str, Any]) -> Problem:
        """A problem of kind `function`; its reference is the canonical solution."""
        prompt = text(record, "prompt")
        test = text(record, "test", empty=True)
        if not test.strip():
            raise ProblemError("has no tests")
        reference = text(record, "canonical_solution", default="", empty=True)
        return Problem(
            id=text(record, "task_id"),
            kind="function",
            prompt=prompt,
            spec={"prompt": prompt, "entry_point": text(record, "entry_point"), "test": test},
            stop=STOP,
            references=(reference,) if reference else (),
        )
