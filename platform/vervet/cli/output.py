"""How results are printed: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from vervet.core.lines import SetAside
from vervet.report.reference import reference_words
from vervet.report.words import duration, percent, plural, span

if TYPE_CHECKING:  # takes scipy, and so a second, which commands without numbers can spare
    from vervet.report.summary import StratumSummary, Summary

__all__ = ["err", "out", "print_json", "print_set_aside", "print_summary", "table", "visible"]

SHOWN_LINES = 5
WIDE = 10_000

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class _HarmlessConsole(Console):
    """A console that spells out what a terminal would obey: ids and names are strangers' texts."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*map(_harmless, objects), **options)


def out() -> Console:
    """Where results go. Lines are as long as they are where nobody's screen would break them."""
    width = None if sys.stdout.isatty() else WIDE
    return _HarmlessConsole(highlight=False, soft_wrap=True, width=width)


def err() -> Console:
    """Where progress and remarks go."""
    return _HarmlessConsole(stderr=True, highlight=False)


def visible(text: str) -> str:
    """`text` without any character that moves a cursor, rings or turns text around."""
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def _harmless(thing: Any) -> Any:
    if isinstance(thing, str):
        return visible(thing)
    if not isinstance(thing, Text) or not _CONTROLS.search(thing.plain):
        return thing
    made, end = thing.blank_copy(), 0
    for found in _CONTROLS.finditer(thing.plain):
        made.append_text(thing[end : found.start()]).append(visible(found[0]))
        end = found.end()
    return made.append_text(thing[end:])


def print_json(value: Any) -> None:
    """One JSON document on stdout; no NaN ever."""
    json.dump(value, sys.stdout, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], right: set[int]) -> Table:
    """A plain table; the columns in `right` hold numbers."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for at, heading in enumerate(headings):
        side: JustifyMethod = "right" if at in right else "left"
        made.add_column(Text(visible(heading)), justify=side, overflow="fold")
    for row in rows:
        made.add_row(*(Text(visible(cell)) for cell in row))
    return made


def print_set_aside(lines: Sequence[SetAside]) -> None:
    """The lines of a file that were not used, the first few by name, on stderr."""
    if not lines:
        return
    console = err()
    for line in lines[:SHOWN_LINES]:
        console.print(f"set aside {line}", markup=False, soft_wrap=True)
    more = len(lines) - SHOWN_LINES
    tail = f", {more:,} more than shown" if more > 0 else ""
    were = "was" if len(lines) == 1 else "were"
    console.print(f"{plural(len(lines), 'line')} {were} set aside{tail}", markup=False)


def print_summary(summary: Summary) -> None:
    """A run's result as a person reads it."""
    console = out()
    console.print(
        Text.assemble(
            (summary.run, "bold"),
            f"  {summary.candidates:,} candidates of {summary.problems:,} problems, "
            f"{summary.verified:,} verified",
        )
    )
    console.print()
    _print_statuses(console, summary)
    for stratum in summary.strata:
        _print_stratum(console, stratum)
    if summary.problems_without_candidates:
        console.print(
            f"            {summary.problems_without_candidates:,} more problems have no candidate "
            "and are not in these numbers",
            style="yellow",
        )
    console.print()
    console.print(
        f"duplicates  {summary.duplicates_saved:,} of {summary.candidates:,} candidates equal "
        f"another one: {summary.distinct_solutions:,} solutions were verified"
    )
    if summary.reference is not None:
        console.print(f"reference   {reference_words(summary.reference)}", markup=False)
        if summary.reference.differ:
            console.print('            vervet sql "select * from v_reference_differences"')
    if summary.stages_s:
        spent = ", ".join(f"{stage} {duration(s)}" for stage, s in summary.stages_s.items())
        console.print(f"time        {spent}")


def _print_statuses(console: Console, summary: Summary) -> None:
    from vervet.report.tables import status_rows

    rows = [
        (row.status, f"{row.count:,}", percent(row.share))
        for row in status_rows(summary.statuses)
        if not row.infrastructure
    ]
    rows.append(("infrastructure", f"{summary.infra_error:,}", ""))
    console.print(table(("status", "candidates", "share"), rows, {1, 2}))
    for flag, count in sorted(summary.flags.items()):
        console.print(f"  {count:,} candidates are flagged {flag}", style="yellow")


def _print_stratum(console: Console, stratum: StratumSummary) -> None:
    console.print()
    open_ended = any(row.lower != row.upper for row in stratum.coverage)
    doubted = any(row.counting_doubted is not None for row in stratum.coverage)
    headings = ["k", "coverage", "95 % over problems"]
    headings += ["bounds"] if open_ended else []
    headings += ["counting doubted passes"] if doubted else []
    rows = []
    for row in stratum.coverage:
        cells = [f"{row.k:,}", percent(row.coverage), span(row.low, row.high)]
        cells += [span(row.lower, row.upper)] if open_ended else []
        cells += [percent(row.counting_doubted or 0.0)] if doubted else []
        rows.append(cells)
    if stratum.label:
        console.print(Text(f"{stratum.label} problems", style="bold"))
    console.print(table(headings, rows, {0, 1, 2, 3, 4}))
    if stratum.only_doubted:
        console.print(
            "  every pass carries a flag that leaves it out of coverage by default; "
            "here they are counted, else it would be 0",
            style="yellow",
        )
    fit = stratum.fit
    if fit.a is None or fit.b is None:
        console.print(f"fit         none: {fit.reason}")
    else:
        console.print(
            f"fit         c = exp({fit.a:.2f} k^{fit.b:.2f}), "
            f"mean error {fit.error_mean or 0.0:.4f}"
        )
    console.print(_solved(stratum, open_ended))
    for caveat in stratum.caveats:
        console.print(f"  {caveat}", style="dim")


def _solved(stratum: StratumSummary, open_ended: bool) -> str:
    rest = "not so far" if open_ended else "never"
    return (
        f"solved      {stratum.solved} of {stratum.problems} problems, "
        f"{stratum.never_solved} {rest}"
    )
