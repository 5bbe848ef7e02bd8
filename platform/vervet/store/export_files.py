"""Rows as a file: CSV, JSON lines, Parquet or a table of SQLite, as the file's name ends.

Takes rows in pieces and holds one at a time. Bytes are hex where a format knows text alone.
"""

from __future__ import annotations

import csv
import importlib
import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from vervet.core.errors import UsageError
from vervet.store.export_parquet import write_parquet
from vervet.store.export_whole import whole_file
from vervet.store.sql import Rows

__all__ = ["RowWriter", "json_cell", "row_writer", "save_rows", "text_cell", "write_csv"]

RowWriter = Callable[[Rows, Path], int]
"""Writes rows to a file that is there and empty; how many there were."""

LARGEST = 2**63 - 1


def save_rows(rows: Rows, path: Path, write: RowWriter, *, force: bool = False) -> int:
    """Write rows to `path`, whole or not at all; how many. Raises as `whole_file` does."""
    with whole_file(path, force=force) as partial:
        return write(rows, partial)


def row_writer(path: Path) -> RowWriter:
    """What writes a file of that name.

    Raises `UsageError` for an ending that is not known, and for Parquet without pyarrow.
    """
    ending = path.suffix.lower()
    if ending == ".parquet":
        try:
            importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise UsageError(
                "Parquet files are written by pyarrow, which is not installed",
                hint="pip install 'vervet[parquet]'; or name a file that ends in .csv.",
            ) from error
    if ending not in _WRITERS:
        raise UsageError(
            f"{path.name!r} does not say what kind of file to write",
            hint=f"Let it end in {', '.join(_WRITERS)}.",
        )
    return _WRITERS[ending]


def write_csv(rows: Rows, file: IO[str]) -> int:
    """A line of names, then the rows; null is an empty cell. How many rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(rows.columns)
    count = 0
    for piece in rows.pieces:
        writer.writerows([text_cell(value) for value in row] for row in piece)
        count += len(piece)
    return count


def text_cell(value: Any) -> Any:
    """A cell where bytes have no place: they are hex."""
    return value.hex() if isinstance(value, bytes) else value


def json_cell(value: Any) -> Any:
    """The same for JSON, which has no NaN and no infinity either: they are texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return text_cell(value)


def _csv(rows: Rows, path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return write_csv(rows, file)


def _json_lines(rows: Rows, path: Path) -> int:
    _refuse_doubles(rows.columns)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for piece in rows.pieces:
            for row in piece:
                cells = map(json_cell, row)
                file.write(json.dumps(dict(zip(rows.columns, cells, strict=True))) + "\n")
            count += len(piece)
    return count


def _parquet(rows: Rows, path: Path) -> int:
    _refuse_doubles(rows.columns)
    return write_parquet(rows, path)


def _sqlite(rows: Rows, path: Path) -> int:
    _refuse_doubles([column.lower() for column in rows.columns])
    names = ", ".join('"' + column.replace('"', '""') + '"' for column in rows.columns)
    marks = ", ".join("?" * len(rows.columns))
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("PRAGMA journal_mode = OFF")  # a file that fails is thrown away
        conn.execute(f"CREATE TABLE result ({names})")
        return conn.executemany(f"INSERT INTO result VALUES ({marks})", _fitting(rows)).rowcount


def _fitting(rows: Rows) -> Iterator[list[Any]]:
    for piece in rows.pieces:
        for row in piece:
            yield [
                str(value) if isinstance(value, int) and abs(value) > LARGEST else value
                for value in row
            ]


def _refuse_doubles(columns: Sequence[str]) -> None:
    doubles = sorted({column for column in columns if columns.count(column) > 1})
    if doubles:
        raise UsageError(
            f"the statement has more than one column {doubles[0]!r}",
            hint="Name them apart with AS; or write a .csv file.",
        )


_WRITERS: dict[str, RowWriter] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
    ".sqlite": _sqlite,
    ".db": _sqlite,
}
