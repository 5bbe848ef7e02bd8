"""How an audit for flaky tests is printed: findings, problems, causes, checks, the effect."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from vervet.audit.effect import RunEffect
from vervet.audit.flaky import Finding
from vervet.audit.flaky_result import FlakyAudit
from vervet.cli.audit_effect_output import print_effects
from vervet.cli.output import out, table
from vervet.report.words import percent, plural

__all__ = ["print_flaky"]

SHOWN = 20
SHORT = 60


def print_flaky(result: FlakyAudit, effects: Sequence[RunEffect]) -> None:
    """The result as a person reads it."""
    console = out()
    console.print(
        Text.assemble(
            (result.target, "bold"),
            f"  {plural(result.examined, 'solution')} of {plural(result.problems, 'problem')} "
            f"verified again and again, {result.references:,} of them references",
        )
    )
    for remark in result.remarks:
        console.print(remark, style="dim", markup=False)
    console.print()
    _print_findings(result)
    if result.items:
        _print_problems(result)
        _print_causes(result)
        _print_checks(result)
    _print_misses(result)
    if result.by_problem:
        print_effects(effects)


def _print_findings(result: FlakyAudit) -> None:
    meaning = {
        Finding.CLEAN: "every attempt agreed",
        Finding.FLAKY: "attempts under equal conditions disagree",
        Finding.CONDITION_DEPENDENT: "equal conditions agree, others do not",
        Finding.SPEED_DEPENDENT: "ends near its limit of CPU time",
        Finding.UNKNOWN: "the sandbox or the host failed",
    }
    rows = [
        (finding.replace("_", " "), f"{result.findings[finding]:,}", words)
        for finding, words in meaning.items()
        if result.findings[finding] or finding in (Finding.CLEAN, Finding.FLAKY)
    ]
    out().print(table(("finding", "solutions", "meaning"), rows, {1}))
    out().print(
        f"attempts    {result.attempts:,} in all; all repetitions of every solution are "
        f"{result.fixed:,}",
        markup=False,
    )


def _print_problems(result: FlakyAudit) -> None:
    found = result.by_problem
    rows = [
        (
            each.problem,
            each.finding.replace("_", " "),
            each.where,
            f"{each.solutions:,}",
            ", ".join(each.causes) or "-",
        )
        for each in found[:SHOWN]
    ]
    console = out()
    console.print()
    headings = ("problem", "finding", "on", "solutions", "cause")
    console.print(table(headings, rows, {3}))
    if len(found) > SHOWN:
        console.print(f"{plural(len(found) - SHOWN, 'more problem')} with a finding", style="dim")


def _print_causes(result: FlakyAudit) -> None:
    by_cause: dict[str, list[str]] = {}
    for item in result.items:
        if item.cause is not None:
            by_cause.setdefault(str(item.cause), []).append(item.words)
    rows = [
        (cause, f"{len(words):,}", _short(words[0])) for cause, words in sorted(by_cause.items())
    ]
    console = out()
    console.print()
    console.print(table(("cause", "solutions", "for example"), rows, {1}))


def _print_checks(result: FlakyAudit) -> None:
    flips = [(item, check) for item in result.items for check in item.checks]
    if not flips:
        return
    rows = [
        (
            item.problem,
            check.title,
            f"{check.passed:,}",
            f"{check.missed:,}",
            percent(check.rate.estimate),
            f"{percent(check.rate.low)}-{percent(check.rate.high)}",
            item.settled or "-",
        )
        for item, check in flips[:SHOWN]
    ]
    console = out()
    console.print()
    headings = ("problem", "check", "passed", "missed", "flip rate", "95 %", "settles to")
    console.print(table(headings, rows, {2, 3, 4, 5}))
    if len(flips) > SHOWN:
        console.print(
            f'{plural(len(flips) - SHOWN, "more check")}: vervet sql "select * from '
            'v_flaky_checks"',
            markup=False,
        )


def _print_misses(result: FlakyAudit) -> None:
    console = out()
    console.print()
    rows = [(percent(p), percent(miss), f"{needed:,}") for p, miss, needed in result.misses]
    attempts = result.plan.needed
    headings = ("flip rate", f"missed by {attempts} attempts", "attempts that find 95 %")
    console.print(table(headings, rows, {0, 1, 2}))


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
