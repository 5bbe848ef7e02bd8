"""What a format of problem files is, and the register of those that are installed.

Formats are entry points of the group `vervet.problem_formats`; a new one is one module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from vervet.core.errors import UnknownNameError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem, Suite

__all__ = ["FolderFormat", "LoadedSuite", "ProblemFormat", "format_names", "get_format"]

GROUP = "vervet.problem_formats"


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """The problems that could be read, and each line that could not, with its reason."""

    suite: Suite
    set_aside: tuple[SetAside, ...] = ()


class ProblemFormat(Protocol):
    """One form in which people keep problems."""

    name: str

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """The file's records in order. Raises `OSError` if it cannot be read."""
        ...

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """Whether a record looks like one of this format; a guess from its keys."""
        ...

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """The problem that a record holds, the `row`-th of its file (from 0, broken ones too).

        The row names problems whose records have no id. Raises `ProblemError` with what is
        wrong in the record.
        """
        ...


@runtime_checkable
class FolderFormat(Protocol):
    """A format that also reads a folder: its `records` take one."""

    def recognises_folder(self, path: Path) -> bool:
        """Whether the folder is laid out as the format's are."""
        ...


def format_names() -> tuple[str, ...]:
    """Names of the installed formats, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def get_format(name: str) -> ProblemFormat:
    """The format of that name. Raises `UnknownNameError` with the nearest ones."""
    for point in entry_points(group=GROUP, name=name):
        made: ProblemFormat = point.load()()
        return made
    raise UnknownNameError("problem format", name, format_names())
