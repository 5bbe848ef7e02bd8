"""The sections on single solutions in the report of an audit for flaky tests: which checks flip
and how often, and what ends near its limit of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vervet.audit.flaky import Finding
from vervet.audit.flaky_result import FlakyAudit, FlakyItem
from vervet.report.audit_document import (
    Block,
    Cell,
    Column,
    Kind,
    Name,
    Plot,
    Rows,
    Section,
    Words,
)
from vervet.report.figures_audit import Flip, flips_figure, flips_table
from vervet.report.words import percent, span, status_name

__all__ = ["flips_sections", "speed_sections"]

DRAWN_FLIPS = 30
DIGEST = 8
"""Characters of a solution's digest that tell it from others for a reader."""


def flips_sections(result: FlakyAudit) -> Iterator[Section]:
    """Checks that gave both outcomes under equal conditions; where none is known, the solution."""
    flips: list[tuple[Flip, Sequence[Cell]]] = []
    for item in result.items:
        if item.finding is not Finding.FLAKY:
            continue
        own = [
            Flip(f"{item.problem} {check.title}", check.passed, check.missed, check.rate)
            for check in item.checks
        ]
        names: list[Cell] = [Name(check.title) for check in item.checks]
        if not own:
            own = [Flip(item.problem, item.passed, item.attempts - item.passed, item.rate)]
            names = ["the solution as a whole"]
        flips += [
            (flip, _flip_row(item, name, flip)) for flip, name in zip(own, names, strict=True)
        ]
    if not flips:
        return
    flips.sort(key=lambda each: -each[0].rate.estimate)
    drawn = [flip for flip, _ in flips[:DRAWN_FLIPS]]
    most = f"the {DRAWN_FLIPS} highest of " if len(flips) > DRAWN_FLIPS else ""
    blocks: list[Block] = [
        Plot(
            "flips",
            f"Flip rates with their intervals, {most}{len(flips):,}; the table has the numbers.",
            lambda width, title: flips_figure(drawn, title=title, width=width),
            flips_table([flip for flip, _ in flips]),
        ),
        Rows("", FLIP_COLUMNS, [row for _, row in flips]),
        Words(_rates_words(result), quiet=True),
    ]
    if most:
        blocks.insert(1, Words(f"Drawn are {most}{len(flips):,}.", quiet=True))
    yield Section("Flaky checks", blocks)


FLIP_COLUMNS = (
    Column("Problem", Kind.NAME),
    Column("Check", Kind.NAME),
    Column("Solution", Kind.NAME),
    Column("Passed", Kind.NUMBER),
    Column("Missed", Kind.NUMBER),
    Column("Flip rate", Kind.NUMBER),
    Column("95 % interval", Kind.NUMBER),
    Column("Settles to", Kind.NAME),
)


def _flip_row(item: FlakyItem, name: Cell, flip: Flip) -> Sequence[Cell]:
    return (
        Name(item.problem),
        name,
        _solution(item),
        f"{flip.passed:,}",
        f"{flip.missed:,}",
        percent(flip.rate.estimate),
        span(flip.rate.low, flip.rate.high),
        status_name(item.settled) if item.settled else "not settled",
    )


def _solution(item: FlakyItem) -> str:
    whose = "reference" if item.reference else "candidate"
    return f"{whose} {item.solution[:DIGEST]}"


def _rates_words(result: FlakyAudit) -> str:
    words = (
        "The flip rate is the share of the rarer outcome; its interval is Clopper and Pearson's, "
        "cut at 50%. "
    )
    plan = result.plan
    if plan.settle:
        words += (
            f"A flaky solution settles to the status that most of {plan.repetitions:,} attempts "
            "share. "
        )
    if not plan.exhaustive:
        words += (
            "Attempts ended as soon as the answer was certain, so rates are rough; --exhaustive "
            "takes all of them."
        )
    return words


def speed_sections(result: FlakyAudit) -> Iterator[Section]:
    """Solutions that end near their limit of CPU time, apart from all others; or nothing."""
    found = [item for item in result.items if item.finding is Finding.SPEED_DEPENDENT]
    if not found:
        return
    rows = [
        (
            Name(item.problem),
            _solution(item),
            ", ".join(
                f"{ended.replace('_', ' ')}: {n:,}" for ended, n in (item.seen or {}).items()
            ),
            item.words.replace("_", " "),
        )
        for item in found
    ]
    columns = [
        Column("Problem", Kind.NAME),
        Column("Solution", Kind.NAME),
        Column("Attempts ended", Kind.NAME),
        Column("With more time"),
    ]
    words = (
        "A timeout near the limit is not a wrong answer. These solutions took about as much CPU "
        "time as they may, so a faster or slower host may judge otherwise. They are not counted "
        "as flaky."
    )
    yield Section("Near the limit of time", [Words(words), Rows("", columns, rows)])
