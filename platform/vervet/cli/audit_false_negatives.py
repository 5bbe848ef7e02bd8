"""`vervet audit false-negatives`: references that do not pass, why, and what that does to runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from vervet.cli.audit_report import OutputOption
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
from vervet.core.errors import ProblemError, UsageError

if TYPE_CHECKING:
    from vervet.audit.effect import RunEffect
    from vervet.audit.false_negatives import FalseNegatives
    from vervet.audit.false_positives import FalsePositives
    from vervet.core.values import Suite
    from vervet.pipeline.audit_loop import AuditWork
    from vervet.pipeline.audit_negatives import NegativesWork
    from vervet.pipeline.audit_positives import FalsePositiveSearch
    from vervet.pipeline.config import RunConfig
    from vervet.sandbox.protocol import Sandbox
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
    known_wrong: Annotated[
        bool,
        typer.Option("--known-wrong/--no-known-wrong", help="Try known-wrong solutions as well."),
    ] = True,
    mutants: Annotated[
        int, typer.Option(help="Mutants of a problem's references that are tried.")
    ] = 10,
    seed: Annotated[int, typer.Option(help="Of the choice of mutants.")] = 0,
    suite_format: Annotated[str | None, typer.Option("--format", help="Of the suite.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many problems.")] = None,
    folder: OutputOption = None,
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

    Then the reverse: known-wrong solutions (the data set's own, the empty program, mutants of
    references) that pass. Their share does not count for --fail-over.

    An audit that was interrupted, or killed, goes on where it was: give the same command again.
    Exit status 1 too if the sandbox or the host failed on a reference.

    \b
    vervet audit false-negatives HumanEval.jsonl.gz
    vervet audit false-negatives contests.jsonl --fail-over 0.05
    """
    from vervet.cli.audit_false_negatives_output import as_document, print_false_negatives
    from vervet.cli.audit_false_positives_output import print_false_positives
    from vervet.cli.audit_report import print_report, save_report
    from vervet.cli.output import print_json
    from vervet.report.audit_negatives import audit_name, negatives_document

    if mutants < 0:
        raise UsageError(f"--mutants is {mutants}", hint="Give a whole number from 0 on.")
    if fail_over is not None and not 0 <= fail_over <= 1:
        raise UsageError(f"--fail-over is {fail_over}", hint="Give a share from 0 to 1.")
    config = config_from(
        config_file, override, suite=suite, format=suite_format, limit=limit, database=db,
        broker=broker, workers=workers, state_dir=state_dir, sandbox=sandbox,
        unsafe_no_isolation=unsafe or None,
    )  # fmt: skip
    wrong = Wrong(mutants, seed) if known_wrong else None
    found, positives, through = _audit(config, display, wrong)
    body = {
        **as_document(found),
        "false_positives": _positives_document(positives) if positives else None,
        "through": through,
    }
    document = negatives_document(
        found,
        positives.found if positives else None,
        weak_effects=positives.effects if positives else (),
        through=through,
        created=datetime.now(UTC),
    )
    page = save_report(config, audit_name(found), document, body, folder)
    if as_json:
        print_json({**body, "report": str(page)})
    else:
        print_false_negatives(found)
        if positives is not None:
            print_false_positives(positives.found, positives.effects)
        print_report(page)
    if not through:
        raise typer.Exit(130)
    if not found.complete or (fail_over is not None and found.share > fail_over):
        raise typer.Exit(1)


def _positives_document(positives: Positives) -> dict[str, Any]:
    return {**positives.found.as_json(), "effects": [asdict(each) for each in positives.effects]}


class Wrong(NamedTuple):
    """Which known-wrong solutions are made."""

    mutants: int
    seed: int


class Positives(NamedTuple):
    """What known-wrong solutions came to, and what weak tests do to runs."""

    found: FalsePositives
    effects: Sequence[RunEffect]


def _audit(
    config: RunConfig, display: DisplayMode, wrong: Wrong | None
) -> tuple[FalseNegatives, Positives | None, bool]:
    """Both audits carried through the queue as far as it went, and whether that was to the end."""
    from vervet.cli import work
    from vervet.cli.output import print_set_aside
    from vervet.cli.suites import load_suite
    from vervet.pipeline.audit_negatives import NegativesWork
    from vervet.pipeline.audit_negatives_effects import effects_of
    from vervet.pipeline.references import open_references

    loaded = load_suite(config.suite, config.format, config.limit)
    print_set_aside(loaded.set_aside)
    with work.open_database(config) as database, work.open_sandbox(config) as sandbox:
        session = open_references(database, loaded.suite, config, sandbox)
        audit = NegativesWork(session)
        through = _carry(database, config, audit, display)
        with database.write() as conn:
            found = audit.result(conn, finished=through)
        if wrong is None or not through:
            return found, None, through
        search = _search(database, loaded.suite, config, sandbox, wrong, audit)
        if search is None:
            return found, None, through
        through = _carry(database, config, search, display)
        positives = search.result()
        with database.read() as conn:
            effects = effects_of(conn, session.suite, positives.surely_weak)
        return found, Positives(positives, effects), through


def _search(
    database: Database,
    suite: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    wrong: Wrong,
    audit: NegativesWork,
) -> FalsePositiveSearch | None:
    """The audit of known-wrong solutions; None where there is nothing to try."""
    from vervet.cli.output import err
    from vervet.pipeline.audit_positives import open_positives
    from vervet.store.references import load_references

    with database.read() as conn:
        failing = audit.failing(conn)
        known = load_references(conn, audit.session.run.suite_id) if failing else {}
    broken = {(problem, known[problem][ordinal].completion) for problem, ordinal in failing}
    try:
        return open_positives(
            database, suite, config, sandbox, mutants=wrong.mutants, seed=wrong.seed, broken=broken
        )
    except ProblemError as error:
        err().print(error.message, style="dim", markup=False)
        return None


def _carry(database: Database, config: RunConfig, audit: AuditWork, display: DisplayMode) -> bool:
    """Whether all was tried that the audit wants; no worker is started where that is nothing."""
    from vervet.cli import work
    from vervet.cli.audit_display import audit_display
    from vervet.cli.output import err
    from vervet.dispatch.celery_dispatcher import CeleryDispatcher
    from vervet.pipeline.audit_loop import carry_through

    with database.write() as conn:
        if not audit.wants(conn):
            return True
    settings = work.dispatch_settings(config, database.url, run=audit.runs[0].name)
    dispatcher = CeleryDispatcher(settings, database)
    with audit_display(display, err()) as observer, work.terminable():
        return carry_through(database, audit, dispatcher, observer)
