"""How known-wrong solutions that pass are printed, and labels under suspicion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from vervet.audit.effect import RunEffect
from vervet.audit.false_positives import FalsePositives, Passing, ProblemScore
from vervet.audit.labels import Suspects
from vervet.cli.audit_effect_output import print_effects
from vervet.cli.output import err, out, table
from vervet.report.words import percent, plural

__all__ = ["positives_document", "print_false_positives", "print_suspects"]

WEAKEST = 8
SHOWN = 5
DIFF_LINES = 14
SUSPECTS = 20
ANSWER = 16


def print_false_positives(found: FalsePositives, effects: Sequence[RunEffect]) -> None:
    """The result as a person reads it; `effects` are those of the problems surely weak."""
    console = out()
    tried = sum(score.mutants + score.incorrect for score in found.scores)
    console.print()
    console.print(
        Text.assemble(
            (found.suite, "bold"),
            f"  {plural(tried, 'known-wrong solution')} and the empty program tried, "
            f"{len(found.passing):,} of them pass",
        )
    )
    if found.kill_rate is not None:
        console.print(
            f"mutants     {found.mutants:,}, of which the tests refuse {percent(found.kill_rate)}"
        )
    if found.unsettled:
        err().print(f"{found.unsettled:,} could not be verified", style="red")
    weakest = found.weakest(WEAKEST)
    if weakest:
        console.print()
        headings = ("weakest tests", "mutants", "refused", "rate", "surely weak")
        console.print(table(headings, [_row(each) for each in weakest], {1, 2, 3}))
    shown = _telling(found.passing)
    for each in shown:
        _print_passing(each)
    if len(found.passing) > len(shown):
        console.print(f"{len(found.passing) - len(shown):,} more that pass: --json has them all")
    for remark in found.remarks:
        console.print(remark, style="dim", markup=False)
    if found.surely_weak:
        print_effects(effects)


def _telling(passing: Sequence[Passing]) -> list[Passing]:
    """The few that are shown: what is surely wrong before mutants, and one of a problem."""
    first = {each.problem: each for each in sorted(passing, key=lambda each: each.sure)}
    return sorted(first.values(), key=lambda each: not each.sure)[:SHOWN]


def positives_document(
    found: FalsePositives | None, effects: Sequence[RunEffect]
) -> dict[str, Any] | None:
    """The same for programs."""
    if found is None:
        return None
    return {**found.as_json(), "effects": [asdict(each) for each in effects]}


def print_suspects(found: Suspects) -> None:
    """The labels that are most likely wrong, those first against which anything speaks."""
    suspected = [each for each in found.ranked[:SUSPECTS] if each.reasons]
    console = out()
    console.print()
    console.print(
        f"labels      {plural(len(found.ranked), 'label')}, {found.answered:,} of them with "
        f"candidates, {found.worked:,} with a worked answer"
    )
    if not suspected:
        console.print("no label is under suspicion")
        return
    rows = [
        (
            each.problem,
            _short(each.label),
            _short(each.other) or "-",
            percent(each.chance),
            "; ".join(each.reasons),
        )
        for each in suspected
    ]
    console.print(table(("problem", "label", "other", "chance", "why it may be wrong"), rows, {3}))


def _short(text: str) -> str:
    text = _plain(text)
    return text if len(text) <= ANSWER else f"{text[: ANSWER - 1]}…"


def _row(score: ProblemScore) -> tuple[str, ...]:
    rate = score.kill_rate
    sure = []
    if score.empty_passes:
        sure.append("the empty program passes")
    if score.incorrect_passing:
        sure.append(f"{score.incorrect_passing:,} of {score.incorrect:,} incorrect ones pass")
    return (
        score.problem,
        f"{score.mutants:,}",
        f"{score.killed:,}",
        "-" if rate is None else percent(rate),
        ", ".join(sure) or "-",
    )


def _print_passing(each: Passing) -> None:
    console = out()
    console.print()
    console.print(Text.assemble((each.problem, "bold"), f"  {each.words}"))
    lines = each.shown.splitlines()
    for line in lines[:DIFF_LINES]:
        console.print(f"    {_plain(line)}", markup=False, style="dim")
    if len(lines) > DIFF_LINES:
        console.print(f"    ({len(lines) - DIFF_LINES:,} more lines)", style="dim")


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in line)
