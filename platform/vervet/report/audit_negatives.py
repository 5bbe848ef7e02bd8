"""The report of an audit for false negatives, as a `Document`: which known-correct solutions fail
and why, which known-wrong ones pass, which labels are under suspicion, what that does to runs.

Turns values into words; causes and counts are those of `audit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from vervet.audit.effect import RunEffect
from vervet.audit.false_negatives import KIND, FalseNegatives
from vervet.audit.false_positives import FalsePositives
from vervet.audit.labels import Suspects
from vervet.report.audit_document import (
    Block,
    Card,
    Cell,
    Column,
    Document,
    Kind,
    Name,
    Rows,
    Section,
    Words,
)
from vervet.report.audit_effects import effects_section
from vervet.report.audit_flaky_words import INTERRUPTED
from vervet.report.audit_negatives_words import CAUSES, next_steps
from vervet.report.audit_positives import positives_sections, tried
from vervet.report.audit_problems import problems_section
from vervet.report.audit_suspects import suspects_section
from vervet.report.words import moment, percent, plural, status_name

__all__ = ["audit_name", "negatives_document"]


def audit_name(result: FalseNegatives) -> str:
    """The name under which the audit is kept."""
    return f"{KIND} {result.run}"


def negatives_document(
    result: FalseNegatives,
    positives: FalsePositives | None = None,
    suspects: Suspects | None = None,
    *,
    weak_effects: Sequence[RunEffect] = (),
    through: bool = True,
    created: datetime | None = None,
) -> Document:
    """The whole report; what was not looked for is left out.

    `weak_effects` are those of the problems whose tests are surely too weak. An audit that is
    not `through` was interrupted, and the report says so.
    """
    sections = [_causes(result)]
    if result.problems:
        sections += [_matrix(result), problems_section(result.problems)]
    if positives is not None:
        sections += positives_sections(positives)
    if suspects is not None:
        sections.append(suspects_section(suspects))
    if result.problems:
        sections.append(effects_section(result.effects, "the problems with a false negative"))
    if weak_effects:
        weak = "the problems that let a wrong solution pass without doubt"
        sections.append(effects_section(weak_effects, weak, stem="weak-effect"))
    sections.append(
        Section("What to do next", [next_steps(result, positives, suspects)]),
    )
    sections.append(Section("How it was done", list(_how(result, positives))))
    return Document(
        title="False negatives",
        subject=result.suite,
        beside=moment(created) if created else "",
        cards=list(_cards(result, positives, suspects)),
        notices=[*([] if through else [INTERRUPTED]), *_notices(result, positives)],
        sections=sections,
        closing=[f"Audit: {audit_name(result)}"],
    )


def _cards(
    result: FalseNegatives, positives: FalsePositives | None, suspects: Suspects | None
) -> Iterator[Card]:
    yield Card(
        "problems with a false negative",
        f"{len(result.problems):,}",
        f"of {plural(result.with_references, 'problem')} with references, {percent(result.share)}",
    )
    yield Card(
        "references that fail",
        f"{result.failing:,}",
        f"of {result.references:,}; {result.passing:,} pass",
    )
    if positives is not None:
        yield Card(
            "known-wrong solutions that pass",
            f"{len(positives.passing):,}",
            f"of {tried(positives):,} tried",
        )
        if positives.kill_rate is not None:
            yield Card(
                "mutation score",
                percent(positives.kill_rate),
                f"of {plural(positives.mutants, 'mutant')} are refused",
            )
    if suspects is not None:
        likely = sum(each.odds > 0 for each in suspects.ranked)
        yield Card(
            "labels more likely wrong than right",
            f"{likely:,}",
            f"of {plural(len(suspects.ranked), 'label')}",
        )


def _notices(result: FalseNegatives, positives: FalsePositives | None) -> Iterator[str]:
    if not result.references:
        yield "This suite has no known-correct solutions, so nothing can be said of its tests."
    without = result.total_problems - result.with_references
    if without and result.references:
        yield f"Without a reference, and so not examined: {plural(without, 'problem')}."
    if result.unverified:
        why = f" ({result.why_unverified})" if result.why_unverified else ""
        yield (
            f"The sandbox or the host failed on {plural(result.unverified, 'reference')}{why}; "
            "that is no finding about them."
        )
    if result.doubted:
        yield (
            f"Of those that pass, {plural(result.doubted, 'reference')} would not count in "
            "coverage: flagged, beside or unsafe."
        )
    for remark in positives.remarks if positives else ():
        yield f"{remark[:1].upper()}{remark[1:]}."
    if positives is not None and positives.unsettled:
        yield f"Without a verdict: {plural(positives.unsettled, 'known-wrong solution')}."


def _causes(result: FalseNegatives) -> Section:
    if not result.problems:
        said = "Every known-correct solution that was verified passes."
        return Section("Causes", [Words(said if result.passing else "Nothing was verified.")])
    rows: list[Sequence[Cell]] = []
    shares: list[float] = []
    for cause, (problems, references) in result.causes.items():
        counts = (f"{problems:,}", f"{references:,}")
        rows.append((status_name(cause), *counts, *CAUSES[cause]))
        shares.append(problems / len(result.problems))
    columns = [
        Column("Cause", Kind.NAME),
        Column("Problems", Kind.NUMBER),
        Column("References", Kind.NUMBER),
        Column("What it means"),
        Column("What helps"),
    ]
    return Section("Causes", [Rows("", columns, rows, shares)])


def _matrix(result: FalseNegatives) -> Section:
    """Problems by causes: how many references of each fail by each."""
    causes = list(result.causes)
    rows: list[Sequence[Cell]] = [
        (
            Name(each.problem),
            f"{each.references:,}",
            f"{each.failing:,}",
            f"{len(each.checks):,}",
            *(f"{each.causes[cause]:,}" if each.causes[cause] else "–" for cause in causes),
        )
        for each in result.problems
    ]
    columns = [
        Column("Problem", Kind.NAME),
        Column("References", Kind.NUMBER),
        Column("Fail", Kind.NUMBER),
        Column("Checks missed", Kind.NUMBER),
        *(Column(status_name(cause), Kind.NUMBER) for cause in causes),
    ]
    words = Words("Failing references by problem and cause, in the order of the suite.")
    return Section("Problems by cause", [words, Rows("", columns, rows)])


def _how(result: FalseNegatives, positives: FalsePositives | None) -> Iterator[Block]:
    facts: list[tuple[Cell, Cell]] = [
        ("problems in the suite", f"{result.total_problems:,}"),
        ("with references", f"{result.with_references:,}"),
        ("references", f"{result.references:,}"),
    ]
    facts += [(Name(origin), f"{count:,}") for origin, count in sorted(result.origins.items())]
    if positives is not None:
        facts.append(("known-wrong solutions", f"{tried(positives):,}"))
    yield Rows("", [Column("What", Kind.NAME), Column("How many", Kind.NUMBER)], facts)
    yield Words(
        "Every reference was tried on every check. One that fails was tried again under equal "
        "conditions, and with wider limits where it ran out of time; the rules for causes are "
        "tried in a fixed order, and the first that holds names the cause.",
        quiet=True,
    )
