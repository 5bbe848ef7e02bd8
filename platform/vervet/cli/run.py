"""`vervet run`, `generate` and `verify`: the commands that sample and verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.display import DisplayMode
from vervet.cli.options import (
    BrokerOption,
    ConfigOption,
    DatabaseOption,
    DisplayOption,
    JsonOption,
    OverrideOption,
    ReferenceOption,
    RunArgument,
    SandboxOption,
    SourceOption,
    StateOption,
    UnsafeOption,
    WorkersOption,
    config_from,
)
from vervet.core.errors import UsageError

if TYPE_CHECKING:
    from vervet.pipeline.config import RunConfig

__all__ = ["register"]

SuiteArgument = Annotated[
    str | None,
    typer.Argument(metavar="SUITE", help="A bundled suite (vervet problems) or a problem file."),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="ENGINE:MODEL",
        help="embedded:code, openai:NAME@URL, recorded:FILE; the suite's own if left out.",
    ),
]
NOption = Annotated[
    int | None, typer.Option("--n", "-n", help="Candidates per problem; 100 if left out.")
]
LimitOption = Annotated[int | None, typer.Option(help="Only the first so many problems.")]
SeedOption = Annotated[int | None, typer.Option(help="Seed of the whole run; 0 if left out.")]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature", "-t", help="Of sampling; 0 is greedy.")
]
NameOption = Annotated[
    str | None, typer.Option(help="Name of the run; made from its parameters if left out.")
]
FormatOption = Annotated[str | None, typer.Option("--format", help="Format of the problem file.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("run")(run)
    app.command("generate")(generate)
    app.command("verify")(verify)


def run(
    suite: SuiteArgument = None,
    model: ModelOption = None,
    n: NOption = None,
    limit: LimitOption = None,
    temperature: TemperatureOption = None,
    seed: SeedOption = None,
    name: NameOption = None,
    suite_format: FormatOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    broker: BrokerOption = None,
    workers: WorkersOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    reference_share: ReferenceOption = None,
    unsafe: UnsafeOption = False,
    display: DisplayOption = DisplayMode.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Sample candidates, verify each in a sandbox, record every verdict, draw the curve.

    A run that was interrupted, or killed, goes on where it was: give the same command again.

    \b
    vervet run code -n 200 --limit 60        the embedded model on 60 held-out problems
    vervet run arith -c sampling.temperature=0.8
    vervet run my.jsonl --model openai:qwen@http://localhost:8000/v1 -n 100
    vervet run code --db postgresql://me@host/vervet --broker redis://host/0
    """
    flags = {
        "suite": suite, "model": model, "n": n, "limit": limit, "seed": seed,
        "format": suite_format, "sampling.temperature": temperature, "database": db,
        "broker": broker, "workers": workers, "state_dir": state_dir,
        "sandbox": sandbox, "reference_share": reference_share,
        "unsafe_no_isolation": unsafe or None,
    }  # fmt: skip
    _sample(flags, config_file, override, name, display, as_json, and_verify=True)


def generate(
    suite: SuiteArgument = None,
    model: ModelOption = None,
    n: NOption = None,
    limit: LimitOption = None,
    temperature: TemperatureOption = None,
    seed: SeedOption = None,
    name: NameOption = None,
    suite_format: FormatOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    display: DisplayOption = DisplayMode.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Sample candidates and record them, without verifying: `vervet verify RUN` does that.

    \b
    vervet generate code -n 1000 --name big
    vervet verify big
    """
    flags = {
        "suite": suite, "model": model, "n": n, "limit": limit, "seed": seed,
        "format": suite_format, "sampling.temperature": temperature, "database": db,
        "state_dir": state_dir,
    }  # fmt: skip
    _sample(flags, config_file, override, name, display, as_json, and_verify=False)


def verify(
    run_name: RunArgument = None,
    suite: Annotated[
        str | None, typer.Option("--suite", help="Suite of --candidates: a name or a file.")
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option("--candidates", help="Recorded candidates to import first.")
    ] = None,
    source: SourceOption = None,
    n: NOption = None,
    name: NameOption = None,
    suite_format: FormatOption = None,
    limit: LimitOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    broker: BrokerOption = None,
    workers: WorkersOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    reference_share: ReferenceOption = None,
    unsafe: UnsafeOption = False,
    display: DisplayOption = DisplayMode.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Verify what a run has recorded, or import recorded candidates and verify them.

    \b
    vervet verify                            the latest run
    vervet verify --suite HumanEval.jsonl.gz --candidates samples.jsonl
    """
    from vervet.cli import work
    from vervet.cli.data import imported
    from vervet.cli.names import find
    from vervet.pipeline.session import reopen_session

    flags = {
        "suite": suite, "format": suite_format, "limit": limit, "n": n, "database": db,
        "broker": broker, "workers": workers, "state_dir": state_dir,
        "sandbox": sandbox, "reference_share": reference_share,
        "unsafe_no_isolation": unsafe or None,
    }  # fmt: skip
    config = config_from(config_file, override, **flags)
    with (
        work.open_database(config, create=candidates is not None) as database,
        work.open_sandbox(config) as opened,
    ):
        if candidates is not None:
            session = imported(
                database, candidates, config, sandbox=opened, name=name, source=source
            )
        elif suite is not None:
            raise UsageError(
                "--suite was given without --candidates",
                hint="Name a RUN to verify, or the file of --candidates to import first.",
            )
        else:
            session = reopen_session(database, find(database, run_name), sandbox=opened)
        work.carry_out(
            session, config, make_sampler=None, verify=True, display=display, as_json=as_json
        )


def _sample(
    flags: dict[str, Any],
    config_file: Path | None,
    override: list[str] | None,
    name: str | None,
    display: DisplayMode,
    as_json: bool,
    *,
    and_verify: bool,
) -> None:
    from vervet.cli import work
    from vervet.cli.output import print_set_aside
    from vervet.cli.suites import load_suite
    from vervet.generation.registry import make_generator
    from vervet.pipeline.plan import missing_requests
    from vervet.pipeline.record import Recorder
    from vervet.pipeline.sample import Sampler
    from vervet.pipeline.session import Session, open_session
    from vervet.pipeline.tasks import recorded_file, with_task_defaults
    from vervet.problems.bundled import recorded_candidates
    from vervet.store.candidates import existing_ordinals

    config = with_task_defaults(config_from(config_file, override, **flags))
    if recorded := recorded_file(config):
        _import(recorded_candidates(recorded), config, name, display, as_json, verify=and_verify)
        return
    loaded = load_suite(config.suite, config.format, config.limit)
    print_set_aside(loaded.set_aside)
    generator = make_generator(config.model, config.engine_options())

    def sampler(session: Session, recorder: Recorder) -> Sampler:
        with session.database.read() as conn:
            existing = existing_ordinals(conn, session.run.id)
        requests = missing_requests(
            session.suite.problems,
            n=session.run.n,
            per_request=config.samples_per_request,
            run_seed=session.run.seed,
            existing=existing,
        )
        return Sampler(
            requests,
            generator=generator,
            sampling=config.sampling,
            verifiers=session.verifiers,
            recorder=recorder,
        )

    try:
        with work.open_database(config) as database, work.open_sandbox(config) as sandbox:
            session = open_session(
                database, loaded.suite, config, model=generator.info(), sandbox=sandbox, name=name
            )
            work.carry_out(
                session,
                config,
                make_sampler=sampler,
                verify=and_verify,
                display=display,
                as_json=as_json,
            )
    finally:
        generator.close()


def _import(
    candidates: Path,
    config: RunConfig,
    name: str | None,
    display: DisplayMode,
    as_json: bool,
    *,
    verify: bool,
) -> None:
    """A run of candidates that are there already, as far as its `n`."""
    from vervet.cli import work
    from vervet.cli.data import imported

    with work.open_database(config) as database, work.open_sandbox(config) as sandbox:
        session = imported(database, candidates, config, sandbox=sandbox, name=name)
        work.carry_out(
            session, config, make_sampler=None, verify=verify, display=display, as_json=as_json
        )
