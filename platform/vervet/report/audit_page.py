"""The page of an audit: one HTML file that needs no other file, no script and no network.

Writes out a `Document`; knows nothing of audits. Every text goes through the template's escaping.
"""

from __future__ import annotations

from vervet.report.audit_document import Block, Document, Kind, Name, Rows
from vervet.report.audit_texts import short
from vervet.report.markup import NARROW, WIDE, picture, templates
from vervet.report.theme import DARK, LIGHT

__all__ = ["audit_html"]

MOST_ROWS = 500
LONGEST_NAME = 200
LONGEST_WORDS = 2_000


def audit_html(document: Document) -> str:
    """The whole page as text."""
    environment = templates()
    environment.filters.update(plain=_plain, given=_given, kind=_kind)
    environment.globals["stacks"] = _stacks
    environment.tests["name"] = lambda cell: isinstance(cell, Name)
    drawn = {
        plot.name: picture(_plain(plot.alt), plot.draw(WIDE, ""), plot.draw(NARROW, ""))
        for plot in document.plots()
    }
    return environment.get_template("audit.html.j2").render(
        document=document, drawn=drawn, most_rows=MOST_ROWS, light=LIGHT, dark=DARK
    )


def _plain(text: str) -> str:
    return short(text, LONGEST_WORDS)


def _given(text: str) -> str:
    return short(text, LONGEST_NAME) or "(empty)"


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _stacks(table: Rows) -> bool:
    """Whether a narrow page shows each row as a list of its cells: there is no room beside."""
    wordy = any(column.kind is Kind.WORDS for column in table.columns[1:])
    return len(table.columns) > (2 if wordy else 5)
