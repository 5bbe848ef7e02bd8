"""Owns one failing reference among all of its problem: what it misses, what the others gave there.

Pure; draws no conclusions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vervet.audit.false_negatives import Result
from vervet.audit.false_negatives_checks import Ending, Seen
from vervet.core.status import Status
from vervet.core.values import Attempt, CheckEvidence, Problem

__all__ = ["Case", "ended", "name_of", "telling"]


def telling(result: Result) -> Attempt:
    """The first attempt that did not pass; the first one if all did."""
    return next(
        (each for each in result.normal if each.status is not Status.PASSED), result.normal[0]
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One failing solution among all the verified ones of its problem."""

    problem: Problem
    result: Result
    verified: Sequence[tuple[Result, tuple[Seen, ...]]]
    suspicion: str

    @property
    def attempt(self) -> Attempt:
        return telling(self.result)

    @property
    def checks(self) -> tuple[Seen, ...]:
        return next(checks for result, checks in self.verified if result is self.result)

    @property
    def missed(self) -> dict[int, Seen]:
        """What it does not pass, by ordinal."""
        return {at: each for at, each in enumerate(self.checks) if each.missed}

    @property
    def evident(self) -> list[tuple[int, Seen, CheckEvidence]]:
        """Of that, where evidence was kept."""
        return [(at, one, one.evidence) for at, one in self.missed.items() if one.evidence]

    @property
    def passes_some(self) -> bool:
        return any(each.ending is Ending.PASSED for each in self.checks)

    @property
    def judged(self) -> bool:
        """Whether a special judge says what is right, so that outputs may differ."""
        return isinstance(self.problem.spec.get("checker"), Mapping)

    def all_on(self, at: int) -> Iterator[tuple[int, Seen]]:
        """Every solution that ran check `at`, with the number of references that it is.

        Others that never come to an output of their own say nothing about a check.
        """
        for result, checks in self.verified:
            if result is not self.result and not any(_says(each) for each in checks):
                continue
            if at < len(checks) and checks[at].ending is not Ending.NOT_RUN:
                yield len(result.references), checks[at]

    def others_on(self, at: int) -> list[tuple[int, Seen]]:
        """The same, without itself."""
        return [(count, each) for count, each in self.all_on(at) if each is not self.checks[at]]


def _says(one: Seen) -> bool:
    return one.ending in (Ending.PASSED, Ending.WRONG)


def name_of(case: Case, at: int) -> str:
    one = case.checks[at] if at < len(case.checks) else None
    return one.evidence.name if one and one.evidence else f"check {at + 1}"


def ended(attempt: Attempt) -> str:
    """How an attempt ended, in words: its status, and the first check that was missed."""
    status = attempt.status.value.replace("_", " ")
    return f"{status} ({attempt.message})" if attempt.message else status
