"""Rows as a Parquet file, whose columns have one type each, known only once all were seen.

So rows are first put aside on disk; memory holds one piece at a time. Needs the extra `parquet`.
"""

from __future__ import annotations

import pickle
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from vervet.store.sql import Rows

__all__ = ["write_parquet"]

LARGEST = 2**63 - 1
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00\Z")


def write_parquet(rows: Rows, path: Path) -> int:
    """Write rows to `path`; how many.

    A column of integers is int64, of numbers double, of bytes binary, of moments (ISO texts
    in UTC) a timestamp in microseconds; any other, also a mixed one, is of texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: list[set[str]] = [set() for _ in rows.columns]
    count = 0
    with tempfile.TemporaryFile(dir=path.parent) as aside:
        for piece in rows.pieces:
            pickle.dump(piece, aside, pickle.HIGHEST_PROTOCOL)
            count += len(piece)
            for seen, column in zip(kinds, zip(*piece, strict=True), strict=True):
                seen.update(map(_kind, column))
        words = [_resolved(seen - {"null"}) for seen in kinds]
        types = {
            "int": pa.int64(),
            "float": pa.float64(),
            "bytes": pa.binary(),
            "moment": pa.timestamp("us", tz="UTC"),
            "text": pa.string(),
        }
        schema = pa.schema(
            [(name, types[word]) for name, word in zip(rows.columns, words, strict=True)]
        )
        aside.seek(0)
        with pq.ParquetWriter(path, schema) as writer:
            for piece in _read_back(aside):
                columns = [
                    pa.array([_as(word, value) for value in column], types[word])
                    for word, column in zip(words, zip(*piece, strict=True), strict=True)
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
    return count


def _read_back(aside: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(aside)  # a file without a name, which nobody else can write
        except EOFError:
            return


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, int):
        return "int" if abs(value) <= LARGEST else "text"
    if isinstance(value, str):
        return "moment" if _is_moment(value) else "text"
    return "float" if isinstance(value, float) else "bytes"


def _is_moment(value: str) -> bool:
    if not _MOMENT.match(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _resolved(kinds: set[str]) -> str:
    if kinds == {"int", "float"}:
        return "float"
    return kinds.pop() if len(kinds) == 1 else "text"


def _as(word: str, value: Any) -> Any:
    if value is None or word in ("int", "bytes"):
        return value
    if word == "moment":
        return datetime.fromisoformat(value)
    if word == "float":
        return float(value)
    return value.hex() if isinstance(value, bytes) else str(value)
