"""Candidates of a CSV file as selectors see them: problem, answer, correct, scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vervet.analysis.selectors_answers import NO_ANSWER, Answers
from vervet.core.errors import AnalysisError
from vervet.report.csv_files import reading_csv
from vervet.report.selecting import SelectorData

__all__ = ["read_answers"]

TRUE = frozenset({"1", "true", "yes", "passed"})
FALSE = frozenset({"0", "false", "no", "failed", ""})
_HINT = (
    "It needs a header with the columns problem, answer (or class) and correct; every other "
    "column is a score; one line for each candidate."
)


def read_answers(path: Path) -> SelectorData:
    """One line for each candidate; equal texts in the column `answer` (or `class`) are one class.

    An empty answer is none. Every other column is a score by its name, empty where there is none.
    Raises `UsageError` for a file that cannot be read, `AnalysisError` with the line for a cell
    that cannot be.
    """
    with reading_csv(path, _HINT) as reader:
        header = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        answer = "answer" if "answer" in header else "class"
        for needed in ("problem", answer, "correct"):
            if needed not in header:
                shown = ", ".join(header) or "none"
                raise AnalysisError(
                    f"{path} has no column {needed!r} (there are: {shown})", hint=_HINT
                )
        scorers = [name for name in header if name not in ("problem", answer, "correct")]
        problems: dict[str, list[tuple[str, bool, list[float]]]] = {}
        for row in reader:
            where = f"{path}:{reader.line_num}"
            cells = {key: (row.get(key) or "").strip() for key in header}
            scores = [_score(cells[name], name, where) for name in scorers]
            candidate = (cells[answer], _truth(cells["correct"], where), scores)
            problems.setdefault(cells["problem"], []).append(candidate)
    if not problems:
        raise AnalysisError(f"{path} holds no candidates", hint=_HINT)
    made = tuple(_answers(name, rows, scorers) for name, rows in problems.items())
    return SelectorData(made, tuple(scorers), (), 0, 0, 0, 0)


def _answers(name: str, rows: list[tuple[str, bool, list[float]]], scorers: list[str]) -> Answers:
    ids: Mapping[str, int] = {
        text: at for at, text in enumerate(dict.fromkeys(text for text, _, _ in rows))
    }
    table = np.array([scores for _, _, scores in rows], dtype=np.float64)
    return Answers(
        correct=np.array([correct for _, correct, _ in rows], dtype=np.bool_),
        classes=np.array([ids[text] if text else NO_ANSWER for text, _, _ in rows], dtype=np.int64),
        scores={scorer: table[:, at] for at, scorer in enumerate(scorers)},
        name=name,
    )


def _truth(text: str, where: str) -> bool:
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise AnalysisError(f"{where}: correct is {text!r}", hint="Use 1 or 0, true or false.")


def _score(text: str, name: str, where: str) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError:
        raise AnalysisError(
            f"{where}: {name} is {text!r}",
            hint="Scores are numbers; leave the cell empty for none.",
        ) from None
