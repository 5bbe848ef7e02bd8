"""The report of an audit for flaky tests, as a `Document`: what was found, why, what to do.

Turns values into words; the search and its numbers are those of `audit.flaky_result`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from vervet.audit.effect import RunEffect
from vervet.audit.flaky import Finding
from vervet.audit.flaky_result import FlakyAudit, FlakyItem
from vervet.report.audit_document import (
    Block,
    Card,
    Cell,
    Column,
    Document,
    Kind,
    Name,
    Plot,
    Rows,
    Section,
    Words,
)
from vervet.report.audit_effects import effects_section
from vervet.report.audit_flaky_solutions import flips_sections, speed_sections
from vervet.report.audit_flaky_words import CAUSES, FINDINGS, INTERRUPTED, next_steps
from vervet.report.figures_audit import misses_figure, misses_table
from vervet.report.words import moment, percent, plural, status_name

__all__ = ["flaky_document"]

AFFECTED = (Finding.FLAKY, Finding.CONDITION_DEPENDENT)


def flaky_document(
    result: FlakyAudit,
    effects: Sequence[RunEffect] = (),
    *,
    through: bool = True,
    created: datetime | None = None,
) -> Document:
    """The whole report; `effects` are those of the problems that flip.

    An audit that is not `through` was interrupted, and the report says so.
    """
    parts = [result.suite] if result.suite != result.target else []
    parts += [moment(created)] if created else []
    sections = [
        _findings(result),
        *_problems(result),
        *_causes(result),
        *flips_sections(result),
        *speed_sections(result),
        _misses(result),
        effects_section(effects, "the flaky and condition-dependent problems"),
        Section("What to do next", [next_steps(result)]),
        Section("How it was done", list(_how(result))),
    ]
    return Document(
        title="Flaky tests",
        subject=result.target,
        beside=" · ".join(parts),
        cards=_cards(result),
        notices=[*([] if through else [INTERRUPTED]), *_notices(result)],
        sections=sections,
        closing=[f"Audit: {result.name}"],
    )


def _cards(result: FlakyAudit) -> list[Card]:
    bad = _problems_with(result, *AFFECTED)
    plan = result.plan
    saved = result.fixed - result.attempts
    beside = f"{saved:,} fewer than all repetitions of every solution"
    if saved < 0:
        beside = f"{-saved:,} more than all repetitions, to explain what was found"
    return [
        Card(
            "flaky problems",
            f"{bad:,}",
            f"of {plural(result.problems, 'problem')}, {percent(result.flaky_share)}",
        ),
        Card(
            "near their limit of time",
            f"{_problems_with(result, Finding.SPEED_DEPENDENT):,}",
            "problems that depend on speed",
        ),
        Card(
            "solutions examined",
            f"{result.examined:,}",
            f"{result.references:,} of them known-correct",
        ),
        Card("repetitions", f"{plan.needed:,}", "under equal conditions, to count as clean"),
        Card("attempts", f"{result.attempts:,}", beside),
    ]


def _problems_with(result: FlakyAudit, *findings: Finding) -> int:
    return len({item.problem for item in result.items if item.finding in findings})


def _notices(result: FlakyAudit) -> list[str]:
    found = [f"{remark[:1].upper()}{remark[1:]}." for remark in result.remarks]
    unknown = result.findings.get(Finding.UNKNOWN, 0)
    if unknown:
        found.append(
            f"The sandbox or the host failed too often to say anything of "
            f"{plural(unknown, 'solution')}; that is no finding about them."
        )
    if not result.examined:
        found.append("No solution was examined, so nothing is known yet.")
    return found


def _findings(result: FlakyAudit) -> Section:
    rows, shares = [], []
    for finding, words in FINDINGS.items():
        count = result.findings.get(finding, 0)
        if count or finding in (Finding.CLEAN, Finding.FLAKY):
            share = count / result.examined if result.examined else 0.0
            rows.append((status_name(finding), f"{count:,}", percent(share), words))
            shares.append(share)
    columns = [
        Column("Finding", Kind.NAME),
        Column("Solutions", Kind.NUMBER),
        Column("Share", Kind.NUMBER),
        Column("What it means"),
    ]
    return Section("Findings", [Rows("", columns, rows, shares)])


def _problems(result: FlakyAudit) -> Iterator[Section]:
    rows: list[Sequence[Cell]] = []
    for each in result.by_problem:
        if each.finding is Finding.SPEED_DEPENDENT:
            continue
        shown = _telling(result, each.problem, each.finding)
        rows.append(
            (
                Name(each.problem),
                status_name(each.finding),
                each.where,
                f"{each.solutions:,}",
                ", ".join(each.causes) or "–",
                shown.words if shown else "",
            )
        )
    if not rows:
        return
    columns = [
        Column("Problem", Kind.NAME),
        Column("Finding", Kind.NAME),
        Column("On", Kind.NAME),
        Column("Solutions", Kind.NUMBER),
        Column("Cause", Kind.NAME),
        Column("What shows it"),
    ]
    words = (
        "On references: a known-correct solution shows it, so the tests (or the reference) are "
        "unsteady. On candidates only: no reference shows it, so it may be the candidates "
        "themselves that are random."
    )
    yield Section("Problems", [Words(words), Rows("", columns, rows)])


def _telling(result: FlakyAudit, problem: str, finding: Finding) -> FlakyItem | None:
    """The item that shows a problem's finding: of a reference if there is one."""
    own = [each for each in result.items if each.problem == problem and each.finding is finding]
    return next((each for each in own if each.reference), own[0] if own else None)


def _causes(result: FlakyAudit) -> Iterator[Section]:
    solutions = Counter(item.cause for item in result.items if item.cause is not None)
    if not solutions:
        return
    rows = [
        (
            str(cause),
            f"{count:,}",
            f"{len({item.problem for item in result.items if item.cause is cause}):,}",
            *CAUSES[cause],
        )
        for cause, count in solutions.most_common()
    ]
    columns = [
        Column("Cause", Kind.NAME),
        Column("Solutions", Kind.NUMBER),
        Column("Problems", Kind.NUMBER),
        Column("What it means"),
        Column("What helps"),
    ]
    words = (
        "A factor is named where it alone, varied with everything else equal, changes the outcome "
        "each time, or how often it passes (Fisher's exact test, p below 0.002)."
    )
    yield Section("Causes", [Rows("", columns, rows), Words(words, quiet=True)])


def _misses(result: FlakyAudit) -> Section:
    needed = result.plan.needed
    rows = [
        (percent(p), percent(1 - missed), percent(missed), f"{attempts:,}")
        for p, missed, attempts in result.misses
    ]
    columns = [
        Column("Flip rate", Kind.NUMBER),
        Column(f"Found by {needed:,} attempts", Kind.NUMBER),
        Column("Missed", Kind.NUMBER),
        Column("Attempts that find 95 %", Kind.NUMBER),
    ]
    words = (
        f"Clean means that {needed:,} attempts under equal conditions agreed, not that a solution "
        "never flips: one that gives its rarer outcome with chance p is found by R attempts with "
        "chance 1 − (1 − p)^R − p^R."
    )
    plot = Plot(
        "misses",
        f"The chance that {needed:,} attempts find a flaky solution, against its flip rate. The "
        "table below has the numbers.",
        lambda width, title: misses_figure(needed, title=title, width=width),
        misses_table(needed),
    )
    blocks: list[Block] = [Words(words), plot]
    if rows:
        blocks.append(Rows("", columns, rows))
    return Section("What may have been missed", blocks)


def _how(result: FlakyAudit) -> Iterator[Block]:
    plan = result.plan
    varied = len(plan.variations)
    facts: list[tuple[Cell, Cell]] = [
        ("repetitions under equal conditions", f"{plan.needed:,}"),
        ("attempts that vary hash seed, order of tests and time zone", f"{varied:,}"),
        ("attempts beside competitors for the processor", f"{plan.loaded if plan.load else 0:,}"),
        ("what this sandbox can vary", ", ".join(plan.factors) or "nothing"),
        ("all attempts also of what is flaky", "yes" if plan.exhaustive else "no"),
        ("attempts made", f"{result.attempts:,}"),
        ("attempts that all repetitions would take", f"{result.fixed:,}"),
    ]
    if plan.min_flip is not None:
        facts.insert(
            1, ("flip rate that is missed at most as often", _looked_for(plan.min_flip, plan.miss))
        )
    yield Rows("", [Column("What"), Column("How much", Kind.NUMBER)], facts)
    yield Words(
        "Each repetition is an attempt in the history (vervet sql, tables attempts and audits); "
        "none was overwritten, and only attempts under the condition normal settle a verdict.",
        quiet=True,
    )


def _looked_for(rate: float, miss: float) -> str:
    return f"{percent(rate)}, {percent(miss)}"
