"""`vervet swebench evaluate`: model patches judged on instances, any number for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
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
    config_from,
)
from vervet.cli.swebench_options import (
    IdsOption,
    InstancesArgument,
    LimitOption,
    SplitOption,
    TimeoutOption,
    WorkersOption,
    chosen_instances,
    in_containers,
    validated,
)
from vervet.core.errors import ProblemError, UsageError

if TYPE_CHECKING:
    from vervet.core.values import Suite
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.session import Session
    from vervet.sandbox.protocol import Sandbox
    from vervet.store.database import Database

__all__ = ["register"]


def register(group: typer.Typer) -> None:
    """Add the command to `vervet swebench`."""
    group.command("evaluate")(evaluate)


def evaluate(
    instances: InstancesArgument = "swebench",
    predictions: Annotated[
        Path | None,
        typer.Option("-p", "--predictions", help="JSON lines or JSON of patches, as swebench's."),
    ] = None,
    gold: Annotated[bool, typer.Option("--gold", help="Judge the gold patches.")] = False,
    run_id: Annotated[
        str | None, typer.Option("--run-id", help="Name of the run; made if left out.")
    ] = None,
    ids: IdsOption = None,
    limit: LimitOption = None,
    split: SplitOption = "test",
    workers: WorkersOption = None,
    timeout: TimeoutOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    broker: BrokerOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    display: DisplayOption = DisplayMode.AUTO,
    as_json: JsonOption = False,
) -> None:
    """Judge patches by the official scripts, parsers and grading, in hardened containers.

    Instances are validated first (see `validate`); those that cannot judge are left out by name.
    The same command goes on where it was.

    \b
    vervet swebench evaluate --gold
    vervet swebench evaluate instances.jsonl.gz -p predictions.jsonl --run-id mine -j 4
    """
    from vervet.cli import work
    from vervet.pipeline.swebench_validation import with_valid_only

    if gold == (predictions is not None):
        raise UsageError("give either --gold or --predictions", hint="One of the two is judged.")
    flags = {
        "database": db, "broker": broker, "state_dir": state_dir, "sandbox": sandbox,
        "workers": workers,
    }  # fmt: skip
    config = in_containers(config_from(config_file, override, **flags))
    whole = chosen_instances(instances, ids, limit, split, timeout)
    suite = with_valid_only(whole, validated(whole, config, workers=workers))
    if not suite.problems:
        raise ProblemError(
            "no instance can judge", hint="vervet swebench build makes images; validate says why."
        )
    with work.open_database(config) as database, work.open_sandbox(config) as opened:
        if gold:
            session = _of_gold(database, suite, config, opened)
        else:
            assert predictions is not None
            session = _of_file(database, suite, whole, config, opened, predictions, run_id)
        work.carry_out(
            session, config, make_sampler=None, verify=True, display=display, as_json=as_json
        )


def _of_gold(database: Database, suite: Suite, config: RunConfig, sandbox: Sandbox) -> Session:
    from vervet.pipeline.references import open_references

    return open_references(database, suite, config, sandbox)


def _of_file(
    database: Database,
    suite: Suite,
    whole: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    predictions: Path,
    run_id: str | None,
) -> Session:
    """A run of the predictions; what of the file was not used is named on stderr."""
    from vervet.cli.output import err, print_set_aside
    from vervet.pipeline.importing import import_candidates, survey
    from vervet.pipeline.record import Recorder
    from vervet.pipeline.session import open_session

    contents = survey(predictions, suite, whole=whole)
    print_set_aside(contents.set_aside)
    if contents.unsampled:
        err().print(f"{len(contents.unsampled)} instances have no prediction in {predictions}")
    own = replace(
        suite,
        problems=tuple(p for p in suite.problems if p.id not in set(contents.unsampled)),
    )
    session = open_session(
        database,
        own,
        config.model_copy(update={"n": contents.most, "model": f"recorded:{contents.model.model}"}),
        model=contents.model,
        sandbox=sandbox,
        name=run_id,
        expected=contents.candidates,
    )
    import_candidates(contents, session, Recorder(database, session.run, config.batch_size))
    return session
