"""Owns what an audit for flaky tests found, for tables, reports and JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vervet.audit.causes import Cause
from vervet.audit.disagreement import consistent, flipped, outcome_of
from vervet.audit.flaky import Finding, Made, Plan, Ruling
from vervet.audit.repetition import FlipRate, flip_rate
from vervet.core.status import NORMAL, Settlement, Status
from vervet.core.values import Attempt
from vervet.verification.settlement import settle

__all__ = ["FlakyAudit", "FlakyCheck", "FlakyItem", "ProblemFinding", "item_of", "problem_findings"]


@dataclass(frozen=True, slots=True)
class FlakyCheck:
    """A check that gave both outcomes under equal conditions; `ordinal` counts from 0.

    `condition` is the one under which it did.
    """

    ordinal: int
    name: str
    passed: int
    missed: int
    rate: FlipRate
    condition: str = NORMAL

    @property
    def title(self) -> str:
        """Its name, and the condition unless that is the usual one."""
        return self.name if self.condition == NORMAL else f"{self.name} under {self.condition}"


@dataclass(frozen=True, slots=True)
class FlakyItem:
    """One solution that was examined; counts are of its attempts under condition normal.

    `settled` is its status by majority, empty where it was not asked for or none was reached.
    """

    solution_id: int
    solution: str
    problem: str
    reference: bool
    finding: Finding
    cause: Cause | None
    words: str
    attempts: int
    in_all: int
    passed: int
    rate: FlipRate
    checks: tuple[FlakyCheck, ...] = ()
    seen: Mapping[str, int] | None = None
    deviating: tuple[str, ...] = ()
    first: str = ""
    settled: str = ""


@dataclass(frozen=True, slots=True)
class ProblemFinding:
    """A problem with a solution that is not clean; `where` is "references" or "candidates only"."""

    problem: str
    finding: Finding
    where: str
    solutions: int
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlakyAudit:
    """What the audit came to. `fixed` is how many attempts all repetitions of all would take.

    `items` are those that are not clean; `misses` holds (flip rate, chance to have missed it,
    repetitions that find it with 95 %).
    """

    name: str
    target: str
    suite: str
    plan: Plan
    examined: int
    references: int
    problems: int
    findings: Mapping[str, int]
    items: tuple[FlakyItem, ...]
    attempts: int
    fixed: int
    misses: tuple[tuple[float, float, int], ...]
    remarks: tuple[str, ...] = ()

    @property
    def by_problem(self) -> tuple[ProblemFinding, ...]:
        """The problems that are not clean, in the order of their first item."""
        return problem_findings(self.items)

    @property
    def causes(self) -> Mapping[str, int]:
        """How many solutions have each cause."""
        return Counter(str(item.cause) for item in self.items if item.cause is not None)

    @property
    def flaky_share(self) -> float:
        """The share of problems with a flaky or condition-dependent solution."""
        bad = {Finding.FLAKY, Finding.CONDITION_DEPENDENT}
        found = {item.problem for item in self.items if item.finding in bad}
        return len(found) / self.problems if self.problems else 0.0


def item_of(
    ruling: Ruling,
    made: Made,
    plan: Plan,
    names: Mapping[int, str],
    *,
    solution_id: int,
    solution: str,
    problem: str,
    reference: bool,
) -> FlakyItem:
    """The item of a solution on which `ruling` was final; `names` are of its checks."""
    assert ruling.finding is not None
    normal = made.get(NORMAL, ())
    passed = sum(attempt.status is Status.PASSED for attempt in normal)
    seen = Counter(outcome_of(attempt) for attempt in normal)
    rarer = len(normal) - max(seen.values(), default=0)
    return FlakyItem(
        solution_id=solution_id,
        solution=solution,
        problem=problem,
        reference=reference,
        finding=ruling.finding,
        cause=ruling.cause,
        words=_words(ruling, made),
        attempts=len(normal),
        in_all=sum(len(attempts) for attempts in made.values()),
        passed=passed,
        rate=flip_rate(min(rarer, len(normal) // 2), len(normal)),
        checks=tuple(_checks(made, names, ruling)),
        seen=dict(seen.most_common()),
        deviating=ruling.deviating,
        first=outcome_of(normal[0]) if normal else "",
        settled=_settled(normal, plan) if ruling.finding is Finding.FLAKY else "",
    )


def problem_findings(items: Sequence[FlakyItem]) -> tuple[ProblemFinding, ...]:
    """One a problem with a finding: the gravest, and whether a reference shows it."""
    found: list[ProblemFinding] = []
    for problem in dict.fromkeys(item.problem for item in items):
        own = [item for item in items if item.problem == problem]
        gravest = next(finding for finding in GRAVITY if any(i.finding is finding for i in own))
        shown = [item for item in own if item.finding is gravest]
        where = "references" if any(item.reference for item in shown) else "candidates only"
        causes = sorted({str(item.cause) for item in shown if item.cause is not None})
        found.append(ProblemFinding(problem, gravest, where, len(shown), tuple(causes)))
    return tuple(found)


GRAVITY = (
    Finding.FLAKY,
    Finding.CONDITION_DEPENDENT,
    Finding.SPEED_DEPENDENT,
    Finding.UNKNOWN,
    Finding.CLEAN,
)


def _checks(made: Made, names: Mapping[int, str], ruling: Ruling) -> list[FlakyCheck]:
    """Checks that flipped under normal conditions; else under the first other one that flipped."""
    for condition in (NORMAL, *_flipping(ruling, made)):
        found = [
            FlakyCheck(
                at,
                names.get(at, f"check {at + 1}"),
                passed,
                missed,
                flip_rate(min(passed, missed), passed + missed),
                condition,
            )
            for at, (passed, missed) in flipped(made.get(condition, ())).items()
        ]
        if found:
            return found
    return []


def _flipping(ruling: Ruling, made: Made) -> list[str]:
    """Conditions other than normal under which attempts disagree."""
    return [word for word in ruling.deviating if not consistent(made.get(word, ()))]


def _words(ruling: Ruling, made: Made) -> str:
    """The ruling's words, and where the flip was seen if it was not under normal conditions."""
    seen = [f"under {word}: {_tally(made[word])}" for word in _flipping(ruling, made)[:1]]
    return "; ".join([*seen, ruling.words] if seen else [ruling.words])


def _tally(attempts: Sequence[Attempt]) -> str:
    counted = Counter(outcome_of(attempt) for attempt in attempts)
    return ", ".join(f"{count} {words}" for words, count in counted.most_common())


def _settled(normal: Sequence[Attempt], plan: Plan) -> str:
    verdict = settle(normal, Settlement.MAJORITY, plan.repetitions) if plan.settle else None
    return str(verdict.status) if verdict else ""
