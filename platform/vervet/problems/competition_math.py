"""MATH: a problem, and a worked solution with the answer in `\\boxed{}`; MATH-500 as well.

Source: Hendrycks et al., "Measuring Mathematical Problem Solving With the MATH Dataset", 2021.
Records have no id, but those of MATH-500: problems are named by their row. The records that the
code of "Large Language Monkeys" writes are read too (`question`, `gt_answer`, `prompt`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.fields import text
from vervet.problems.rows import read_rows

__all__ = ["PATTERN", "STOP", "MathFormat", "boxed"]

PATTERN = "minerva|boxed"
"""The sentence of Minerva's prompt, which the paper uses, or else a box as the set has it."""
STOP = ("\nProblem:",)
_LABELS = ("level", "type", "subject")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])\s*(?P<open>\{)?")


class MathFormat:
    """Records with `problem` and `solution`."""

    name = "math"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of JSON lines or Parquet."""
        return read_rows(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By problem and solution, where nothing else says of what kind they are."""
        if {"question", "gt_answer"} <= record.keys():
            return boxed(str(record["gt_answer"])) is not None
        return {"problem", "solution"} <= record.keys() and "kind" not in record

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `answer`; its reference is the worked solution."""
        paper = "gt_answer" in record
        question = text(record, "question" if paper else "problem")
        worked = text(record, "gt_answer" if paper else "solution")
        answer = text(record, "answer") if "answer" in record else boxed(worked)
        if not answer or not answer.strip():
            raise ProblemError("the solution holds no \\boxed{} with an answer")
        return Problem(
            id=text(record, "unique_id", default=f"math/{row}"),
            kind="answer",
            prompt=text(record, "prompt", default=f"Problem:\n{question}\n\nSolution:"),
            spec={"answer": answer.strip(), "pattern": PATTERN},
            stop=STOP,
            labels={key: record[key] for key in _LABELS if record.get(key)},
            references=(worked,),
        )


def boxed(worked: str) -> str | None:
    r"""What the last `\boxed` holds, braces inside it balanced; None if there is none.

    `\boxed 7`, which the set has too, holds what stands up to the next blank or dollar.
    """
    found = list(_BOX.finditer(worked))
    if not found:
        return None
    rest = worked[found[-1].end() :]
    if found[-1]["open"] is None:
        return re.split(r"[\s$]", rest, maxsplit=1)[0]
    depth = 1
    for brace in _BRACE.finditer(rest):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return rest[: brace.start()]
    return None
