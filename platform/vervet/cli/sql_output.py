"""Owns how rows of a statement are printed. What a cell holds is shown, never obeyed."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from vervet.cli.output import table, visible
from vervet.store.export_files import json_cell, text_cell
from vervet.store.sql import SqlResult

__all__ = ["as_csv", "as_objects", "as_table"]

LONGEST = 2000


def as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Rows as a table for people: long cells are cut, and control characters are spelled out."""
    numbers = {
        at
        for at in range(len(columns))
        if rows and all(isinstance(row[at], int | float | None) for row in rows)
    }
    shown = [["" if cell is None else _shown(text_cell(cell)) for cell in row] for row in rows]
    return table(columns, shown, numbers)


def as_csv(result: SqlResult) -> None:
    """Print CSV, exactly."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([text_cell(value) for value in row] for row in result.rows)


def as_objects(result: SqlResult) -> list[dict[str, Any]]:
    """Rows as JSON has them; of columns of the same name the last one stands."""
    return [dict(zip(result.columns, map(json_cell, row), strict=True)) for row in result.rows]


def _shown(value: object) -> str:
    text = str(value)
    if len(text) <= LONGEST:
        return visible(text)
    return f"{visible(text[:LONGEST])}… ({len(text):,} characters)"
