"""A database, or some of its runs, as one file that any SQLite opens, and Vervet too."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import insert, text

from vervet.store.database import Database
from vervet.store.export_choice import chosen_rows
from vervet.store.export_whole import refuse_itself, whole_file
from vervet.store.schema import metadata
from vervet.store.sql import AT_ONCE

__all__ = ["export_sqlite"]


def export_sqlite(
    database: Database,
    path: Path,
    *,
    run_ids: Sequence[int] = (),
    force: bool = False,
) -> dict[str, int]:
    """Copy all tables and views, of one moment, to `path`; how many rows each table has.

    `run_ids` leaves out what does not belong to these runs. The copy is a database of Vervet
    in one file, without a log beside it. Raises as `whole_file` does.
    """
    refuse_itself(database, path)
    with whole_file(path, force=force) as partial:
        copy = Database.open(partial)
        try:
            counts = _fill(database, copy, run_ids)
        finally:
            copy.close()
        with closing(sqlite3.connect(partial)) as conn:
            conn.execute("PRAGMA journal_mode = DELETE")  # a log would have to travel with it
    return counts


def _fill(
    database: Database,
    copy: Database,
    run_ids: Sequence[int],
) -> dict[str, int]:
    counts = {}
    with database.read() as source, copy.write() as target:
        target.execute(text("PRAGMA defer_foreign_keys = ON"))  # a batch may name a later one
        for name, query in chosen_rows(run_ids).items():
            counts[name] = 0
            found = source.execute(query, execution_options={"yield_per": AT_ONCE})
            for piece in found.mappings().partitions():
                target.execute(insert(metadata.tables[name]), [dict(row) for row in piece])
                counts[name] += len(piece)
    return counts
