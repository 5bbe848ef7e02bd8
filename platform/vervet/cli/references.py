"""`vervet references`: known-correct solutions of a suite, and limits that follow from them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    SandboxOption,
    SourceOption,
    StateOption,
    config_from,
)
from vervet.core.errors import UsageError

if TYPE_CHECKING:
    from vervet.core.values import Suite
    from vervet.pipeline.config import RunConfig
    from vervet.sandbox.protocol import Sandbox
    from vervet.store.database import Database

__all__ = ["register"]

SuiteArgument = Annotated[
    str, typer.Argument(metavar="SUITE", help="A bundled suite or a problem file.")
]
FormatOption = Annotated[str | None, typer.Option("--format", help="Of the suite.")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", help="Only the first so many problems.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(
        help="Known-correct solutions of a suite: import them, list them, take limits from them.",
        no_args_is_help=True,
    )
    group.command("import")(import_file)
    group.command("list")(list_references)
    group.command("limits")(limits)
    app.add_typer(group, name="references")


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL of correct solutions.")],
    suite: Annotated[str, typer.Option("--suite", help="A bundled suite or a problem file.")],
    origin: Annotated[
        str | None, typer.Option(help="Where they are from; the file's name if left out.")
    ] = None,
    source: SourceOption = None,
    suite_format: FormatOption = None,
    limit: LimitOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add known-correct solutions from a file to a suite's references; give it twice as you like.

    Reads the forms that `vervet import` reads. What cannot be used is named and set aside.

    \b
    vervet references import accepted.jsonl --suite contests.jsonl
    """
    from vervet.cli.output import err, out, print_json, print_set_aside
    from vervet.pipeline.reference_files import import_references

    config = config_from(
        config_file, override, suite=suite, format=suite_format, limit=limit, database=db,
        state_dir=state_dir, sandbox=sandbox,
    )  # fmt: skip
    with _opened(config) as (database, opened, loaded):
        found = import_references(
            database, file, loaded, config, opened, origin=origin or file.name, source=source
        )
    if as_json:
        print_json(asdict(found))
        return
    print_set_aside(found.set_aside)
    out().print(
        f"{found.usable:,} references of {found.problems:,} problems read, {found.new:,} of them "
        f"new to suite {found.suite}",
        markup=False,
    )
    if found.without:
        err().print(f"{len(found.without):,} problems of the suite have no reference")


def list_references(
    suite: SuiteArgument,
    suite_format: FormatOption = None,
    limit: LimitOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count a suite's references by problem and by where they are from."""
    from vervet.cli.output import out, print_json, table
    from vervet.pipeline.reference_files import references_of
    from vervet.report.words import plural

    config = config_from(
        config_file, override, suite=suite, format=suite_format, limit=limit, database=db,
        state_dir=state_dir, sandbox=sandbox,
    )  # fmt: skip
    with _opened(config) as (database, opened, loaded):
        known = references_of(database, loaded, config, opened)
    counts = {
        problem.id: Counter(each.origin for each in known.get(problem.id, ()))
        for problem in loaded.problems
    }
    total = sum((each for each in counts.values()), Counter[str]())
    without = [name for name, some in counts.items() if not some]
    if as_json:
        print_json(
            {
                "suite": loaded.name,
                "references": total.total(),
                "origins": total,
                "without": without,
                "problems": counts,
            }
        )
        return
    rows = [
        (name, origin, f"{count:,}")
        for name, some in counts.items()
        for origin, count in some.items()
    ]
    console = out()
    console.print(table(("problem", "origin", "references"), rows, {2}))
    console.print(
        f"{plural(total.total(), 'reference')} of {len(counts) - len(without):,} problems; "
        f"{plural(len(without), 'problem')} without any",
        markup=False,
    )


def limits(
    suite: SuiteArgument,
    times: Annotated[
        float, typer.Option("--times", help="The limit, as a multiple of what references take.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.jsonl", help="Where to write the suite.")
    ],
    runs: Annotated[int, typer.Option(help="How often each reference is run.")] = 3,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    suite_format: FormatOption = None,
    limit: LimitOption = None,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a suite with limits of time relative to what its references take on this host.

    Each problem gets so many times the longest check of its slowest passing reference, but never
    less than half a second of CPU time. What has no passing reference keeps its limits, by name.

    \b
    vervet references limits contests.jsonl --times 3 -o contests_here.jsonl
    """
    from vervet.cli.output import err
    from vervet.cli.references_output import print_limits, write_suite
    from vervet.pipeline.reference_files import references_of
    from vervet.pipeline.reference_limits import measure

    if not (math.isfinite(times) and times >= 1):
        raise UsageError(f"--times is {times:g}", hint="Give a number from 1 on, as in 3.")
    if runs < 1:
        raise UsageError(f"--runs is {runs}", hint="Give a whole number from 1 on.")
    if output.exists() and not force:
        raise UsageError(f"{output} is there", hint="Name another file, or give --force.")
    config = config_from(
        config_file, override, suite=suite, format=suite_format, limit=limit, database=db,
        state_dir=state_dir, sandbox=sandbox,
    )  # fmt: skip
    from rich.progress import track

    with _opened(config) as (database, opened, loaded):
        known = {
            name: [each.completion for each in some]
            for name, some in references_of(database, loaded, config, opened).items()
        }
        console = err()
        measured = list(
            track(
                measure(loaded, known, config, opened, runs=runs),
                description="measuring references",
                total=len(loaded.problems),
                console=console,
                transient=True,
                disable=not console.is_terminal,
            )
        )
    write_suite(loaded, known, measured, times, output)
    print_limits(loaded, measured, times, output, as_json=as_json)


@contextmanager
def _opened(config: RunConfig) -> Iterator[tuple[Database, Sandbox, Suite]]:
    """Database, sandbox and suite of a command; says on stderr what of the suite was not used."""
    from vervet.cli import work
    from vervet.cli.output import print_set_aside
    from vervet.cli.suites import load_suite

    loaded = load_suite(config.suite, config.format, config.limit)
    print_set_aside(loaded.set_aside)
    with work.open_database(config) as database, work.open_sandbox(config) as sandbox:
        yield database, sandbox, loaded.suite
