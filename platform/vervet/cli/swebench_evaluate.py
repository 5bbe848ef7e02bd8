"""`vervet swebench evaluate`: model patches judged on instances, any number for each."""

from __future__ import annotations

from collections import Counter
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
    folder: Annotated[
        Path | None,
        typer.Option(
            "--report-dir",
            "-o",
            metavar="DIR",
            help="Where the official reports and logs are written; the run's folder if left out.",
        ),
    ] = None,
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
    vervet swebench evaluate                 the shipped instances and their predictions
    vervet swebench evaluate --gold
    vervet swebench evaluate instances.jsonl.gz -p predictions.jsonl --run-id mine -j 4
    """
    from vervet.cli import work
    from vervet.cli.swebench_outputs import gold_models, settle_known, write_reports
    from vervet.pipeline.references import open_references
    from vervet.pipeline.swebench_validation import with_valid_only

    if gold and predictions is not None:
        raise UsageError("give either --gold or --predictions", hint="One of the two is judged.")
    flags = {
        "database": db, "broker": broker, "state_dir": state_dir, "sandbox": sandbox,
        "workers": workers,
    }  # fmt: skip
    config = in_containers(config_from(config_file, override, **flags))
    if not gold and predictions is None:
        predictions = _shipped(instances)
    chosen = chosen_instances(instances, ids, limit, split, timeout)
    whole = chosen.suite
    checked = validated(whole, config, workers=workers)
    suite = with_valid_only(whole, checked)
    if not suite.problems:
        raise ProblemError(
            "no instance can judge", hint="vervet swebench build makes images; validate says why."
        )
    with work.open_database(config) as database, work.open_sandbox(config) as opened:
        if gold:
            session = open_references(database, suite, config, opened)
            models = gold_models(session.suite)
        else:
            assert predictions is not None
            session = _of_file(
                database, suite, chosen.everything, config, opened, predictions, run_id
            )
            models = _models(predictions, suite, chosen.everything)
        ending = _carry_out(session, config, display, as_json)
        if not ending:
            ending = settle_known(session, config, display)
        write_reports(
            session,
            whole,
            models,
            folder or work.results_dir(config, session.run.name) / "swebench",
            dataset=instances,
            split=split,
            quiet=as_json,
        )
    if ending or len(suite.problems) < len(whole.problems):
        raise typer.Exit(ending or 1)


def _shipped(instances: str) -> Path:
    """The predictions that come with the shipped instances. Raises `UsageError` for others."""
    from vervet.problems.bundled import recorded_candidates, recorded_names

    if instances not in recorded_names():
        raise UsageError(
            "neither --gold nor --predictions was given",
            hint="Give the file of the patches to judge: -p predictions.jsonl.",
        )
    return recorded_candidates(instances)


def _carry_out(session: Session, config: RunConfig, display: DisplayMode, as_json: bool) -> int:
    """Judge what has no verdict and print the result; the exit status."""
    from vervet.cli import work

    try:
        work.carry_out(
            session, config, make_sampler=None, verify=True, display=display, as_json=as_json
        )
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def _models(
    predictions: Path, suite: Suite, whole: Suite
) -> dict[tuple[str, int], tuple[str, int]]:
    """The model of each candidate, and its ordinal among that model's own."""
    from vervet.generation.predictions import read_predictions

    found = read_predictions(predictions, suite, whole=whole)
    seen: Counter[str] = Counter()
    models: dict[tuple[str, int], tuple[str, int]] = {}
    for each in found.predictions:
        models[each.instance_id, seen[each.instance_id]] = (each.model, each.ordinal)
        seen[each.instance_id] += 1
    return models


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
