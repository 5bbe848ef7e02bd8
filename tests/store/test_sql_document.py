"""Every statement of docs/sql.md gives, on both databases, the rows that are printed there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from vervet.store.database import Database
from vervet.store.sql import run_sql

DOCUMENT = Path(__file__).parents[2] / "docs" / "sql.md"
QUESTION = re.compile(
    r"^## (?P<name>\d+\. [^\n]*)\n(?P<words>(?:(?!```)[^\n]*\n)*)"
    r"```sql\n(?P<statement>.*?)```\n\n(?P<table>(?:\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Question:
    statement: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def questions() -> dict[str, Question]:
    found = {}
    for each in QUESTION.finditer(DOCUMENT.read_text(encoding="utf-8")):
        columns, _, *rows = (cells(line) for line in each["table"].splitlines())
        found[each["name"]] = Question(each["statement"], columns, tuple(rows))
    return found


def cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip()[1:-1].split("|"))


def test_the_document_asks_at_least_fifteen_questions_and_hides_none() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(questions()) >= 15
    assert len(questions()) == text.count("```sql") == len(re.findall(r"^## \d+\.", text, re.M))


@pytest.mark.parametrize("name", questions())
def test_a_statement_of_the_document_gives_the_rows_printed_there(
    filled: Database, name: str
) -> None:
    question = questions()[name]
    assert question.rows, "a question without an answer shows nothing"
    found = run_sql(filled, question.statement)
    shown = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in found.rows)
    assert (found.columns, shown) == (question.columns, question.rows)
