"""The section on labels under suspicion: the first by the odds that they are wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence

from vervet.audit.labels import SHOWN, Suspect, Suspects
from vervet.report.audit_document import Block, Cell, Column, Kind, Name, Rows, Section, Words
from vervet.report.words import percent, plural

__all__ = ["suspects_section"]

COLUMNS = (
    Column("Problem", Kind.NAME),
    Column("Rank", Kind.NUMBER),
    Column("Label", Kind.NAME),
    Column("Other answer", Kind.NAME),
    Column("Chance that it is wrong", Kind.NUMBER),
    Column("Log-odds", Kind.NUMBER),
    Column("Reasons"),
)


def suspects_section(found: Suspects) -> Section:
    """The most suspicious first; that a label is wrong is for a person to say."""
    if not found.ranked:
        return Section("Labels under suspicion", [Words("No label was looked at.")])
    rows = [_row(at, each) for at, each in enumerate(found.ranked[:SHOWN], 1)]
    reliable = ", ".join(
        f"{model} {percent(share)}" for model, share in sorted(found.reliability.items())
    )
    votes = (
        f"{plural(found.answered, 'problem')} have candidates' answers"
        if found.answered != 1
        else "1 problem has candidates' answers"
    )
    blocks: list[Block] = [
        Words(
            f"The first {len(rows):,} of {plural(len(found.ranked), 'label')} by the odds that "
            "they are wrong: by what candidates of several models answer, and by whether the "
            "label's own worked answer hangs together. These are suspects; work them out by hand."
        ),
        Rows("", COLUMNS, rows),
        Words(
            f"It rests on this: {votes}, {found.worked:,} have a worked answer to read. "
            + (f"Models are taken to be right as often as this: {reliable}. " if reliable else "")
            + "Odds are natural logarithms; a chance holds as far as the assumptions do.",
            quiet=True,
        ),
    ]
    return Section("Labels under suspicion", blocks)


def _row(rank: int, each: Suspect) -> Sequence[Cell]:
    return (
        Name(each.problem),
        f"{rank:,}",
        Name(each.label),
        Name(each.other) if each.other else "–",
        percent(each.chance),
        f"{each.odds:.2f}".replace("-", "−"),
        "; ".join(each.reasons) or "–",
    )
