"""Owns the words and values of the audit for false negatives: references that do not pass.

Only values here; why a reference fails is decided in `false_negatives_causes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vervet.audit.effect import RunEffect
from vervet.core.status import Status
from vervet.core.values import DISCOUNTED, Attempt

__all__ = [
    "KIND",
    "Cause",
    "CheckFinding",
    "FalseNegatives",
    "Finding",
    "ProblemFinding",
    "Reference",
    "Result",
]

KIND = "false-negatives"
"""The kind of these audits."""


class Cause(StrEnum):
    """Why a solution that is known to be correct does not pass."""

    SEVERAL_OUTPUTS = "several_outputs"
    """References disagree with each other on an input: it has more than one right output."""
    INPUT_VIOLATES = "input_violates"
    """Most references crash on an input while they pass others."""
    TIME_LIMIT = "time_limit"
    """It is right, but not within the limit of time on this host."""
    MEMORY = "memory"
    """It needs more memory than the limit."""
    CHECKER_STRICT = "checker_strict"
    """Its output is the expected one but for spaces, case, order or the last digits."""
    BROKEN_REFERENCE = "broken_reference"
    """It fails everything, or where all the others pass: not the tests are wrong."""
    FLAKY = "flaky"
    """A second attempt under equal conditions ended otherwise."""
    WRONG_LABEL = "wrong_label"
    """The expected output or answer itself is wrong: what is right agrees against it."""
    UNEXPLAINED = "unexplained"
    """Nothing of this can be told apart from what is known."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The `ordinal`-th known-correct completion of a problem (from 0) and where it is from."""

    ordinal: int
    origin: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one solution, which several references may have in common.

    `normal` are its attempts with their evidence in the order in which they were made, none
    where the sandbox or the host failed (`why`); `wider` those with wider limits of time.
    `malformed` says why nothing was extracted.
    """

    solution_id: int
    references: tuple[Reference, ...]
    normal: tuple[Attempt, ...] = ()
    wider: tuple[Attempt, ...] = ()
    attempt_ids: tuple[int, ...] = ()
    malformed: str = ""
    why: str = ""

    @property
    def verified(self) -> bool:
        """Whether there is an attempt that says something."""
        return bool(self.normal)

    @property
    def passes(self) -> bool:
        """Whether every attempt passed."""
        return self.verified and all(each.status is Status.PASSED for each in self.normal)

    @property
    def doubted(self) -> bool:
        """Whether it passes, but under a flag with which no pass counts by default."""
        return self.passes and any(each.flags & DISCOUNTED for each in self.normal)

    @property
    def fails(self) -> bool:
        """Whether some attempt did not pass: a false negative."""
        return self.verified and not self.passes


@dataclass(frozen=True, slots=True)
class Finding:
    """One failing solution with the cause, and a reason in words.

    `missed` are the ordinals (from 0) of the checks that it does not pass, of `checks` in all.
    """

    result: Result
    cause: Cause
    words: str
    status: Status
    code: str
    missed: tuple[int, ...]
    checks: int

    def detail(self) -> dict[str, Any]:
        """As JSON, for the row of the audit."""
        return {
            "references": [
                {"ordinal": each.ordinal, "origin": each.origin} for each in self.result.references
            ],
            "words": self.words,
            "status": self.status.value,
            "code": self.code,
            "checks": self.checks,
            "missed": list(self.missed[:MOST_LISTED]),
            "missed_count": len(self.missed),
        }


MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One check of a problem that some reference does not pass.

    Counts are of references: those that it was run on, those that fail it, and those that do
    not give the output that most of them give (`disagree`), of `outputs` different ones; None
    where no output was kept. `expected` and `actual` (of the first that fails) are capped.
    """

    problem: str
    ordinal: int
    name: str
    references: int
    failing: int
    outputs: int | None
    disagree: int | None
    message: str = ""
    expected: bytes | None = None
    actual: bytes | None = None


@dataclass(frozen=True, slots=True)
class ProblemFinding:
    """A problem of which some reference fails. `passing` and `unverified` are references."""

    problem: str
    problem_id: int
    kind: str
    references: int
    passing: int
    unverified: int
    findings: tuple[Finding, ...]
    checks: tuple[CheckFinding, ...]

    @property
    def failing(self) -> int:
        """References that fail."""
        return sum(len(each.result.references) for each in self.findings)

    @property
    def causes(self) -> Counter[Cause]:
        """Failing references by cause."""
        found: Counter[Cause] = Counter()
        for each in self.findings:
            found[each.cause] += len(each.result.references)
        return found


@dataclass(frozen=True, slots=True)
class FalseNegatives:
    """All that the audit of a suite came to: what tables, JSON and reports are made of.

    `problems` are those with a failing reference, in the suite's order. `unverified` references
    have no attempt that says something, `why_unverified` is what the sandbox said of the last;
    `doubted` ones, of `doubted_problems`, pass, but under a flag (suspicious, beside, unsafe) with
    which coverage does not count a pass.
    """

    suite: str
    run: str
    total_problems: int
    with_references: int
    references: int
    unverified: int
    problems: tuple[ProblemFinding, ...]
    origins: Mapping[str, int] = field(default_factory=dict)
    effects: tuple[RunEffect, ...] = ()
    why_unverified: str = ""
    doubted: int = 0
    doubted_problems: tuple[str, ...] = ()

    @property
    def failing(self) -> int:
        """References that fail."""
        return sum(each.failing for each in self.problems)

    @property
    def passing(self) -> int:
        """References that pass."""
        return self.references - self.failing - self.unverified

    @property
    def share(self) -> float:
        """The share of the problems with references that are affected, from 0 to 1."""
        return len(self.problems) / self.with_references if self.with_references else 0.0

    @property
    def causes(self) -> dict[Cause, tuple[int, int]]:
        """Problems and failing references by cause, the most frequent first."""
        problems: Counter[Cause] = Counter()
        references: Counter[Cause] = Counter()
        for each in self.problems:
            problems.update(each.causes.keys())
            references.update(each.causes)
        order = sorted(references, key=lambda cause: (-problems[cause], -references[cause], cause))
        return {cause: (problems[cause], references[cause]) for cause in order}

    @property
    def complete(self) -> bool:
        """Whether every reference was verified."""
        return self.unverified == 0
