"""What findings and causes of flaky tests mean, and what to do about them, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from vervet.audit.causes import Cause
from vervet.audit.flaky import Finding
from vervet.audit.flaky_result import FlakyAudit, ProblemFinding
from vervet.report.audit_document import Point, Points
from vervet.report.audit_texts import listed
from vervet.report.words import percent

__all__ = ["CAUSES", "FINDINGS", "INTERRUPTED", "Meaning", "next_steps"]


TELLING = 0.01
"""A chance of a miss that is worth saying."""


INTERRUPTED = (
    "This audit was interrupted: the numbers are of what it came to. The same command goes on "
    "where it ended."
)


class Meaning(NamedTuple):
    """What a cause means, and what helps."""

    words: str
    helps: str


FINDINGS: Mapping[Finding, str] = {
    Finding.CLEAN: "every attempt agreed",
    Finding.FLAKY: "attempts under equal conditions disagree",
    Finding.CONDITION_DEPENDENT: "equal conditions agree, but another hash seed, order of tests, "
    "time zone, load or sandbox gives another outcome",
    Finding.SPEED_DEPENDENT: "it ends so near its limit of CPU time that the host's speed decides",
    Finding.UNKNOWN: "the sandbox or the host failed too often to say",
}

CAUSES: Mapping[Cause, Meaning] = {
    Cause.HASH: Meaning(
        "the outcome depends on hashes of texts, as the order of a set does",
        "compare sets or sorted lists; or fix PYTHONHASHSEED for everyone",
    ),
    Cause.ORDER: Meaning(
        "the outcome depends on the order in which the tests run: one leaves something behind",
        "give each test a state of its own; or fix the order",
    ),
    Cause.TIME: Meaning(
        "the outcome depends on the time zone, and so on the hour or the day",
        "use fixed times in the tests, in UTC",
    ),
    Cause.LOAD: Meaning(
        "the outcome depends on how much of a processor it gets: a race of threads, or a "
        "timeout inside the test",
        "wait for events, not for time; raise timeouts inside the tests",
    ),
    Cause.SANDBOX: Meaning(
        "the outcome depends on whether the sandbox has served others before",
        "this is never the solution's fault: report it to Vervet",
    ),
    Cause.SPEED: Meaning(
        "CPU time is near its limit",
        "raise the limit, or set it by the time that the reference takes on this host",
    ),
    Cause.SEVERAL: Meaning(
        "several of these, each alone, change the outcome",
        "mend them one by one, and audit again",
    ),
    Cause.UNEXPLAINED: Meaning(
        "none of these alone: chance, as in random inputs without a seed, or what cannot be "
        "varied here",
        "seed whatever is random in the tests; where it is the solutions, settle by majority",
    ),
}


def next_steps(result: FlakyAudit) -> Points:
    """Drop, fix or settle: for the problems of this audit, by name."""
    if not result.examined:
        return Points([Point("Examine something:", "this audit has no solution yet.")])
    points = [*_unsteady(result), *_others(result)]
    unsteady = {Finding.FLAKY, Finding.CONDITION_DEPENDENT}
    if not any(each.finding in unsteady for each in result.by_problem):
        points.insert(0, _nothing(result))
    return Points(points)


def _unsteady(result: FlakyAudit) -> Iterator[Point]:
    """What to do about problems whose outcomes flip."""
    flaky = [each for each in result.by_problem if each.finding is Finding.FLAKY]
    tests = [each for each in flaky if each.where == "references"]
    candidates = [each for each in flaky if each.where != "references"]
    if tests:
        yield Point(
            "Fix or drop:",
            f"known-correct solutions of {_named(tests)} do not always pass. Mend the tests as "
            "the causes say; until then leave these problems out of results that are compared, "
            "and say so.",
        )
    if candidates:
        yield Point(
            "Settle:",
            f"only candidates flip on {_named(candidates)}. Count their verdicts by a majority "
            f"of {result.plan.repetitions:,}, and look at one of them before you blame the tests.",
        )
    dependent = [each for each in result.by_problem if each.finding is Finding.CONDITION_DEPENDENT]
    if dependent:
        yield Point(
            "Hold still or fix:",
            f"a condition in which hosts differ decides what becomes of {_named(dependent)}. Fix "
            "that condition for everyone, or mend the tests.",
        )


def _others(result: FlakyAudit) -> Iterator[Point]:
    """What to do about time and the host."""
    slow = [each for each in result.by_problem if each.finding is Finding.SPEED_DEPENDENT]
    unknown = [each for each in result.by_problem if each.finding is Finding.UNKNOWN]
    if slow:
        yield Point(
            "Widen the limits:",
            f"solutions of {_named(slow)} end near their limit of CPU time. Limits set by the "
            "time of the reference on this host leave speed out of the verdict.",
        )
    if unknown:
        yield Point(
            "Mend the host:",
            f"nothing can be said of {_named(unknown)}; vervet doctor says what this host lacks. "
            "The same command goes on where this one ended.",
        )


def _nothing(result: FlakyAudit) -> Point:
    likely = [(p, missed) for p, missed, _ in result.misses if TELLING <= missed < 0.5]
    said = "".join(
        f"; one that flips at {percent(p)} is missed with a chance of {percent(missed)}"
        for p, missed in likely[:1]
    )
    return Point(
        "Nothing flipped:",
        f"{result.plan.needed:,} attempts of each solution agreed{said}. A smaller --min-flip "
        "looks for rarer flips.",
    )


def _named(found: Sequence[ProblemFinding]) -> str:
    return listed([each.problem for each in found])
