"""The section on problems whose references fail: why each does, and per check what was expected
and what came, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vervet.audit.false_negatives import CheckFinding, Finding, ProblemFinding
from vervet.report.audit_document import (
    Block,
    Cell,
    Column,
    Fold,
    Kind,
    Name,
    Point,
    Points,
    Rows,
    Section,
    Sides,
    Words,
)
from vervet.report.audit_texts import BLANKS, pair_lines
from vervet.report.words import plural, status_name

__all__ = ["problems_section"]

MOST_PROBLEMS = 100
MOST_CHECKS = 5
OPEN = 3
"""Problems that are open from the beginning."""
COLUMNS = (
    Column("Reference", Kind.NAME),
    Column("Ended", Kind.NAME),
    Column("Cause", Kind.NAME),
    Column("Why"),
    Column("Checks missed", Kind.NUMBER),
)


def problems_section(problems: Sequence[ProblemFinding]) -> Section:
    """A fold for each of the first problems."""
    blocks: list[Block] = [
        Words(
            "Outputs are those of the first reference that fails a check, cut to what was kept. "
            f"{BLANKS[:1].upper()}{BLANKS[1:]}.",
            quiet=True,
        )
    ]
    blocks += [_fold(each, at < OPEN) for at, each in enumerate(problems[:MOST_PROBLEMS])]
    if len(problems) > MOST_PROBLEMS:
        more = plural(len(problems) - MOST_PROBLEMS, "more problem")
        blocks.append(Words(f"Not shown: {more}; report.json has them.", quiet=True))
    return Section("What fails, and why", blocks)


def _fold(found: ProblemFinding, opened: bool) -> Fold:
    causes = ", ".join(status_name(cause) for cause in found.causes)
    title = f"{_fail(found.failing, found.references)}: {causes}"
    return Fold(Name(found.problem), title, list(_blocks(found)), opened)


def _blocks(found: ProblemFinding) -> Iterator[Block]:
    yield Rows("", COLUMNS, [_row(each) for each in found.findings])
    # The checks that most references fail first: they say most about the tests.
    checks = sorted(found.checks, key=lambda each: -each.failing)
    for check in checks[:MOST_CHECKS]:
        yield from _check(check)
    if len(checks) > MOST_CHECKS:
        more = plural(len(checks) - MOST_CHECKS, "more check")
        yield Words(f"Not shown: {more} that some reference fails.", quiet=True)


def _row(found: Finding) -> Sequence[Cell]:
    first = found.result.references[0]
    others = len(found.result.references) - 1
    who = f"{first.ordinal + 1} ({first.origin})" if first.origin else f"{first.ordinal + 1}"
    if others:
        who += f" and {others:,} like it"
    code = f", {found.code.replace('_', ' ')}" if found.code else ""
    return (
        who,
        f"{status_name(found.status)}{code}",
        status_name(found.cause),
        found.words,
        f"{len(found.missed):,} of {found.checks:,}",
    )


def _check(check: CheckFinding) -> Iterator[Block]:
    said = f"{_fail(check.failing, check.references)} it"
    if check.outputs is not None and check.references > 1:
        said += f"; {plural(check.outputs, 'output')}"
    if check.disagree:
        said += f", {check.disagree:,} not the one that most give"
    if check.message:
        said += f". {check.message}"
    yield Points([Point(f"{check.name}:", said)])
    if check.expected is None and check.actual is None:
        return
    pairs, remarks = pair_lines(check.expected or b"", check.actual or b"")
    if check.expected is None or check.actual is None:
        side = "expected" if check.actual is None else "actual"
        remarks = (f"only the {side} output was kept",)
    if pairs:
        yield Sides("Expected", "Actual", pairs, remarks)


def _fail(failing: int, references: int) -> str:
    return f"{failing:,} of {plural(references, 'reference')} {'fails' if failing == 1 else 'fail'}"
