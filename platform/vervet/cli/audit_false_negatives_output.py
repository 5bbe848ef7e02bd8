"""How an audit for false negatives is printed: causes, problems, the worst checks, the effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from vervet.audit.false_negatives import Cause, CheckFinding, FalseNegatives, ProblemFinding
from vervet.cli.audit_effect_output import print_effects
from vervet.cli.output import err, out, table
from vervet.report.words import percent, plural

__all__ = ["as_document", "print_false_negatives", "readable"]

SHOWN = 20
WORST = 10
SHORT = 36
NAMES = 6
MEANING = {
    Cause.SEVERAL_OUTPUTS: "references disagree with each other on an input",
    Cause.INPUT_VIOLATES: "most references crash on an input, and pass others",
    Cause.TIME_LIMIT: "right, but not within the limit of time",
    Cause.MEMORY: "needs more memory than the limit",
    Cause.CHECKER_STRICT: "as expected but for its form",
    Cause.BROKEN_REFERENCE: "fails everything, or where the others pass",
    Cause.FLAKY: "attempts under equal conditions disagree",
    Cause.WRONG_LABEL: "what is expected is wrong",
    Cause.UNEXPLAINED: "none of these can be told",
}


def print_false_negatives(found: FalseNegatives, *, through: bool = True) -> None:
    """The result as a person reads it, so far if the audit is not `through`."""
    console = out()
    console.print(
        Text.assemble(
            (found.suite, "bold"),
            f"  {plural(found.references, 'reference')} of "
            f"{plural(found.with_references, 'problem')}: {found.passing:,} pass, "
            f"{found.failing:,} fail",
        )
    )
    without = found.total_problems - found.with_references
    if without:
        console.print(f"{plural(without, 'problem')} without a reference cannot be examined")
    if found.doubted:
        console.print(
            f"{plural(found.doubted, 'reference')} of those that pass would not count: "
            f"flagged, beside or unsafe ({_names(found.doubted_problems)})",
            style="yellow",
            markup=False,
        )
    if found.unverified:
        how = "could not be verified" if through else "not verified yet"
        words = f"{plural(found.unverified, 'reference')} {how}"
        why = f": {found.why_unverified}" if found.why_unverified else ""
        err().print(f"{words}{why}", style="red", markup=False, soft_wrap=True)
    if not found.problems:
        return
    console.print(
        f"false negatives in {plural(len(found.problems), 'problem')}, "
        f"{percent(found.share)} of those with references",
        markup=False,
    )
    _print_causes(found)
    _print_problems(found.problems)
    _print_checks([check for each in found.problems for check in each.checks])
    print_effects(found.effects)


def as_document(found: FalseNegatives) -> dict[str, Any]:
    """The same for programs: JSON, outputs as texts."""
    return {
        "suite": found.suite,
        "run": found.run,
        "problems": found.total_problems,
        "with_references": found.with_references,
        "references": found.references,
        "origins": dict(found.origins),
        "passing": found.passing,
        "failing": found.failing,
        "doubted": found.doubted,
        "doubted_problems": list(found.doubted_problems),
        "unverified": found.unverified,
        "why_unverified": found.why_unverified,
        "share": found.share,
        "causes": {
            cause.value: {"problems": problems, "references": references}
            for cause, (problems, references) in found.causes.items()
        },
        "affected": [_problem(each) for each in found.problems],
        "effects": [asdict(each) for each in found.effects],
    }


def _problem(found: ProblemFinding) -> dict[str, Any]:
    return {
        "problem": found.problem,
        "kind": found.kind,
        "references": found.references,
        "passing": found.passing,
        "failing": found.failing,
        "unverified": found.unverified,
        "findings": [{"cause": each.cause.value, **each.detail()} for each in found.findings],
        "checks": [
            {**asdict(each), "expected": _text(each.expected), "actual": _text(each.actual)}
            for each in found.checks
        ],
    }


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")


def _print_causes(found: FalseNegatives) -> None:
    rows = [
        (_words(cause), f"{problems:,}", f"{references:,}", MEANING[cause])
        for cause, (problems, references) in found.causes.items()
    ]
    console = out()
    console.print()
    console.print(table(("cause", "problems", "references", "meaning"), rows, {1, 2}))


def _print_problems(problems: Sequence[ProblemFinding]) -> None:
    rows = [
        (
            each.problem,
            f"{each.failing:,}/{each.references:,}",
            ", ".join(map(_words, each.causes)),
            _plain(each.findings[0].words),
        )
        for each in problems[:SHOWN]
    ]
    console = out()
    console.print()
    console.print(table(("problem", "fail", "cause", "why"), rows, {1}))
    if len(problems) > SHOWN:
        console.print(
            f"{plural(len(problems) - SHOWN, 'more problem')}: --json, or vervet sql "
            '"select * from v_false_negatives"',
            markup=False,
        )


def _print_checks(checks: Sequence[CheckFinding]) -> None:
    worst = sorted(checks, key=lambda each: (-each.failing, -(each.disagree or 0)))[:WORST]
    if not worst:
        return
    rows = [
        (
            each.problem,
            each.name,
            f"{each.failing:,}/{each.references:,}",
            "-" if each.disagree is None else f"{each.disagree:,}",
            readable(each.expected),
            readable(each.actual) or _short(_plain(each.message)),
        )
        for each in worst
    ]
    console = out()
    console.print()
    headings = ("problem", "check", "fail", "disagree", "expected", "actual")
    console.print(table(headings, rows, {2, 3}))
    if len(checks) > len(worst):
        console.print(f"{plural(len(checks) - len(worst), 'more check')} that some reference fails")


def readable(data: bytes | None, width: int = SHORT) -> str:
    """Bytes on one line, shortened; what is not printable is escaped, line ends too."""
    if data is None:
        return ""
    text = data[: 4 * width].decode("utf-8", "replace").rstrip("\n")
    return _short(_plain(text), width)


def _plain(text: str) -> str:
    """What a terminal would obey, escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
    return f"{', '.join(names[:NAMES])}{more}"


def _short(text: str, width: int = SHORT) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _words(cause: Cause) -> str:
    return cause.replace("_", " ")
