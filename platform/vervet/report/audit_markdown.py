"""An audit's report as Markdown to paste into an issue tracker: tables as GitHub has them.

Writes out a `Document`. Texts of others make no markup, no link and call nobody; the whole stays
below what such a tracker takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from vervet.report.audit_document import (
    Block,
    Cell,
    Document,
    Fold,
    Kind,
    Name,
    Patch,
    Plot,
    Point,
    Points,
    Rows,
    Section,
    Sides,
    Words,
)
from vervet.report.audit_texts import Pair, short

__all__ = ["audit_markdown"]

MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 in an issue."""
MOST_ROWS = 25
MOST_FOLDS = 10
MOST_PAIRS = 30
LONGEST_NAME = 80
LONGEST_WORDS = 600
BREAK = "\u200b"
"""Of no width: keeps a tracker from reading a mention, a number of an issue or an address."""


def audit_markdown(document: Document) -> str:
    """The whole text, at most `MOST_CHARACTERS` of it; it says what it leaves out."""
    parts = [*_head(document)]
    left_out = 0
    size = sum(map(len, parts))
    for section in document.sections:
        made = [*_section(section)]
        heading, blocks = made[0], made[1:]
        if blocks:
            parts.append(heading)
        for block in blocks:
            if size + len(block) > MOST_CHARACTERS:
                left_out += 1
                continue
            parts.append(block)
            size += len(block)
    if left_out:
        parts.append(f"*Too long for a tracker: {left_out:,} more parts are in report.html.*")
    parts.extend(_foot(document))
    return "\n\n".join(parts) + "\n"


def _head(document: Document) -> Iterator[str]:
    yield f"## {_words(document.title)}"
    beside = f" · {_words(document.beside)}" if document.beside else ""
    yield f"{_name(document.subject)}{beside}"
    cards = [
        f"- **{_words(card.label)}: {_words(card.value)}**"
        + (f" ({_words(card.beside)})" if card.beside else "")
        for card in document.cards
    ]
    if cards:
        yield "\n".join(cards)
    if document.notices:
        yield "\n".join(f"> {_words(notice)}" + "  " for notice in document.notices)


def _foot(document: Document) -> Iterator[str]:
    yield from (_words(each) for each in document.closing)
    figures = ", ".join(f"{plot.name}.png" for plot in document.plots())
    yield (
        f"*Made by Vervet. Figures beside this file: {figures}.*"
        if figures
        else "*Made by Vervet.*"
    )


def _section(section: Section) -> Iterator[str]:
    yield f"### {_words(section.heading)}"
    folds = 0
    for block in section.blocks:
        folds += isinstance(block, Fold)
        if not isinstance(block, Fold) or folds <= MOST_FOLDS:
            yield from _block(block)
    if folds > MOST_FOLDS:
        yield f"*{folds - MOST_FOLDS:,} more are in report.html.*"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Words():
            yield _words(block.text)
        case Points():
            yield "\n".join(map(_point, block.points))
        case Rows():
            yield _rows(block)
        case Sides():
            yield _fenced(_diff(block.pairs[:MOST_PAIRS]))
            more = len(block.pairs) - MOST_PAIRS
            remarks = [
                *block.remarks,
                *([f"{more:,} more lines in report.html"] if more > 0 else []),
            ]
            if remarks:
                yield "; ".join(map(_words, remarks))
        case Patch():
            yield _fenced(block.lines)
        case Fold():
            inner = [part for each in block.blocks for part in _block(each)]
            summary = f"<summary>{_code(block.name.text)} {_html(block.title)}</summary>"
            yield "\n\n".join([f"<details>{summary}", *inner, "</details>"])
        case Plot():
            pass


def _point(point: Point) -> str:
    return f"- **{_words(point.gist)}** {_words(point.rest)}"


def _rows(table: Rows) -> str:
    lines = [f"{_words(table.caption)}\n"] if table.caption else []
    lines.append(_line([_words(column.heading) for column in table.columns]))
    lines.append(
        _line(["---:" if column.kind is Kind.NUMBER else "---" for column in table.columns])
    )
    lines += [_line([_cell(cell) for cell in row]) for row in table.rows[:MOST_ROWS]]
    more = len(table.rows) - MOST_ROWS
    if more > 0:
        lines.append(f"\n*{more:,} more rows are in report.json.*")
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return _name(cell.text) if isinstance(cell, Name) else _words(cell)


def _diff(pairs: Sequence[Pair]) -> Iterator[str]:
    """Lines of a diff; of lines that follow each other first all of the left, as is the custom."""
    right: list[str] = []
    for pair in pairs:
        if pair.same:
            yield from right
            right = []
            yield f"@@ {pair.gap:,} equal @@" if pair.gap else f"  {pair.left.text}"  # type: ignore[union-attr]
            continue
        if pair.left:
            yield f"- {pair.left.text}"
        if pair.right:
            right.append(f"+ {pair.right.text}")
    yield from right


def _fenced(lines: Iterator[str] | Sequence[str]) -> str:
    body = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{body}\n{fence}"


_PLAIN_NAME = re.compile(r"[A-Za-z0-9 _./:,=+()\[\]'\"<>#@*-]+\Z")


def _name(text: str) -> str:
    """Somebody's text as code: in backticks where that is safe in a table, too."""
    said = short(text, LONGEST_NAME)
    if said and said == said.strip() and _PLAIN_NAME.match(said):
        return f"`{said}`"
    return _code(text)


def _code(text: str) -> str:
    said = short(text, LONGEST_NAME) or "(empty)"
    coded = "".join(
        char if char.isalnum() or not char.isascii() or char in " -,/" else f"&#{ord(char)};"
        for char in said
    )
    return f"<code>{coded}</code>"


def _html(text: str) -> str:
    """A text within a block of HTML, where nothing is Markdown."""
    return escape(_CALLS.sub(rf"\1{BREAK}", short(text, LONGEST_WORDS)), quote=False)


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;"}
_MARKS = frozenset("`*_[]|~$")
_CALLS = re.compile(r"((?<!\w)@|#(?=\d)|://|\bwww(?=\.)|\bGH(?=-\d))", re.IGNORECASE)
_STARTS = re.compile(r"([#+=-]|\d+[.)])(?=\s|\Z)")


def _words(text: str) -> str:
    """A text on one line in which nothing is markup."""
    said = short(text, LONGEST_WORDS)
    start = _STARTS.match(said)
    said = _CALLS.sub(rf"\1{BREAK}", said)
    coded = "".join(
        _ENTITIES.get(char) or (f"\\{char}" if char in _MARKS else char) for char in said
    )
    if not start:
        return coded
    return f"{coded[: start.end() - 1]}\\{coded[start.end() - 1 :]}"
