"""All tables and views as files of a folder, CSV or Parquet, the same from either database."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Select, column, inspect, table

from vervet.store.database import Database
from vervet.store.export_choice import chosen_rows, chosen_view_rows
from vervet.store.export_files import row_writer
from vervet.store.export_whole import whole_folder
from vervet.store.schema import metadata
from vervet.store.sql import AT_ONCE, Rows, plain_value

__all__ = ["export_tables"]


def export_tables(
    database: Database,
    folder: Path,
    ending: str,
    *,
    run_ids: Sequence[int] = (),
    force: bool = False,
) -> dict[str, int]:
    """Write each table and view to `folder`/NAME.`ending`; how many rows each has.

    All of one moment. `run_ids` leaves out what does not belong to these runs. Texts and
    outputs (`blobs`) are unpacked: `text` where they are text, else `data`. Raises as
    `whole_folder` and `row_writer` do.
    """
    write = row_writer(Path(f"any.{ending}"))
    counts = {}
    with whole_folder(folder, force=force) as partial, database.read() as conn:
        for name, rows in _sources(conn, run_ids):
            counts[name] = write(rows, partial / f"{name}.{ending}")
    return counts


def _sources(conn: Connection, run_ids: Sequence[int]) -> Iterator[tuple[str, Rows]]:
    for name, query in chosen_rows(run_ids).items():
        yield name, _unpacked(conn, query) if name == "blobs" else _table(conn, name, query)
    found = inspect(conn)
    for name in sorted(found.get_view_names()):
        columns = tuple(each["name"] for each in found.get_columns(name))
        view = table(name, *map(column, columns))
        pieces = _pieces(conn, chosen_view_rows(view, run_ids))
        yield name, Rows(columns, ([_plain(row) for row in piece] for piece in pieces))


def _table(conn: Connection, name: str, query: Select[Any]) -> Rows:
    columns = metadata.tables[name].c
    are_json = [isinstance(each.type, JSON) for each in columns]

    def pieces() -> Iterator[list[tuple[Any, ...]]]:
        for piece in _pieces(conn, query):
            yield [
                tuple(
                    json.dumps(value) if is_json else plain_value(value)
                    for value, is_json in zip(row, are_json, strict=True)
                )
                for row in piece
            ]

    return Rows(tuple(columns.keys()), pieces())


def _unpacked(conn: Connection, query: Select[Any]) -> Rows:
    def pieces() -> Iterator[list[tuple[Any, ...]]]:
        for piece in _pieces(conn, query):
            yield [
                (row.digest, row.size, *_text_or_bytes(zlib.decompress(row.data))) for row in piece
            ]

    return Rows(("digest", "size", "text", "data"), pieces())


def _text_or_bytes(data: bytes) -> tuple[str | None, bytes | None]:
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return None, data


def _pieces(conn: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    return iter(conn.execute(query, execution_options={"yield_per": AT_ONCE}).partitions())


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(map(plain_value, row))
