"""From a file to a suite: guesses the format, keeps what is sound, sets the rest aside."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from vervet.core.digests import canonical_json
from vervet.core.errors import ProblemError, UsageError, VervetError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem, Suite
from vervet.problems.formats import (
    FolderFormat,
    LoadedSuite,
    ProblemFormat,
    format_names,
    get_format,
)

__all__ = [
    "ProblemCheck",
    "all_formats",
    "collect",
    "first_reasons",
    "format_of",
    "guess_format",
    "items_of",
    "judged",
    "read_suite",
    "recognised",
    "sound_problems",
]

ProblemCheck = Callable[[Problem], None]
"""Raises `ProblemError` for a problem that nothing could judge."""
Items = Iterable[Record | SetAside]

_LOOK_AT = 100
_OURS = "plain"


def read_suite(
    path: Path,
    *,
    name: str = "",
    format: str | None = None,  # noqa: A002
    limit: int | None = None,
    check: ProblemCheck | None = None,
) -> LoadedSuite:
    """All problems of a file (the first `limit` sound ones), and each line set aside.

    The suite may be empty. Raises `ProblemError` if the file cannot be read or fits no format,
    `UnknownNameError` for an unknown format, `UsageError` for a limit below 1.
    """
    used = format_of(path, format)
    return collect(
        sound_problems(used, items_of(used, path), str(path), check),
        name=name or path.name.split(".")[0],
        origin=str(path),
        limit=limit,
    )


def collect(
    found: Iterable[tuple[int, Problem] | SetAside], *, name: str, origin: str, limit: int | None
) -> LoadedSuite:
    """A suite of the first `limit` problems. Raises `UsageError` for a limit below 1."""
    if limit is not None and limit < 1:
        raise UsageError(f"the limit is {limit}", hint="Use a whole number from 1 on.")
    kept: list[Problem] = []
    set_aside: list[SetAside] = []
    for item in found:
        if isinstance(item, SetAside):
            set_aside.append(item)
            continue
        kept.append(item[1])
        if limit is not None and len(kept) == limit:
            break
    return LoadedSuite(Suite(name, tuple(kept), origin=origin), tuple(set_aside))


def sound_problems(
    used: ProblemFormat, items: Items, origin: str, check: ProblemCheck | None = None
) -> Iterator[tuple[int, Problem] | SetAside]:
    """Each sound problem with its line, and why each other record holds none, in order.

    Memory grows with the number of ids alone.
    """
    lines: dict[str, int] = {}
    for row, item in enumerate(items):
        if isinstance(item, SetAside):
            yield item
            continue
        try:
            problem = judged(used.problem(item.value, row), check)
            if problem.id in lines:
                raise ProblemError(
                    f"the id {problem.id!r:.80} stands on line {lines[problem.id]} too"
                )
        except ProblemError as error:
            yield SetAside(origin, item.line, error.message)
            continue
        lines[problem.id] = item.line
        yield item.line, problem


def judged(problem: Problem, check: ProblemCheck | None) -> Problem:
    """The problem, if it can be stored and judged. Raises `ProblemError` if not."""
    for what, text in (("id", problem.id), ("prompt", problem.prompt)):
        if "\0" in text:
            raise ProblemError(f"its {what} holds a NUL, which no database can hold as text")
    if not problem.prompt.strip():
        raise ProblemError("its prompt is empty")
    try:
        canonical_json([problem.labels, problem.spec.get("limits")])
    except (TypeError, ValueError, RecursionError) as error:
        raise ProblemError(f"its labels or limits hold what JSON cannot: {error}") from None
    if check is not None:
        try:
            check(problem)
        except ProblemError:
            raise
        except VervetError as error:
            raise ProblemError(error.message, hint=error.hint) from error
    return problem


def format_of(path: Path, name: str | None) -> ProblemFormat:
    """The format of that name, else the one that the file seems to have; see `guess_format`."""
    return get_format(name) if name else guess_format(path)


def guess_format(path: Path) -> ProblemFormat:
    """The format whose keys the first records have. Raises `ProblemError` if none has.

    A folder is of the format that reads folders laid out as it is.
    """
    if path.is_dir():
        return _format_of_folder(path)
    with ExitStack() as stack:
        return recognised(
            [(used, stack.enter_context(closing(items_of(used, path)))) for used in all_formats()],
            str(path),
        )


def _format_of_folder(path: Path) -> ProblemFormat:
    for used in all_formats():
        if isinstance(used, FolderFormat) and used.recognises_folder(path):
            return used
    raise ProblemError(f"{path} is a folder", hint="Give a file of problems in it.")


def all_formats() -> list[ProblemFormat]:
    """Every installed format; ours last, since its keys are the commonest."""
    names = sorted(format_names(), key=lambda name: (name == _OURS, name))
    return [get_format(name) for name in names]


def recognised(
    sources: Sequence[tuple[ProblemFormat, Iterator[Record | SetAside]]], origin: str
) -> ProblemFormat:
    """The first format that recognises one of the first records, which each reads in its way.

    Raises `ProblemError` if none does.
    """
    reason = ""
    for _ in range(_LOOK_AT):
        for used, items in sources:
            item = next(items, None)
            if isinstance(item, Record) and used.recognises(item.value):
                return used
            if item is not None and used is sources[-1][0]:
                reason = reason or str(item if isinstance(item, SetAside) else _keys(item))
    if not reason:
        raise ProblemError(f"{origin} holds no problem: it is empty")
    raise ProblemError(
        f"{origin} is in no known format; {reason}",
        hint=f"Formats are {', '.join(format_names())}; docs/problems.md shows their keys.",
    )


def first_reasons(set_aside: Iterable[SetAside], count: int = 3) -> str:
    """The first few lines set aside, for an error's hint."""
    return "; ".join(str(item) for item in islice(set_aside, count))


def _keys(record: Record) -> str:
    names = ", ".join(map(str, islice(record.value, 8)))
    return f"line {record.line} has the keys {names or '(none)'}"


def items_of(used: ProblemFormat, path: Path) -> Generator[Record | SetAside, None, None]:
    """The file's records as the format reads them. Raises `ProblemError` if it cannot."""
    try:
        yield from used.records(path)
    except OSError as error:
        raise ProblemError(f"cannot read {path}: {error.strerror or error}") from error
