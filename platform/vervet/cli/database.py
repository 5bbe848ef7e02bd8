"""`vervet db` and `sql`: the database's version, and questions to it."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    StateOption,
    config_from,
)

__all__ = ["register"]

SHORT = 12
DEFAULT_STATEMENT = "select run, problem, n, passed from v_coverage_counts order by run, problem"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    db_app = typer.Typer(help="The database's version.", no_args_is_help=True)
    db_app.command("upgrade")(upgrade)
    db_app.command("info")(info)
    app.add_typer(db_app, name="db")
    app.command("sql")(sql)


def upgrade(
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the database to this version's schema; make it if it is not there.

    \b
    vervet db upgrade --db postgresql://me@host/vervet
    """
    _version(config_file, override, db, state_dir, as_json, and_upgrade=True)


def info(
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which version the database is of, and which one this Vervet needs."""
    _version(config_file, override, db, state_dir, as_json, and_upgrade=False)


def _version(
    config_file: ConfigOption,
    override: OverrideOption,
    db: DatabaseOption,
    state_dir: StateOption,
    as_json: bool,
    *,
    and_upgrade: bool,
) -> None:
    from vervet.cli.output import out, print_json
    from vervet.store import migrate
    from vervet.store.database import Database

    config = config_from(config_file, override, database=db, state_dir=state_dir)
    database = Database.connect(config.database_url, create=and_upgrade)
    try:
        found = migrate.upgrade(database) if and_upgrade else migrate.info(database)
        where = database.where
    finally:
        database.close()
    if as_json:
        print_json({"database": where, **asdict(found), "is_current": found.is_current})
        return
    words = "up to date" if found.is_current else f"this Vervet needs {found.head}"
    out().print(f"{where}: version {found.current or 'none'}, {words}", markup=False)
    if not found.is_current:
        raise typer.Exit(1)


def sql(
    statement: Annotated[
        str | None, typer.Argument(metavar="STATEMENT", help="One select; - reads it from stdin.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to print.")] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the database one question; it can read and never write.

    \b
    vervet sql "select * from v_coverage_counts limit 5"
    vervet sql "select status, count(*) from v_verdict_history group by status" --csv
    """
    from vervet.cli import work
    from vervet.cli.output import err, out, print_json, table
    from vervet.store.sql import run_sql

    config = config_from(config_file, override, database=db, state_dir=state_dir)
    text = sys.stdin.read() if statement == "-" else statement or DEFAULT_STATEMENT
    with work.open_database(config, create=False) as database:
        result = run_sql(database, text, limit=limit)
    rows = [[_cell(value) for value in row] for row in result.rows]
    if as_json:
        print_json([dict(zip(result.columns, row, strict=True)) for row in rows])
    elif as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(result.columns)
        writer.writerows(rows)
    else:
        shown = [["" if value is None else str(value) for value in row] for row in rows]
        numbers = {
            at
            for at in range(len(result.columns))
            if rows and all(isinstance(row[at], int | float | None) for row in rows)
        }
        out().print(table(result.columns, shown, numbers))
    if result.truncated:
        err().print(f"only the first {limit:,} rows are shown; --limit shows more")


def _cell(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
