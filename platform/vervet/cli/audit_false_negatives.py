"""`vervet audit false-negatives`: references that do not pass, why, and what that does to runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vervet.cli.display import DisplayMode
from vervet.cli.options import (
    BrokerOption,
    ConfigOption,
    DatabaseOption,
    DisplayOption,
    JsonOption,
    OverrideOption,
    SandboxOption,
    StateOption,
    UnsafeOption,
    WorkersOption,
    config_from,
)
from vervet.core.errors import UsageError

if TYPE_CHECKING:
    from vervet.audit.false_negatives import FalseNegatives
    from vervet.pipeline.config import RunConfig
    from vervet.store.database import Database

__all__ = ["register"]


def register(group: typer.Typer) -> None:
    """Add the command to `vervet audit`."""
    group.command("false-negatives")(false_negatives)


def false_negatives(
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help="A bundled suite or a problem file.")
    ],
    fail_over: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Exit with 1 if more than this share of the problems with references is affected.",
        ),
    ] = None,
    suite_format: Annotated[str | None, typer.Option("--format", help="Of the suite.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many problems.")] = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    broker: BrokerOption = None,
    workers: WorkersOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    unsafe: UnsafeOption = False,
    display: DisplayOption = DisplayMode.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Verify a suite's known-correct solutions on every check: what fails, why, and what it costs.

    An audit that was interrupted, or killed, goes on where it was: give the same command again.
    Exit status 1 too if the sandbox or the host failed on a reference.

    \b
    vervet audit false-negatives HumanEval.jsonl.gz
    vervet audit false-negatives contests.jsonl --fail-over 0.05
    """
    from vervet.cli.audit_false_negatives_output import as_document, print_false_negatives
    from vervet.cli.output import print_json

    if fail_over is not None and not 0 <= fail_over <= 1:
        raise UsageError(f"--fail-over is {fail_over}", hint="Give a share from 0 to 1.")
    config = config_from(
        config_file, override, suite=suite, format=suite_format, limit=limit, database=db,
        broker=broker, workers=workers, state_dir=state_dir, sandbox=sandbox,
        unsafe_no_isolation=unsafe or None,
    )  # fmt: skip
    from vervet.cli import work

    with work.open_database(config) as database:
        found, through = _audit(database, config, display)
    if as_json:
        print_json({**as_document(found), "through": through})
    else:
        print_false_negatives(found)
    if not through:
        raise typer.Exit(130)
    if not found.complete or (fail_over is not None and found.share > fail_over):
        raise typer.Exit(1)


def _audit(
    database: Database, config: RunConfig, display: DisplayMode
) -> tuple[FalseNegatives, bool]:
    """The audit carried through the queue as far as it went, and whether that was to its end."""
    from vervet.cli import work
    from vervet.cli.audit_display import audit_display
    from vervet.cli.output import err, print_set_aside
    from vervet.cli.suites import load_suite
    from vervet.dispatch.celery_dispatcher import CeleryDispatcher
    from vervet.pipeline.audit_loop import carry_through
    from vervet.pipeline.audit_negatives import NegativesWork
    from vervet.pipeline.references import open_references

    loaded = load_suite(config.suite, config.format, config.limit)
    print_set_aside(loaded.set_aside)
    with work.open_sandbox(config) as sandbox:
        session = open_references(database, loaded.suite, config, sandbox)
    audit = NegativesWork(session)
    settings = work.dispatch_settings(config, database.url, run=session.run.name)
    dispatcher = CeleryDispatcher(settings, database)
    with audit_display(display, err()) as observer, work.terminable():
        through = carry_through(database, audit, dispatcher, observer)
    with database.write() as conn:
        return audit.result(conn, finished=through), through
