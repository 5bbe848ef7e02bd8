"""`vervet select`: how often each way of picking one answer is right, beside the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    SandboxOption,
    StateOption,
    UnsafeOption,
    config_from,
)
from vervet.cli.select_output import (
    Selected,
    document_of,
    plot_selected,
    print_as_csv,
    print_selected,
)
from vervet.cli.sources import (
    CsvOption,
    KOption,
    LabelOption,
    PlotOption,
    is_file,
    open_runs,
    read_ks,
    spare_sources,
)
from vervet.core.errors import AnalysisError, UnknownNameError

if TYPE_CHECKING:
    from vervet.analysis.selectors import Rules
    from vervet.pipeline.config import RunConfig
    from vervet.report.selecting import SelectorData
    from vervet.store.database import Database
    from vervet.store.runs import Run

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("select")(select)


@dataclass(frozen=True, slots=True)
class _Comparing:
    """Whether answers are compared anew, and how many comparisons may go to the sandbox."""

    anew: bool
    most_jobs: int


def select(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|FILE.csv]...",
            help="Names of runs, or CSV files with columns problem, answer, correct and scores.",
        ),
    ] = None,
    selectors: Annotated[
        str | None,
        typer.Option("--selectors", metavar="A,B,...", help="Which ones; all if left out."),
    ] = None,
    scorer: Annotated[
        str | None,
        typer.Option(
            "--score", metavar="SCORER", help="The scores of best-of-n and weighted-vote."
        ),
    ] = None,
    weigh: Annotated[
        str | None,
        typer.Option("--weigh", help="What a vote weighs: the score raw, its sigmoid or exp."),
    ] = None,
    tests: Annotated[
        str | None, typer.Option("--tests", metavar="SCORER", help="Whose generated tests to use.")
    ] = None,
    ties: Annotated[
        str, typer.Option("--ties", help="random, pessimistic or optimistic.")
    ] = "random",
    by_text: Annotated[
        bool,
        typer.Option("--by-text", help="Only equal solutions are equal answers; compare nothing."),
    ] = False,
    compare_again: Annotated[
        bool, typer.Option("--compare-again", help="Compare all answers anew, also known ones.")
    ] = False,
    most_jobs: Annotated[
        int,
        typer.Option("--most-jobs", min=0, help="Comparisons of a problem that may use the jail."),
    ] = 2000,
    draws: Annotated[
        int, typer.Option("--draws", min=2, help="Random orders where no closed form is known.")
    ] = 400,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of these orders.")] = 0,
    k: KOption = None,
    label: LabelOption = None,
    plot_file: PlotOption = None,
    as_csv: CsvOption = False,
    sandbox: SandboxOption = None,
    unsafe: UnsafeOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print accuracy against k of every selector beside the oracle, and what each leaves open.

    Answers are equal if the problem's verifier says so; they are compared once for each run.

    \b
    vervet select                                the latest run
    vervet select gsm8k --score mean_logprob --weigh exp --plot selectors
    vervet select answers.csv --ties pessimistic
    """
    given = {
        "sandbox": sandbox,
        "unsafe_no_isolation": unsafe or None,
        "database": db,
        "state_dir": state_dir,
    }
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, **given)
    asked = _rules(ties, weigh, scorer, draws, seed)
    comparing = None if by_text else _Comparing(compare_again, most_jobs)
    found = [
        _selected(label, data, asked, weigh is not None, selectors, read_ks(k), notes)
        for label, data, notes in _data(config, sources, comparing, tests, label)
    ]
    files = [file for one in found for file in plot_selected(one, plot_file, alone=len(found) == 1)]
    if as_csv:
        print_as_csv(found)
    elif as_json:
        from vervet.cli.output import print_json

        print_json({"runs": [document_of(one) for one in found], "files": files})
    else:
        print_selected(found, files)


def _rules(ties: str, weigh: str | None, scorer: str | None, draws: int, seed: int) -> Rules:
    from vervet.analysis.selectors import Rules, Weighing
    from vervet.analysis.selectors_exact import Ties

    if ties not in set(Ties):
        raise UnknownNameError("rule for ties", ties, list(Ties))
    if weigh is not None and weigh not in set(Weighing):
        raise UnknownNameError("weight", weigh, list(Weighing))
    return Rules(
        ties=Ties(ties),
        scorer=scorer,
        weighing=Weighing(weigh or Weighing.RAW),
        draws=draws,
        seed=seed,
    )


def _data(
    config: RunConfig,
    sources: Sequence[str] | None,
    comparing: _Comparing | None,
    tests: str | None,
    label: str | None,
) -> Iterator[tuple[str, SelectorData, tuple[str, ...]]]:
    """What each source holds, with notes on how its answers were compared."""
    from vervet.report.answers_csv import read_answers
    from vervet.report.selecting import of_main_label, selector_data
    from vervet.store.scores import selector_inputs

    wanted: Sequence[str | None] = sources or [None]
    for source in wanted:
        if source is not None and is_file(source):
            yield Path(source).stem, read_answers(Path(source)), ()
            continue
        with open_runs(config, [source]) as (database, [run]):
            notes = _compare(config, database, run, comparing) if comparing else ()
            with database.read() as conn:
                everything = selector_inputs(conn, run.id)
        if not everything:
            raise AnalysisError(
                f"run {run.name!r} has no candidates",
                hint="Sample at least one candidate for at least one problem.",
            )
        rows, shown = of_main_label(everything, label)
        if len(rows) < len(everything):
            notes = (*notes, f"{shown or 'unlabelled'} problems only (--label shows others)")
        if comparing and not any(row.compared for row in rows):
            notes = (*notes, "only equal solutions are equal here: no verifier compares them")
        yield run.name, selector_data(rows, by_text=comparing is None, tests=tests), notes


def _compare(config: RunConfig, database: Database, run: Run, how: _Comparing) -> tuple[str, ...]:
    """Have the answers of a run compared that were not; what did not work, in sentences."""
    from vervet.pipeline.answer_classes import compare_answers, lacks_classes

    if not (how.anew or lacks_classes(database, run)):
        return ()
    with _sandbox(config) as sandbox:
        done = compare_answers(database, run, sandbox, anew=how.anew, most_jobs=how.most_jobs)
    return tuple(
        f"the answers of {problem} are compared by their text alone: {why}"
        for problem, why in done.failed.items()
    )


@contextmanager
def _sandbox(config: RunConfig) -> Iterator[Any]:
    from vervet.cli import work

    with work.open_sandbox(config) as sandbox:
        yield sandbox


def _selected(
    label: str,
    data: SelectorData,
    asked: Rules,
    weighing_given: bool,
    selectors: str | None,
    ks: list[int] | None,
    notes: tuple[str, ...],
) -> Selected:
    from dataclasses import replace

    from vervet.analysis.selectors import Weighing, selector_names
    from vervet.analysis.selectors_curves import compare_selectors
    from vervet.report.selecting import LOGPROB

    if asked.scorer is not None and asked.scorer not in data.scorers:
        raise UnknownNameError(f"scorer of {label}", asked.scorer, data.scorers)
    own = [name for name in data.scorers if name != LOGPROB]
    scorer = asked.scorer or (own[0] if len(own) == 1 else None)
    if scorer is None and not own and LOGPROB in data.scorers:
        scorer = LOGPROB
    rules = replace(asked, scorer=scorer)
    if scorer == LOGPROB and not weighing_given:
        rules = replace(rules, weighing=Weighing.EXP)
    names = selectors.split(",") if selectors else selector_names()
    table = compare_selectors(
        data.problems, names=[name.strip() for name in names], ks=ks, rules=rules
    )
    if len(own) > 1 and scorer is None:
        notes = (*notes, f"there are several scorers ({', '.join(own)}): name one with --score")
    return Selected(label, data, rules, table, notes)
