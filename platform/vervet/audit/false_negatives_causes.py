"""Owns why a reference does not pass: rules on attempts and evidence, each with its words. Pure.

The rules are tried in order, and the first that holds names the cause; all counts are of
references, each completion counting by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vervet.audit.disagreement import alike, flipped
from vervet.audit.false_negatives import Cause, Finding, ProblemFinding, Result
from vervet.audit.false_negatives_case import Case, ended, name_of, telling
from vervet.audit.false_negatives_checks import PASSED, Ending, Seen, check_findings, seen
from vervet.audit.false_negatives_strict import (
    literal_of_assert,
    same_but_for,
    same_values_but_for,
)
from vervet.core.conditions import Condition
from vervet.core.status import NORMAL, Flag, Status
from vervet.core.values import CheckEvidence, Problem

__all__ = ["TIMES", "WIDER", "examine", "wanted"]

TIMES = 4
"""By how much the limits of time are widened for a reference that ran into one."""
WIDER = Condition(limits=TIMES).word
"""The condition of such an attempt."""
BELIEVED = 2
"""Normal attempts after which a failure is believed."""
Said = tuple[Cause, str]


def wanted(result: Result) -> dict[str, int]:
    """Attempts that are still needed to say why it fails: how many are made, by condition."""
    found: dict[str, int] = {}
    if not result.verified:
        return {NORMAL: 0}
    if result.passes or result.malformed:
        return found
    if len(result.normal) < BELIEVED and result.normal[0].status is not Status.PASSED:
        found[NORMAL] = len(result.normal)
    if not result.wider and any(each.status is Status.TIMED_OUT for each in result.normal):
        found[WIDER] = 0
    return found


def examine(
    problem: Problem,
    problem_id: int,
    results: Sequence[Result],
    *,
    wrong_labels: Mapping[str, str] | None = None,
) -> ProblemFinding | None:
    """What is wrong with a problem that some reference does not pass; None if all pass.

    `wrong_labels` says in words, by problem, why its expected answer is under suspicion.
    """
    verified = [(result, seen(telling(result))) for result in results if result.verified]
    failing = [result for result, _ in verified if result.fails]
    if not failing:
        return None
    suspicion = (wrong_labels or {}).get(problem.id, "")
    cases = [Case(problem, result, verified, suspicion) for result in failing]
    return ProblemFinding(
        problem=problem.id,
        problem_id=problem_id,
        kind=problem.kind,
        references=sum(len(each.references) for each in results),
        passing=sum(len(result.references) for result, _ in verified if result.passes),
        unverified=sum(len(each.references) for each in results if not each.verified),
        findings=tuple(_find(case) for case in cases),
        checks=check_findings(problem.id, verified),
    )


def _find(case: Case) -> Finding:
    cause, words = next(filter(None, (rule(case) for rule in RULES)))
    attempt = case.attempt
    return Finding(
        result=case.result,
        cause=cause,
        words=words,
        status=attempt.status,
        code=attempt.code,
        missed=tuple(case.missed),
        checks=len(attempt.outcomes),
    )


def _malformed(case: Case) -> Said | None:
    if case.attempt.status is not Status.MALFORMED:
        return None
    return Cause.BROKEN_REFERENCE, f"holds nothing to verify: {case.attempt.code.replace('_', ' ')}"


def _unsteady(case: Case) -> Said | None:
    first, *others = case.result.normal
    other = next((each for each in others if not alike(first, each)), None)
    if other is None:
        return None
    flips = len(flipped((first, other)))
    which = f" on {flips} of {len(first.outcomes)} checks" if flips else ""
    words = f"equal attempts disagree{which}: {ended(first)}, then {ended(other)}"
    by_speed = Status.TIMED_OUT in (first.status, other.status) and Flag.SPEED_DEPENDENT in (
        first.flags | other.flags
    )
    return (Cause.TIME_LIMIT if by_speed else Cause.FLAKY), words


def _slow(case: Case) -> Said | None:
    if case.attempt.status is not Status.TIMED_OUT or not case.result.wider:
        return None
    wide = case.result.wider[0]
    if wide.status is Status.TIMED_OUT:
        return None
    then = "passes" if wide.status is Status.PASSED else "ends"
    but = "" if wide.status is Status.PASSED else f", though {ended(wide)}"
    return Cause.TIME_LIMIT, f"{then} with {TIMES} times the limit of time{but}"


def _large(case: Case) -> Said | None:
    if case.attempt.status is not Status.MEMORY_EXCEEDED:
        return None
    name = name_of(case, min(case.missed, default=0))
    return Cause.MEMORY, f"{name}: needs more memory than the limit"


def _strict(case: Case) -> Said | None:
    """All the wrong outputs of which anything is known are right but for their form."""
    found = [_form(evidence) for _, one, evidence in case.evident if one.ending is Ending.WRONG]
    if (
        not found
        or not all(found)
        or any(one.ending is not Ending.WRONG for _, one, _ in case.evident)
    ):
        return None
    return Cause.CHECKER_STRICT, f"the expected output but for {' or '.join(dict.fromkeys(found))}"


def _form(evidence: CheckEvidence) -> str:
    actual = evidence.actual or b""
    if evidence.expected is not None:
        return same_but_for(evidence.expected, actual)
    literal = literal_of_assert(evidence.message)
    return same_values_but_for(literal, actual.decode("utf-8", "replace")) if literal else ""


def _suspected(case: Case) -> Said | None:
    return (Cause.WRONG_LABEL, case.suspicion) if case.suspicion else None


def _agreed(case: Case) -> Said | None:
    """At least two references, and all that ran it, give the same other output."""
    for at, one, _ in case.evident:
        if one.output is None:
            continue
        column = list(case.all_on(at))
        count = sum(some for some, _ in column)
        if count > 1 and all(each.output == one.output for _, each in column):
            name = name_of(case, at)
            return Cause.WRONG_LABEL, f"{name}: all {count} references give the same other output"
    return None


def _several(case: Case) -> Said | None:
    """References give different outputs, and this is not the only one that is not expected."""
    if case.judged:
        return None
    for at, one, _ in case.evident:
        others = case.others_on(at)
        if one.output is None or _alone(others, least=2):
            continue
        outputs = {each.output for _, each in others if each.output is not None} | {one.output}
        if len(outputs) > 1:
            count = sum(some for some, _ in others) + len(case.result.references)
            met = sum(some for some, each in others if each.output == PASSED)
            return Cause.SEVERAL_OUTPUTS, (
                f"{name_of(case, at)}: {count} references give {len(outputs)} different outputs, "
                f"{met or 'none'} of them the expected one"
            )
    return None


def _alone(others: Sequence[tuple[int, Seen]], *, least: int) -> bool:
    """Whether all the others, at least so many, pass."""
    count = sum(some for some, _ in others)
    return count >= least and all(each.ending is Ending.PASSED for _, each in others)


def _violating(case: Case) -> Said | None:
    """Most references crash on an input, and this one passes others."""
    for at, one in case.missed.items():
        column = list(case.all_on(at))
        count = sum(some for some, _ in column)
        crashed = sum(some for some, each in column if each.ending is Ending.CRASHED)
        if one.ending is Ending.CRASHED and case.passes_some and 2 * crashed > count:
            words = f"{crashed} of {count} references crash on it" if count > 1 else "crashes on it"
            said = f" ({one.evidence.message})" if one.evidence and one.evidence.message else ""
            return Cause.INPUT_VIOLATES, f"{name_of(case, at)}: {words}{said}, and it passes others"
    return None


def _outlier(case: Case) -> Said | None:
    """Wherever it does not pass, all the others do."""
    if not case.missed:
        return None
    wrong = any(each.ending is Ending.WRONG for each in case.missed.values())
    if not all(_alone(case.others_on(at), least=2 if wrong else 1) for at in case.missed):
        return None
    others = min(sum(some for some, _ in case.others_on(at)) for at in case.missed)
    which = f"{len(case.missed)} of {len(case.checks)} checks"
    doubt = "; or the problem has several outputs" if wrong and case.passes_some else ""
    passing = f"all {others} others pass" if others > 1 else "the other one passes"
    return Cause.BROKEN_REFERENCE, f"fails {which} where {passing}{doubt}"


def _nothing_right(case: Case) -> Said | None:
    wrong = any(each.ending is Ending.WRONG for each in case.missed.values())
    if case.passes_some or not case.missed or (len(case.checks) < 2 and wrong):
        return None
    checks = len(case.checks)
    which = f"all {checks} checks" if checks > 1 else "its only check"
    return Cause.BROKEN_REFERENCE, f"fails {which}: {ended(case.attempt)}"


def _unexplained(case: Case) -> Said:
    attempt = case.attempt
    if attempt.status is Status.TIMED_OUT:
        tried = f"not in {TIMES} times the limit either" if case.result.wider else "at the limit"
        return Cause.UNEXPLAINED, f"{ended(attempt)}; it does not end {tried}"
    several = sum(len(result.references) for result, _ in case.verified) > 1
    doubt = (
        ""
        if several or attempt.status is not Status.FAILED
        else ("; as the only reference it cannot tell whether it or what is expected is wrong")
    )
    return Cause.UNEXPLAINED, f"{ended(attempt)}{doubt}"


RULES: tuple[Callable[[Case], Said | None], ...] = (
    _malformed, _unsteady, _slow, _large, _strict, _suspected, _agreed, _several, _violating,
    _outlier, _nothing_right, _unexplained,
)  # fmt: skip
"""In the order in which they are tried; the last one always holds."""
