"""`vervet report` and `runs`: what is in the database about runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    RunArgument,
    StateOption,
    config_from,
)

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("report")(report)
    app.command("runs")(runs)


def report(
    run_name: RunArgument = None,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where to write the files.")
    ] = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a run's figures (PNG, SVG, CSV) and write its page, `report.html`.

    \b
    vervet report codegen --out figures
    """
    from vervet.cli import work
    from vervet.cli.names import find
    from vervet.cli.output import out, print_json
    from vervet.report.run_report import write_report

    config = config_from(config_file, override, database=db, state_dir=state_dir)
    with work.open_database(config, create=False) as database:
        run = find(database, run_name)
        files = write_report(
            work.report_of(database, run), folder or work.results_dir(config, run.name)
        )
    written = [files.html, *(path for paths in files.figures.values() for path in paths)]
    if as_json:
        print_json({"run": run.name, "files": [str(path) for path in written]})
        return
    for path in written:
        out().print(str(path), markup=False)


def runs(
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the runs of the database, the newest first."""
    from vervet.cli import work
    from vervet.cli.output import out, print_json, table
    from vervet.report.words import moment
    from vervet.store.reads import run_progress
    from vervet.store.runs import list_runs

    config = config_from(config_file, override, database=db, state_dir=state_dir)
    with work.open_database(config, create=False) as database, database.read() as conn:
        found = [(run, run_progress(conn, run.id)) for run in list_runs(conn)]
    if as_json:
        print_json(
            [
                {
                    "run": run.name,
                    "state": run.state.value,
                    "model": f"{run.generator.engine}:{run.generator.model}",
                    "n": run.n,
                    "candidates": progress.candidates,
                    "verified": progress.settled,
                    "passed": progress.passed,
                    "created": run.created_at.isoformat(),
                }
                for run, progress in found
            ]
        )
        return
    rows = [
        (
            run.name,
            run.state.value,
            f"{progress.candidates:,}",
            f"{progress.settled:,}",
            f"{progress.passed:,}",
            moment(run.created_at),
        )
        for run, progress in found
    ]
    headings = ("run", "state", "candidates", "verified", "passes that count", "created")
    out().print(table(headings, rows, {2, 3, 4}))
