"""From a file to a suite: guesses the format, keeps what is sound, sets the rest aside."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from vervet.core.errors import ProblemError, UsageError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem, Suite
from vervet.problems.formats import LoadedSuite, ProblemFormat, format_names, get_format

__all__ = ["first_reasons", "guess_format", "read_suite"]

_LOOK_AT = 100


def read_suite(
    path: Path,
    *,
    name: str = "",
    format: str | None = None,  # noqa: A002
    limit: int | None = None,
) -> LoadedSuite:
    """All problems of a file (the first `limit` sound ones), and each line set aside.

    The suite may be empty. Raises `ProblemError` if the file cannot be read or fits no format,
    `UnknownNameError` for an unknown format, `UsageError` for a limit below 1.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"the limit is {limit}", hint="Use a whole number from 1 on.")
    try:
        used = get_format(format) if format else guess_format(path)
        kept, set_aside = _sort(used, path, limit)
    except OSError as error:
        raise ProblemError(f"cannot read {path}: {error.strerror or error}") from error
    suite = Suite(name or path.name.split(".")[0], kept, origin=str(path))
    return LoadedSuite(suite, set_aside)


def guess_format(path: Path) -> ProblemFormat:
    """The format whose keys the first records have. Raises `ProblemError` if none has."""
    formats = [get_format(name) for name in format_names()]
    seen = False
    reason = ""
    for candidate in formats:
        for item in islice(candidate.records(path), _LOOK_AT):
            seen = True
            if isinstance(item, Record) and candidate.recognises(item.value):
                return candidate
            reason = reason or str(item if isinstance(item, SetAside) else _keys(item))
    if not seen:
        raise ProblemError(f"{path} holds no problem: it is empty")
    raise ProblemError(
        f"{path} is in no known format; {reason}",
        hint=f"Formats are {', '.join(format_names())}; docs/problems.md shows their keys.",
    )


def _keys(record: Record) -> str:
    names = ", ".join(map(str, islice(record.value, 8)))
    return f"line {record.line} has the keys {names or '(none)'}"


def _sort(
    used: ProblemFormat, path: Path, limit: int | None
) -> tuple[tuple[Problem, ...], tuple[SetAside, ...]]:
    kept: dict[str, Problem] = {}
    lines: dict[str, int] = {}
    set_aside: list[SetAside] = []
    for item in used.records(path):
        if isinstance(item, SetAside):
            set_aside.append(item)
            continue
        try:
            problem = used.problem(item.value)
            if problem.id in kept:
                raise ProblemError(f"the id {problem.id!r} stands on line {lines[problem.id]} too")
        except ProblemError as error:
            set_aside.append(SetAside(str(path), item.line, error.message))
            continue
        kept[problem.id] = problem
        lines[problem.id] = item.line
        if limit is not None and len(kept) == limit:
            break
    return tuple(kept.values()), tuple(set_aside)


def first_reasons(set_aside: Iterable[SetAside], count: int = 3) -> str:
    """The first few lines set aside, for an error's hint."""
    return "; ".join(str(item) for item in islice(set_aside, count))
