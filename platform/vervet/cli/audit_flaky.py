"""`vervet audit flaky`: the same solutions verified again and again, and what disagrees."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from vervet.cli.audit_carry import carry
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
from vervet.cli.swebench_options import in_containers, ready_suite
from vervet.core.errors import ProblemError, StoreError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from vervet.audit.effect import RunEffect
    from vervet.audit.flaky import Plan
    from vervet.audit.flaky_result import FlakyAudit
    from vervet.pipeline.audit_flaky import FlakySearch
    from vervet.pipeline.config import RunConfig
    from vervet.sandbox.protocol import Sandbox
    from vervet.store.database import Database
    from vervet.store.runs import Run

__all__ = ["register"]

PATCH = "patch"
"""The kind of problem whose solutions run in containers of their own."""
EACH = 3
"""Passed solutions of a problem that are examined, and as many others, if nothing else is said."""


def register(group: typer.Typer) -> None:
    """Add the command to `vervet audit`."""
    group.command("flaky")(flaky)


def flaky(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN|SUITE",
            help="A run (its references and a sample of its solutions), or a suite (its "
            "references); the latest run if left out.",
        ),
    ] = None,
    repetitions: Annotated[
        int | None,
        typer.Option(
            "--repetitions", "-R", help="Attempts under equal conditions; the paper's 11."
        ),
    ] = None,
    min_flip: Annotated[
        float | None,
        typer.Option(help="As many as find this flip rate, instead of a number (see --miss)."),
    ] = None,
    miss: Annotated[float, typer.Option(help="Chance to overlook --min-flip.")] = 0.05,
    each: Annotated[
        str, typer.Option(help="Passed solutions of a problem, and as many others; or all.")
    ] = str(EACH),
    varied: Annotated[
        int | None,
        typer.Option(
            help="Attempts with another hash seed, order of tests and time zone each; as many as "
            "repetitions, at most 11, if left out."
        ),
    ] = None,
    loaded: Annotated[int, typer.Option(help="Attempts beside competitors for the processor.")] = 3,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="Take all attempts, also of what is flaky.")
    ] = False,
    settle: Annotated[
        bool,
        typer.Option("--settle/--no-settle", help="Settle what is flaky by a majority."),
    ] = True,
    seed: Annotated[int, typer.Option(help="Of the choice of solutions.")] = 0,
    fail_over: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Exit with 1 if more than this share of problems is flaky."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Only a suite's first so many problems.")
    ] = None,
    suite_format: Annotated[str | None, typer.Option("--format", help="Of a suite's file.")] = None,
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
    """Verify the same solutions again and again: which verdicts, and which tests, flip, and why.

    Every repetition is an attempt in the history; an audit that was interrupted, or killed, goes
    on where it was: give the same command again.

    \b
    vervet audit flaky                        the latest run
    vervet audit flaky code --min-flip 0.25   a suite's reference solutions
    vervet audit flaky RUN --each all --exhaustive
    """
    from vervet.cli import work
    from vervet.cli.audit_flaky_output import print_flaky
    from vervet.cli.audit_report import print_report, save_report
    from vervet.cli.output import print_json
    from vervet.report.audit_flaky import flaky_document

    flags = {
        "limit": limit, "format": suite_format, "database": db, "broker": broker,
        "workers": workers, "state_dir": state_dir, "sandbox": sandbox,
        "unsafe_no_isolation": unsafe or None,
    }  # fmt: skip
    config = config_from(config_file, override, **flags)
    patches = _is_of_patches(config, target)
    if patches:
        config = in_containers(config)
    plan = _plan(
        config, repetitions, min_flip, miss, varied, loaded, exhaustive, settle, patches=patches
    )
    if fail_over is not None and not 0 <= fail_over <= 1:
        raise UsageError(f"--fail-over is {fail_over}", hint="Give a share from 0 to 1.")
    many = _each(each)
    with work.open_database(config) as database, work.open_sandbox(config) as opened:
        search, audited = _search(database, config, opened, target, plan, many, seed)
        remarks = _remarks(audited, many, search)
        through = carry(database, config, search, display)
        result = search.result(remarks)
        effects = _effects(database, audited, search, result)
    body = {**_as_json(result), "through": through, "effects": [asdict(e) for e in effects]}
    document = flaky_document(result, effects, through=through, created=datetime.now(UTC))
    if not as_json:
        print_flaky(result, effects)
    page = save_report(config, result.name, document, body, folder)
    if as_json:
        print_json({**body, "report": str(page)})
    else:
        print_report(page)
    if not through:
        raise typer.Exit(130)
    if fail_over is not None and result.flaky_share > fail_over:
        raise typer.Exit(1)


def _is_of_patches(config: RunConfig, target: str | None) -> bool:
    """Whether the run, or the suite, holds patches, which run in containers and nowhere else."""
    from vervet.cli import work
    from vervet.cli.names import find
    from vervet.cli.suites import holds_patches
    from vervet.store.suites import load_suite as stored_suite

    try:
        with work.open_database(config, create=False) as database, database.read() as conn:
            suite = stored_suite(conn, find(database, target).suite_id)
            return any(problem.kind == PATCH for problem in suite.problems)
    except (UsageError, StoreError):
        return target is not None and holds_patches(target, config.format)


def _plan(
    config: RunConfig,
    repetitions: int | None,
    min_flip: float | None,
    miss: float,
    varied: int | None,
    loaded: int,
    exhaustive: bool,
    settle: bool,
    *,
    patches: bool,
) -> Plan:
    from vervet.audit.flaky import PAPERS, Plan
    from vervet.sandbox.perturbed import factors_of

    if repetitions is not None and min_flip is not None:
        raise UsageError(
            "--repetitions and --min-flip were both given",
            hint="Keep one: --min-flip works out how many repetitions it takes.",
        )
    made = Plan(
        repetitions=PAPERS if repetitions is None else repetitions,
        min_flip=min_flip,
        miss=miss,
        varied=0 if varied is None else varied,
        loaded=loaded,
        exhaustive=exhaustive,
        settle=settle,
        factors=factors_of(config.sandbox),
    )
    if patches:
        return replace(made, varied=0, loaded=0, factors=())
    return made if varied is not None else replace(made, varied=min(made.needed, PAPERS))


def _each(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--each is {text!r}", hint="Give a whole number from 1 on, or all.")
    return int(text)


def _search(
    database: Database,
    config: RunConfig,
    sandbox: Sandbox,
    name: str | None,
    plan: Plan,
    each: int | None,
    seed: int,
) -> tuple[FlakySearch, Run]:
    """The audit of a run with the references of its suite, or of a suite's references alone."""
    from vervet.cli.names import find
    from vervet.cli.output import print_set_aside
    from vervet.cli.suites import load_suite
    from vervet.pipeline.audit_flaky import FlakySearch, Target
    from vervet.pipeline.references import open_references
    from vervet.pipeline.session import reopen_session
    from vervet.store.runs import find_run

    exact = None
    if name is not None:
        with database.read() as conn:
            exact = find_run(conn, name)
    if name is not None and exact is None:
        try:
            loaded = load_suite(name, config.format, config.limit)
        except (UnknownNameError, ProblemError) as problem:
            try:
                exact = find(database, name)
            except UnknownNameError:
                raise problem from None
        else:
            print_set_aside(loaded.set_aside)
            suite = ready_suite(loaded.suite, config)
            known = open_references(database, suite, config, sandbox)
            targets = [Target(known, reference=True)]
            return FlakySearch(database, targets, plan, audited=known.run, seed=seed), known.run
    run = exact or find(database, None)
    session = reopen_session(database, run, sandbox=sandbox)
    targets = [Target(session, reference=False, each=each)]
    try:
        known = open_references(database, session.suite, config, sandbox, every_check=False)
    except ProblemError:
        pass
    else:
        targets.insert(0, Target(known, reference=True))
    return FlakySearch(database, targets, plan, audited=run, seed=seed), run


def _remarks(audited: Run, each: int | None, search: FlakySearch) -> list[str]:
    from vervet.pipeline.references import REFERENCES
    from vervet.report.words import plural

    bare = search.without_references
    said = [f"no reference: {plural(bare, 'problem')}"] if bare else []
    if audited.generator.engine == REFERENCES or each is None:
        return said
    words = f"of every problem at most {each} passed and {each} other solutions were examined"
    return [*said, f"{words}; --each all examines every one"]


def _effects(
    database: Database, audited: Run, search: FlakySearch, result: FlakyAudit
) -> list[RunEffect]:
    from vervet.audit.flaky import Finding
    from vervet.pipeline.audit_effect import effects_on
    from vervet.pipeline.audit_negatives_effects import effects_of
    from vervet.pipeline.references import REFERENCES

    bad = {Finding.FLAKY, Finding.CONDITION_DEPENDENT}
    affected = {item.problem for item in result.items if item.finding in bad}
    with database.read() as conn:
        if audited.generator.engine == REFERENCES:
            return list(effects_of(conn, search.suite, affected))
        return effects_on(conn, [audited], affected, settled=search.plan.settle)


def _as_json(result: FlakyAudit) -> dict[str, object]:
    return {
        **asdict(result),
        "by_problem": [asdict(each) for each in result.by_problem],
        "causes": dict(result.causes),
        "flaky_share": result.flaky_share,
    }
