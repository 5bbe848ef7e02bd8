"""The parts of an audit's report, as values: what a page and a text for a tracker are made of.

Knows no markup: all texts are plain, and who writes them out escapes them. So the numbers in
both are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from matplotlib.figure import Figure

from vervet.report.audit_texts import Pair
from vervet.report.files import Table

__all__ = [
    "Block",
    "Card",
    "Cell",
    "Column",
    "Document",
    "Fold",
    "Kind",
    "Name",
    "Patch",
    "Plot",
    "Point",
    "Points",
    "Rows",
    "Section",
    "Sides",
    "Words",
]


@dataclass(frozen=True, slots=True)
class Name:
    """Something of others, to be told apart from our own words: a problem, a check, an output."""

    text: str


Cell = str | Name


class Kind(StrEnum):
    """What a column holds."""

    NAME = "name"
    NUMBER = "number"
    WORDS = "words"
    """Sentences, which may take several lines."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    heading: str
    kind: Kind = Kind.WORDS


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; with `quiet` beside the matter."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One of several things to be said: the gist, and the rest of the sentence."""

    gist: str
    rest: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table. `rows` may be many: who writes them out says how many it leaves out.

    `shares` (of 1, one a row) are drawn as bars where there is room for them.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    shares: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure, drawn at a width in inches under a title, with the data that it shows.

    `name` is the stem of its files; `alt` says it in words.
    """

    name: str
    alt: str
    draw: Callable[[float, str], Figure]
    table: Table


@dataclass(frozen=True, slots=True)
class Sides:
    """Two texts side by side, and `remarks` on what of them is not shown."""

    left: str
    right: str
    pairs: Sequence[Pair]
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """Lines of a unified diff, each with its sign."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks under a line that opens and closes them; `name` comes first in it."""

    name: Name
    title: str
    blocks: Sequence[Block]
    open: bool = False


Block = Words | Points | Rows | Plot | Sides | Patch | Fold


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Card:
    """One of the few numbers at the top."""

    label: str
    value: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. `notices` are what a reader must know before the numbers."""

    title: str
    subject: str
    beside: str
    cards: Sequence[Card]
    notices: Sequence[str]
    sections: Sequence[Section]
    closing: Sequence[str] = field(default=())

    def plots(self) -> list[Plot]:
        """The figures, in the order of the report."""
        return [
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Plot)
        ]
