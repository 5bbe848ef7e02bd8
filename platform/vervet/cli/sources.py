"""What the commands of analysis are given: names of runs, or CSV files, mixed as one likes."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.core.errors import UsageError
from vervet.pipeline.config import RunConfig

if TYPE_CHECKING:  # these take numpy and scipy, which help texts do without
    from matplotlib.figure import Figure

    from vervet.report.count_sets import CountSet
    from vervet.report.files import Table
    from vervet.store.database import Database
    from vervet.store.runs import Run

__all__ = [
    "CsvOption",
    "KOption",
    "LabelOption",
    "PlotOption",
    "SourcesArgument",
    "count_sets",
    "is_file",
    "number",
    "open_runs",
    "plot",
    "print_csv",
    "read_ks",
    "spare_sources",
    "warn_of_stopping",
    "whole_list",
]

SourcesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RUN|FILE.csv]...",
        help="Names of runs, or CSV files with columns problem, n, c; the latest run if left out.",
    ),
]
KOption = Annotated[
    str | None, typer.Option("--k", metavar="1,10,...", help="The values of k, commas between.")
]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw it: FILE.png, FILE.svg, and the data as FILE.csv."
    ),
]
LabelOption = Annotated[
    str | None,
    typer.Option("--label", help="Problems of this label; a suite's main one if left out."),
]
ENDS = (".png", ".svg", ".csv")


def is_file(source: str) -> bool:
    """Whether a source names a CSV file and not a run, which may be called as a file here is."""
    return source.lower().endswith(".csv") or ("/" in source and Path(source).is_file())


def whole_list(text: str) -> list[int]:
    """Whole numbers with commas between. Raises `UsageError`."""
    try:
        return [int(part) for part in text.replace("_", "").split(",")]
    except ValueError:
        raise UsageError(
            f"--k is {text!r}", hint="Give whole numbers with commas between, as in 1,10,100."
        ) from None


def read_ks(text: str | None) -> list[int] | None:
    """The values of --k in rising order, None where it was not given."""
    return None if text is None else sorted(set(whole_list(text)))


@contextmanager
def open_runs(
    config: RunConfig, sources: Sequence[str | None]
) -> Iterator[tuple[Database, list[Run]]]:
    """The database and the runs of those names; the latest run for None."""
    from vervet.cli.names import find
    from vervet.store.database import Database

    database = Database.open(config.database_url, create=False)
    try:
        yield database, [find(database, source) for source in sources]
    finally:
        database.close()


def count_sets(
    config: RunConfig, sources: Sequence[str] | None, label: str | None = None
) -> list[CountSet]:
    """The counts of every source, in their order; a file may hold several models."""
    from vervet.report.count_sets import read_counts

    found: list[CountSet] = []
    wanted: Sequence[str | None] = sources or [None]
    for source in wanted:
        if source is not None and is_file(source):
            found += read_counts(Path(source))
        else:
            found.append(_of_run(config, source, label))
    return found


def warn_of_stopping(one: CountSet) -> CountSet:
    """The set, with a remark where its problems were sampled until they passed.

    For commands that do not account for it; `coverage` and `fit` do.
    """
    from vervet.analysis.stopping import find_stopping

    if find_stopping(one.n, one.c, names=one.names) is None:
        return one
    text = (
        "problems seem to have been sampled until they passed, which biases these numbers; "
        "`vervet coverage` and `fit` account for it"
    )
    return replace(one, remarks=(*one.remarks, text))


def _of_run(config: RunConfig, name: str | None, label: str | None) -> CountSet:
    from vervet.report.count_sets import set_of_report
    from vervet.report.gather import gather

    with open_runs(config, [name]) as (database, [run]), database.read() as conn:
        return set_of_report(gather(conn, run), label)


def print_csv(table: Table) -> None:
    """The table as CSV on stdout."""
    writer = csv.writer(sys.stdout)
    writer.writerow(table[0])
    writer.writerows(table[1])


def spare_sources(file: Path | None, sources: Sequence[str] | None) -> None:
    """Raises `UsageError` where the data of a figure would overwrite a file that is read."""
    if file is None:
        return
    stem = _stem(file)
    data = stem.with_name(f"{stem.name}.csv").resolve()
    if data in {Path(source).resolve() for source in sources or [] if is_file(source)}:
        raise UsageError(
            f"--plot {file} would write its data over {data.name}, which is read",
            hint="Name another file.",
        )


def _stem(file: Path) -> Path:
    return file.with_suffix("") if file.suffix.lower() in ENDS else file


def plot(figure: Figure, table: Table, file: Path, *, part: str = "") -> list[str]:
    """Write the figure as FILE.png and FILE.svg and its data as FILE.csv; what was written.

    `part` is added to the name where one command draws several. Raises `UsageError` where it
    cannot be written.
    """
    from vervet.report.files import save

    stem = _stem(file)
    if part:
        stem = stem.with_name(f"{stem.name}-{part}")
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        return [str(path) for path in save(figure, table, stem)]
    except OSError as error:
        raise UsageError(
            f"the figure cannot be written to {stem}: {error.strerror or error}",
            hint="Name a file in a folder that can be written.",
        ) from error


def number(value: Any) -> str:
    """A count or a cost for people: digits where they fit, else a power of ten."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0 or 0.001 <= abs(value) < 1e7:
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:.3e}"
