"""`vervet problems`: the suites that there are, the problems in one, and what is wrong in it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from vervet.cli.options import JsonOption, SourceOption

if TYPE_CHECKING:
    from vervet.cli.suites import CheckedCandidates
    from vervet.core.lines import SetAside
    from vervet.problems.checking import CheckedFile

__all__ = ["register"]

FormatOption = Annotated[str | None, typer.Option("--format", help="Of the file.")]


class _ShowsByDefault(TyperGroup):
    """`vervet problems SUITE` is `vervet problems show SUITE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "-h", "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(
        cls=_ShowsByDefault,
        help="List suites, show their problems, check a file of problems.\n\n"
        "`vervet problems SUITE` is `vervet problems show SUITE`.",
    )
    group.command("show")(show)
    group.command("check")(check)
    app.add_typer(group, name="problems")


def show(
    suite: Annotated[
        str | None, typer.Argument(metavar="SUITE", help="Name or file; all if left out.")
    ] = None,
    problem: Annotated[
        str | None, typer.Argument(metavar="PROBLEM", help="Id of one problem to show.")
    ] = None,
    suite_format: FormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the suites that ship with Vervet, the problems of one, or show one problem.

    \b
    vervet problems
    vervet problems code
    vervet problems code code/0007
    """
    from vervet.cli.output import print_set_aside
    from vervet.problems.bundled import find_problem, load, summaries

    if suite is None:
        _show_suites([asdict(each) for each in summaries()], as_json)
        return
    loaded = load(suite, format=suite_format)
    print_set_aside(loaded.set_aside)
    if problem is None:
        rows: list[dict[str, object]] = [
            {"id": p.id, "kind": p.kind, "labels": dict(p.labels), "digest": p.digest}
            for p in loaded.suite.problems
        ]
        _show_problems(rows, as_json)
    else:
        _show_problem(asdict(find_problem(loaded.suite, problem)), as_json)


def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file of problems, a bundled suite, hf://...")
    ],
    candidates: Annotated[
        Path | None, typer.Option("--candidates", help="A file of its candidates, checked too.")
    ] = None,
    source: SourceOption = None,
    suite_format: FormatOption = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the report to this file as well, as JSON.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Go through a file of problems and name every line that cannot be used, and why.

    Exit status 1 if anything is in quarantine: it would be left out, and the rest go on.

    \b
    vervet problems check mine.jsonl
    vervet problems check HumanEval.jsonl.gz --candidates samples.jsonl --json
    """
    from vervet.cli import suites
    from vervet.cli.output import print_json
    from vervet.problems.bundled import suite_file
    from vervet.problems.hub import is_hub_name

    name = file if is_hub_name(file) else str(suite_file(file))
    checked = suites.check_problems(name, suite_format)
    of_candidates = None
    if candidates is not None:
        loaded = suites.load_suite(name, suite_format)
        of_candidates = suites.check_candidates(candidates, loaded, source)
    found = suites.as_json(checked, of_candidates)
    if report is not None:
        report.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(found)
    else:
        _print_checked(checked, of_candidates)
    if checked.quarantined or (of_candidates and of_candidates.quarantined):
        raise typer.Exit(1)


def _print_checked(checked: CheckedFile, candidates: CheckedCandidates | None) -> None:
    from vervet.cli.output import out

    console = out()
    kinds = _words(checked.kinds) or "none"
    console.print(
        f"{checked.file}  format {checked.format}, {checked.sound:,} sound problems ({kinds})",
        markup=False,
    )
    if checked.without_references:
        console.print(f"{checked.without_references:,} of them have no reference solution")
    for remark in checked.remarks:
        console.print(remark, markup=False)
    _print_quarantine(checked.quarantined)
    if candidates is not None:
        console.print(
            f"{candidates.file}  {candidates.usable:,} candidates of {candidates.problems:,} "
            f"problems; {candidates.without_candidates:,} problems have none",
            markup=False,
        )
        _print_quarantine(candidates.quarantined)


def _print_quarantine(lines: tuple[SetAside, ...]) -> None:
    from vervet.cli.output import out

    console = out()
    for line in lines:
        console.print(f"  {line}", markup=False)
    console.print(f"  {len(lines):,} in quarantine" if lines else "  nothing in quarantine")


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
