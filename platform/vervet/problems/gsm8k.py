"""GSM8K: a question, and a worked answer that ends in `#### 18`.

Source: Cobbe et al., "Training Verifiers to Solve Math Word Problems", 2021. Records have no
id: problems are named by their row. The records that the code of "Large Language Monkeys" writes
are read too (`question`, `gt_answer`, `prompt`).
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

__all__ = ["PATTERN", "STOP", "Gsm8kFormat"]

MARK = "####"
PATTERN = "hash|after:A:"
"""The set's own mark, or the one of the solutions that OpenAI published with it."""
STOP = ("\nQuestion:",)


class Gsm8kFormat:
    """Records with `question` and `answer`."""

    name = "gsm8k"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of JSON lines or Parquet."""
        return read_rows(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By question and answer, where nothing else says of what kind they are."""
        if {"question", "gt_answer"} <= record.keys():
            return MARK in str(record["gt_answer"])
        return {"question", "answer"} <= record.keys() and "kind" not in record

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `answer`; its reference is the worked answer."""
        question = text(record, "question")
        worked = text(record, "gt_answer" if "gt_answer" in record else "answer")
        _, mark, answer = worked.rpartition(MARK)
        if not mark or not answer.strip():
            raise ProblemError(f"'answer' ends in no {MARK} with what is right behind it")
        return Problem(
            id=f"gsm8k/{row}",
            kind="answer",
            prompt=text(record, "prompt", default=f"Question: {question}\nAnswer:"),
            spec={"answer": answer.strip(), "pattern": PATTERN},
            stop=STOP,
            references=(worked,),
        )
