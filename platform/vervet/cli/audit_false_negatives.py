"""`vervet audit false-negatives`: references that do not pass, why, and what that does to runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

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
from vervet.core.errors import UsageError

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
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Rank the labels of answer problems.")
    ] = True,
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
    references) that pass, which does not count for --fail-over. Labels of answer problems are
    ranked by what candidates of recorded runs and their own worked answers say against them.

    An audit that was interrupted, or killed, goes on where it was: give the same command again.
    Exit status 1 too if the sandbox or the host failed on a reference.

    \b
    vervet audit false-negatives HumanEval.jsonl.gz
    vervet audit false-negatives contests.jsonl --fail-over 0.05
    """
    from vervet.cli.audit_false_negatives_output import as_document, print_false_negatives
    from vervet.cli.audit_false_negatives_work import Asked, audit_suite
    from vervet.cli.audit_false_positives_output import (
        positives_document,
        print_false_positives,
        print_suspects,
    )
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
    done = audit_suite(config, display, Asked(mutants if known_wrong else None, seed, labels))
    found, positives, suspects = done.found, done.positives, done.suspects
    body = {
        **as_document(found),
        "false_positives": positives_document(positives, done.weak_effects),
        "labels": suspects.as_json() if suspects else None,
        "through": done.through,
    }
    document = negatives_document(
        found,
        positives,
        suspects,
        weak_effects=done.weak_effects,
        through=done.through,
        created=datetime.now(UTC),
    )
    if not as_json:
        print_false_negatives(found, through=done.through)
        if suspects is not None:
            print_suspects(suspects)
        if positives is not None:
            print_false_positives(positives, done.weak_effects)
    page = save_report(config, audit_name(found), document, body, folder)
    if as_json:
        print_json({**body, "report": str(page)})
    else:
        print_report(page)
    if not done.through:
        raise typer.Exit(130)
    if not found.complete or (fail_over is not None and found.share > fail_over):
        raise typer.Exit(1)
