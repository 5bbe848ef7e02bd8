"""What a statement may read: tables and views, their columns, and what a view says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import inspect

from vervet.core.errors import UnknownNameError
from vervet.core.resources import migrations_dir
from vervet.store.database import Database

__all__ = ["ColumnInfo", "Description", "Names", "describe", "names"]


@dataclass(frozen=True, slots=True)
class Names:
    """What a statement may read from, in alphabetical order."""

    tables: tuple[str, ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column; `type` is the database's word, `refers_to` a table and column or empty."""

    name: str
    type: str
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """A table or view: its columns, and what a view says of itself."""

    name: str
    columns: tuple[ColumnInfo, ...]
    words: str = ""


def names(database: Database) -> Names:
    """The tables and views of the database."""
    with database.read() as conn:
        found = inspect(conn)
        return Names(tuple(sorted(found.get_table_names())), tuple(sorted(found.get_view_names())))


def describe(database: Database, name: str) -> Description:
    """The columns of a table or view. Raises `UnknownNameError`."""
    known = names(database)
    if name not in (*known.tables, *known.views):
        raise UnknownNameError("table or view", name, (*known.tables, *known.views))
    with database.read() as conn:
        found = inspect(conn)
        refers = {
            column: f"{key['referred_table']}.{referred}"
            for key in found.get_foreign_keys(name)
            for column, referred in zip(
                key["constrained_columns"], key["referred_columns"], strict=True
            )
        }
        columns = tuple(
            ColumnInfo(each["name"], _type_word(each["type"]), refers.get(each["name"], ""))
            for each in found.get_columns(name)
        )
    return Description(name, columns, _words_of(name, database.dialect))


def _type_word(found: Any) -> str:
    word = str(found).lower()
    return "" if word == "null" else word


def _words_of(name: str, dialect: str) -> str:
    """The comment at the top of a view's own file."""
    folder = migrations_dir() / "sql"
    for path in (folder / f"{name}.{dialect}.sql", folder / f"{name}.sql"):
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            said = takewhile(lambda line: line.startswith("--"), lines)
            return " ".join(line.removeprefix("--").strip() for line in said)
    return ""
