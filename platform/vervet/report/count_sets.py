"""Counts of one run or one file, as everything that compares several of them takes them.

Reads CSV files of (problem, n, c); never reads a database: a run's report is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vervet.analysis.counts import IntArray, check_counts
from vervet.core.errors import AnalysisError
from vervet.report.csv_files import reading_csv
from vervet.report.groups import groups_of
from vervet.report.run_report import RunReport

__all__ = ["CountSet", "read_counts", "set_of_report"]

PROBLEM = ("problem", "problem_idx", "problem_id", "task_id", "id")
GROUP = ("model", "run")
N = ("n", "num_samples", "total")
C = ("c", "num_correct", "correct", "passed")


@dataclass(frozen=True, slots=True, eq=False)
class CountSet:
    """Candidates `n` and passes `c` of named problems, arrays of shape (problems,).

    `unsettled` candidates have no verdict yet and are part of n. `model` is what a price or a
    shape is looked up by. `remarks` are sentences that belong beside its numbers.
    """

    label: str
    names: tuple[str, ...]
    n: IntArray
    c: IntArray
    unsettled: IntArray
    model: str
    remarks: tuple[str, ...] = ()


def set_of_report(report: RunReport, label: str | None = None) -> CountSet:
    """The problems of a run that its figures are about: those of `label`, else the main one's.

    Raises `AnalysisError` for a run without candidates and `UnknownNameError` for a label that
    none of its problems has.
    """
    wanted = label if label is not None else report.main_label
    main = groups_of(report.problems, wanted, report.preset).main
    if main is None or (wanted is not None and main.label != wanted):
        raise AnalysisError(
            f"run {report.run!r} has no candidates" + (f" of {wanted} problems" if wanted else ""),
            hint="Sample at least one candidate for at least one problem.",
        )
    left = {problem.name: problem.unsettled for problem in report.problems}
    unsettled = np.array([left[name] for name in main.names], dtype=np.int64)
    remarks = []
    if main.only_doubted:
        remarks.append("every pass carries a flag; here they are counted")
    others = {problem.label for problem in report.problems} - {main.label}
    if others:
        shown = main.label or "unlabelled"
        remarks.append(f"{shown} problems only (--label shows others)")
    if unsettled.any():
        count = int(unsettled.sum())
        remarks.append(f"{count:,} candidates are unsettled and count as not passed")
    return CountSet(
        label=report.run,
        names=main.names,
        n=main.n,
        c=main.c,
        unsettled=unsettled,
        model=report.model,
        remarks=tuple(remarks),
    )


def read_counts(path: Path) -> tuple[CountSet, ...]:
    """The sets of a CSV file with a header: columns problem, n and c; one set for each model.

    A column `model` or `run` parts the rows. Raises `UsageError` for a file that cannot be read,
    `AnalysisError` with the line for counts that cannot be and for a problem that comes twice.
    """
    sets: dict[str, dict[str, tuple[int, int]]] = {}
    for line, group, problem, n, c in _rows(path):
        counts = sets.setdefault(group, {})
        if problem in counts:
            raise AnalysisError(
                f"{path}:{line}: problem {problem!r} comes a second time"
                + (f" for {group}" if group else ""),
                hint="Give each problem one line, with all its candidates counted together.",
            )
        try:
            check_counts([n], [c], [problem])
        except AnalysisError as error:
            raise AnalysisError(f"{path}:{line}: {error.message}", hint=error.hint) from error
        counts[problem] = (n, c)
    if not sets:
        raise AnalysisError(f"{path} holds no counts", hint=_HINT)
    return tuple(_set(group or path.stem, counts) for group, counts in sets.items())


def _set(label: str, counts: Mapping[str, tuple[int, int]]) -> CountSet:
    pairs = np.array(list(counts.values()), dtype=np.int64)
    return CountSet(
        label=label,
        names=tuple(counts),
        n=pairs[:, 0],
        c=pairs[:, 1],
        unsettled=np.zeros(len(pairs), dtype=np.int64),
        model=label,
    )


_HINT = "It needs a header with the columns problem, n and c, and a line for each problem."


def _rows(path: Path) -> Iterator[tuple[int, str, str, int, int]]:
    with reading_csv(path, _HINT) as reader:
        columns = _columns(path, list(reader.fieldnames or []))
        for row in reader:
            line = reader.line_num
            cells = {key: (row.get(name) or "").strip() for key, name in columns.items()}
            if not cells["problem"]:
                raise AnalysisError(f"{path}:{line}: the problem has no name")
            n, c = (_number(cells[key], key, path, line) for key in ("n", "c"))
            yield line, cells.get("group", ""), cells["problem"], n, c


def _columns(path: Path, header: list[str]) -> dict[str, str]:
    """Which of the file's columns is what. Raises `AnalysisError` for a missing one."""
    plain = {name.strip().lower(): name for name in header}
    found = {}
    for key, names in (("problem", PROBLEM), ("n", N), ("c", C), ("group", GROUP)):
        name = next((plain[each] for each in names if each in plain), None)
        if name is not None:
            found[key] = name
        elif key != "group":
            shown = ", ".join(header) or "none"
            raise AnalysisError(f"{path} has no column {key!r} (there are: {shown})", hint=_HINT)
    return found


def _number(text: str, what: str, path: Path, line: int) -> int:
    try:
        return int(text)
    except ValueError:
        raise AnalysisError(
            f"{path}:{line}: {what} is {text!r}", hint="Counts are whole numbers."
        ) from None
