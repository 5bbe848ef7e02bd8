"""Rows of a file of problems, one at a time: JSON lines or Parquet, known by how the file starts.

Parquet is read in small batches and only in the columns that are asked for, so that of a file
of many gigabytes no more than a row group sits in memory; it needs pyarrow (extra `parquet`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside, read_records

__all__ = ["is_parquet", "read_rows"]

_MAGIC = b"PAR1"
_BATCH = 4  # A row of CodeContests takes up to some ten megabytes.
_BUFFER = 1 << 20


def is_parquet(path: Path) -> bool:
    """Whether the file starts as Parquet does. Raises `OSError` if it cannot be opened."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def read_rows(
    path: Path, columns: Sequence[str] = (), *, constants: bool = False
) -> Iterator[Record | SetAside]:
    """Each row with its number (from 1; for text, of its line), or why it cannot be read.

    `columns` are those that are read of Parquet, all if empty; JSON lines are given whole, and
    with `constants` may hold NaN and Infinity.
    Raises `OSError` if the file cannot be opened, `ProblemError` for Parquet without pyarrow.
    """
    if is_parquet(path):
        return _read_parquet(path, columns)
    return read_records(path, constants=constants)


def _read_parquet(path: Path, columns: Sequence[str]) -> Iterator[Record | SetAside]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ProblemError(
            f"{path} is a Parquet file, and pyarrow, which reads those, is not installed",
            hint="Install the extra: pip install 'vervet[parquet]'.",
        ) from None
    row = 0
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            wanted = [name for name in file.schema_arrow.names if not columns or name in columns]
            for batch in file.iter_batches(batch_size=_BATCH, columns=wanted):
                yield from _rows(path, row, batch)
                row += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        yield SetAside(str(path), row + 1, f"the Parquet file is damaged from here on ({error})")


def _rows(path: Path, before: int, batch: Any) -> Iterator[Record | SetAside]:
    for at in range(batch.num_rows):
        try:
            (value,) = batch.slice(at, 1).to_pylist()
        except UnicodeDecodeError as error:
            yield SetAside(str(path), before + at + 1, f"not UTF-8 (byte {error.start + 1})")
        else:
            yield Record(before + at + 1, value)
