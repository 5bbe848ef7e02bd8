"""`vervet export`: candidates of a run, or all tables and views, for people and other tools."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    StateOption,
    config_from,
)
from vervet.core.errors import UsageError
from vervet.core.status import Status

if TYPE_CHECKING:
    from vervet.store.database import Database

__all__ = ["register"]


class Format(StrEnum):
    """What the files of a folder are."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("export")(export)


def export(
    run_names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Candidates: of this run, the latest one if left out. Tables: of these runs, "
            "all if left out.",
        ),
    ] = None,
    problem: Annotated[
        str | None, typer.Option("--problem", help="Only candidates of this problem.")
    ] = None,
    status: Annotated[
        Status | None, typer.Option("--status", help="Only candidates with this verdict.")
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option("--tables", metavar="DIR", help="Write each table and view to a file here."),
    ] = None,
    kind: Annotated[
        Format | None, typer.Option("--format", help="Of the files of --tables; csv if left out.")
    ] = None,
    sqlite: Annotated[
        Path | None,
        typer.Option("--sqlite", metavar="FILE", help="Copy all tables and views to one file."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the candidates of a run with their verdicts, one JSON object a line; or copy tables.

    \b
    vervet export --status passed --problem code/0007
    vervet export codegen > candidates.jsonl     (vervet import reads it again)
    vervet export --tables results --format parquet
    vervet export codegen --sqlite codegen.db    (from PostgreSQL too)
    """
    from vervet.cli import work

    _refuse_mixtures(tables, sqlite, kind, of_candidates=bool(problem or status))
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    names = run_names or []
    with work.open_database(config, create=False) as database:
        if tables is not None:
            _to_folder(database, tables, kind or Format.CSV, names, force=force, as_json=as_json)
        elif sqlite is not None:
            _to_sqlite(database, sqlite, names, force=force, as_json=as_json)
        else:
            _print_candidates(database, names, problem, status)


def _refuse_mixtures(
    tables: Path | None, sqlite: Path | None, kind: Format | None, *, of_candidates: bool
) -> None:
    if tables is not None and sqlite is not None:
        raise UsageError("--tables and --sqlite are two exports", hint="Ask for one at a time.")
    if of_candidates and (tables is not None or sqlite is not None):
        raise UsageError(
            "--problem and --status choose candidates, not rows of tables",
            hint="Leave them out; or write a query with `vervet sql ... -o FILE`.",
        )
    if kind is not None and tables is None:
        raise UsageError("--format is of the files of --tables", hint="Add --tables DIR.")


def _to_folder(
    database: Database,
    folder: Path,
    kind: Format,
    names: Sequence[str],
    *,
    force: bool,
    as_json: bool,
) -> None:
    from vervet.store.export_tables import export_tables

    counts = export_tables(
        database, folder, kind.value, run_ids=_run_ids(database, names), force=force
    )
    _say(folder, counts, as_json=as_json)


def _to_sqlite(
    database: Database, file: Path, names: Sequence[str], *, force: bool, as_json: bool
) -> None:
    from vervet.store.export_sqlite import export_sqlite

    counts = export_sqlite(database, file, run_ids=_run_ids(database, names), force=force)
    _say(file, counts, as_json=as_json)


def _run_ids(database: Database, names: Sequence[str]) -> list[int]:
    from vervet.cli.names import find

    return [find(database, name).id for name in names]


def _say(where: Path, counts: dict[str, int], *, as_json: bool) -> None:
    from vervet.cli.output import out, print_json, table

    if as_json:
        print_json({"written": str(where), "rows": counts})
        return
    rows = [(name, f"{count:,}") for name, count in counts.items()]
    out().print(table(("name", "rows"), rows, {1}))
    out().print(f"written to {where}", markup=False)


def _print_candidates(
    database: Database, names: Sequence[str], problem: str | None, status: Status | None
) -> None:
    from vervet.cli.names import find
    from vervet.store.export import export_candidates

    if len(names) > 1:
        raise UsageError(
            "candidates are printed of one run at a time",
            hint="Name one; --tables and --sqlite take several.",
        )
    run = find(database, names[0] if names else None)
    with database.read() as conn:
        for candidate in export_candidates(conn, run, problem=problem, status=status):
            line = asdict(candidate)
            line = {"task_id": line.pop("problem"), **line}
            sys.stdout.write(json.dumps(line) + "\n")
