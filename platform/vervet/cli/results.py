"""`vervet report`, `runs` and `export`: what is in the database about runs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
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
from vervet.core.status import Status

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("report")(report)
    app.command("runs")(runs)
    app.command("export")(export)


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


def export(
    run_name: RunArgument = None,
    problem: Annotated[
        str | None, typer.Option("--problem", help="Only candidates of this problem.")
    ] = None,
    status: Annotated[
        Status | None, typer.Option("--status", help="Only candidates with this verdict.")
    ] = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
) -> None:
    """Print the candidates of a run with their verdicts, one JSON object a line.

    \b
    vervet export --status passed --problem code/0007
    vervet export codegen > candidates.jsonl     (vervet import reads it again)
    """
    from vervet.cli import work
    from vervet.cli.names import find
    from vervet.store.export import export_candidates

    config = config_from(config_file, override, database=db, state_dir=state_dir)
    with work.open_database(config, create=False) as database:
        run = find(database, run_name)
        with database.read() as conn:
            for candidate in export_candidates(conn, run, problem=problem, status=status):
                line = asdict(candidate)
                line = {"task_id": line.pop("problem"), **line}
                sys.stdout.write(json.dumps(line) + "\n")
