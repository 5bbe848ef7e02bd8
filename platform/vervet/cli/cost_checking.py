"""`vervet cost --check`: is a published table of cost consistent with itself?"""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from vervet.core.errors import AnalysisError, UsageError

__all__ = ["check_table"]

COLUMNS = ("name", "cost_usd", "attempts", "solved_percent", "total_usd", "relative")


def check_table(path: Path, problems: int | None, as_json: bool) -> None:
    """Hold a published table against its own arithmetic; exit status 1 if it fails."""
    from vervet.analysis.cost_published import check_published
    from vervet.cli.output import out, print_json

    if problems is None:
        raise UsageError(
            "the number of problems behind the table is not given", hint="Add --problems 300."
        )
    rows = _published(path)
    found = check_published(rows, problems)
    if as_json:
        print_json({"rows": len(rows), "inconsistent": [asdict(each) for each in found]})
    elif found:
        for each in found:
            out().print(f"{each.label}: {each.column}: {each.reason}", markup=False)
    else:
        out().print(f"{len(rows)} rows agree with themselves")
    if found:
        raise typer.Exit(1)


def _published(path: Path) -> list[Any]:
    from vervet.analysis.cost_published import published_row

    hint = f"It needs a header with the columns {', '.join(COLUMNS)}."
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise UsageError(f"{path} has no column {missing[0]!r}", hint=hint)
            rows = [published_row(*(row[name] for name in COLUMNS)) for row in reader]
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}", hint="Name a CSV file."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV file in UTF-8: {error}", hint=hint) from error
    if not rows:
        raise AnalysisError(f"{path} holds no rows", hint=hint)
    return rows
