"""The sections on known-wrong solutions that pass: how strong the tests are, and each of those
solutions, mutants as their diffs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vervet.audit.false_positives import FalsePositives, Passing, ProblemScore
from vervet.report.audit_document import (
    Block,
    Cell,
    Column,
    Fold,
    Kind,
    Name,
    Patch,
    Rows,
    Section,
    Words,
)
from vervet.report.audit_texts import LONGEST, plain, shown_line
from vervet.report.words import percent, plural, status_name

__all__ = ["positives_sections", "tried"]

MOST_PASSING = 60
MOST_LINES = 40
OPEN = 3


def tried(found: FalsePositives) -> int:
    """Known-wrong solutions with a verdict, empty programs apart."""
    return sum(score.mutants + score.incorrect for score in found.scores)


def positives_sections(found: FalsePositives) -> list[Section]:
    """Strength of the tests, and what passes although it should not."""
    sections = [Section("Known-wrong solutions", list(_strength(found)))]
    if found.passing:
        sections.append(Section("Wrong, and they pass", list(_passing(found.passing))))
    return sections


def _strength(found: FalsePositives) -> Iterator[Block]:
    if not found.scores:
        yield Words("No known-wrong solution was tried.")
        return
    if found.kill_rate is not None:
        yield Words(
            f"The tests refuse {percent(found.kill_rate)} of "
            f"{plural(found.mutants, 'mutant')}. A mutant is a reference with one change; one "
            "that passes shows weak tests, or is the same function in other words, which no "
            "program can tell. So the score is a lower bound of how strong the tests are."
        )
    weak = found.weakest(len(found.scores))
    if weak:
        yield Rows(
            "The weakest tests first.",
            SCORE_COLUMNS,
            [_score(each) for each in weak],
            [each.kill_rate or 0.0 for each in weak],
        )
    else:
        yield Words("No known-wrong solution passes.")
    if found.operators:
        yield Rows("What was changed.", OPERATOR_COLUMNS, list(_operators(found)))


SCORE_COLUMNS = (
    Column("Problem", Kind.NAME),
    Column("Mutants", Kind.NUMBER),
    Column("Refused", Kind.NUMBER),
    Column("Mutation score", Kind.NUMBER),
    Column("Wrong without doubt, and passes"),
)
OPERATOR_COLUMNS = (
    Column("Change", Kind.NAME),
    Column("Mutants", Kind.NUMBER),
    Column("Refused", Kind.NUMBER),
    Column("Mutation score", Kind.NUMBER),
)


def _score(score: ProblemScore) -> Sequence[Cell]:
    sure = ["the empty program"] if score.empty_passes else []
    if score.incorrect_passing:
        sure.append(f"{score.incorrect_passing:,} of {score.incorrect:,} known-incorrect ones")
    rate = score.kill_rate
    return (
        Name(score.problem),
        f"{score.mutants:,}",
        f"{score.killed:,}",
        "–" if rate is None else percent(rate),
        " and ".join(sure) or "–",
    )


def _operators(found: FalsePositives) -> Iterator[Sequence[Cell]]:
    for name, (made, killed) in found.operators.items():
        share = percent(killed / made) if made else "–"
        yield status_name(name), f"{made:,}", f"{killed:,}", share


def _passing(passing: Sequence[Passing]) -> Iterator[Block]:
    # What is wrong without doubt first; the order is kept within.
    ordered = sorted(passing, key=lambda each: not each.sure)
    for at, each in enumerate(ordered[:MOST_PASSING]):
        flags = f" (flags: {', '.join(each.flags)})" if each.flags else ""
        yield Fold(Name(each.problem), f"{each.words}{flags}", list(_shown(each)), at < OPEN)
    if len(ordered) > MOST_PASSING:
        more = plural(len(ordered) - MOST_PASSING, "more solution")
        yield Words(f"Not shown: {more} that pass; report.json has them.", quiet=True)


def _shown(each: Passing) -> Iterator[Block]:
    text = each.shown[: MOST_LINES * LONGEST * 4]
    lines = text.rstrip("\n").split("\n")
    cut = len(lines) > MOST_LINES or len(text) < len(each.shown)
    if not any(map(plain, lines)):
        yield Words("It is empty.", quiet=True)
        return
    # A program that is shown whole has no signs of a diff.
    before = "" if each.before or each.after else " "
    yield Patch([_code(before + line) for line in lines[:MOST_LINES]])
    if cut:
        yield Words("Its other lines are not shown; report.json has them.", quiet=True)


def _code(line: str) -> str:
    """A line of a program: its indentation stays as it is, anything odd is made visible."""
    sign = line[:1] if line[:1] in ("-", "+") else ""
    rest = line[len(sign) :]
    indent = len(rest) - len(rest.lstrip(" "))
    return sign + rest[: min(indent, LONGEST)] + shown_line(rest[indent:])
