"""`vervet swebench regrade`: verdicts from stored logs, without any container."""

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


def register(group: typer.Typer) -> None:
    """Add the command to `vervet swebench`."""
    group.command("regrade")(regrade)


def regrade(
    run_name: RunArgument = None,
    folder: Annotated[
        Path | None,
        typer.Option("--report-dir", "-o", metavar="DIR", help="Write reports and logs here, too."),
    ] = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grade a run's stored logs again, as after a change of `swebench`; nothing is run.

    Only passed and failed follow from a log alone; other verdicts stay. Verdicts in the database
    are never changed. Exit status 1 if a log gives another one now.

    \b
    vervet swebench regrade
    vervet swebench regrade mine -o reports
    """
    from vervet.cli import work
    from vervet.cli.names import find
    from vervet.cli.output import out, print_json, table
    from vervet.report.swebench_folders import write_run
    from vervet.report.swebench_results import evaluated_patches, regraded
    from vervet.store.suites import load_suite

    config = config_from(config_file, override, database=db, state_dir=state_dir)
    with work.open_database(config, create=False) as database:
        run = find(database, run_name)
        with database.read() as conn:
            suite = load_suite(conn, run.suite_id)
            patches = evaluated_patches(conn, run, suite, {})
    found = regraded(patches)
    changed = [each for each in found if each.changed]
    if folder is not None:
        ids = [problem.id for problem in suite.problems]
        write_run(folder, run.name, patches, ids, dataset=suite.origin or suite.name)
    rows = [
        (each.patch.instance_id, str(each.patch.ordinal), each.before.value, each.after.value)
        for each in changed
    ]
    graded = sum(each.patch.lists is not None for each in found)
    if as_json:
        keys = ("instance_id", "ordinal", "before", "after")
        print_json(
            {
                "run": run.name,
                "patches": len(found),
                "graded": graded,
                "changed": [dict(zip(keys, row, strict=True)) for row in rows],
            }
        )
    else:
        console = out()
        if rows:
            console.print(table(("instance", "candidate", "verdict", "its log says"), rows, {1}))
        console.print(
            f"{len(found):,} patches, {graded:,} logs graded again, {len(changed):,} differ"
        )
    if changed:
        raise typer.Exit(1)
