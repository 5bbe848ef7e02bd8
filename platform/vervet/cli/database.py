"""`vervet db` and `sql`: the database's version, and questions to it."""

from __future__ import annotations

import sys
from dataclasses import asdict
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

if TYPE_CHECKING:
    from vervet.store.database import Database

__all__ = ["register"]

PRINTED = 1000
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
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
    shell: Annotated[
        bool, typer.Option("--shell", help="Ask one statement after another; .help helps.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Most rows: 1,000 if left out, all of them for a file."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write all rows to a .csv, .jsonl, .parquet or .sqlite file.",
        ),
    ] = None,
    force: ForceOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the database; it can read and never write.

    \b
    vervet sql "select * from v_coverage_counts limit 5"
    vervet sql "select status, count(*) from v_verdict_history group by status" --csv
    vervet sql "select * from v_flaky_checks" -o flaky.parquet
    vervet sql --shell
    """
    from vervet.cli import work

    given = {"statement": statement is not None, "file": file is not None}
    _refuse_both(shell=shell, csv=as_csv, json=as_json, **given)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    text = _read_stdin() if statement == "-" else statement or DEFAULT_STATEMENT
    with work.open_database(config, create=False) as database:
        if shell:
            from vervet.cli.sql_shell import Shell

            history = Path(config.state_dir) / "sql_history"
            if not Shell(database, limit or PRINTED, history).run():
                raise typer.Exit(1)
        elif file is not None:
            _save(database, text, file, limit, force=force, as_json=as_json)
        else:
            _print(database, text, limit or PRINTED, as_csv=as_csv, as_json=as_json)


def _refuse_both(*, shell: bool, **others: bool) -> None:
    if shell and any(others.values()):
        raise UsageError(
            "--shell asks for its statements itself and prints tables",
            hint="Leave out the statement, -o, --csv and --json.",
        )
    if others["csv"] and others["file"]:
        raise UsageError("--csv prints and -o writes a file", hint="Name FILE.csv with -o.")


def _read_stdin() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def _save(
    database: Database, text: str, file: Path, limit: int | None, *, force: bool, as_json: bool
) -> None:
    from vervet.cli.output import err, print_json
    from vervet.store.export_files import row_writer, save_rows
    from vervet.store.export_whole import refuse_itself
    from vervet.store.sql import first_rows, open_rows

    write = row_writer(file)
    refuse_itself(database, file)
    with open_rows(database, text) as rows:
        count = save_rows(first_rows(rows, limit), file, write, force=force)
    if as_json:
        print_json({"file": str(file), "rows": count})
    else:
        err().print(f"{file}: {count:,} rows", markup=False, soft_wrap=True)


def _print(database: Database, text: str, limit: int, *, as_csv: bool, as_json: bool) -> None:
    from vervet.cli import sql_output
    from vervet.cli.output import err, out, print_json
    from vervet.store.sql import run_sql

    result = run_sql(database, text, limit=limit)
    if as_json:
        print_json(sql_output.as_objects(result))
    elif as_csv:
        sql_output.as_csv(result)
    else:
        out().print(sql_output.as_table(result.columns, result.rows))
    if result.truncated:
        err().print(f"only the first {limit:,} rows are shown; --limit shows more")
