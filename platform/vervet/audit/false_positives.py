"""Owns what is said of known-wrong solutions that pass: what it means, and how weak tests are.

Pure: takes verdicts and never makes one. A mutant that passes shows weak tests, or is the same
function as its reference in other words; no program can tell which, so it is never said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from vervet.audit.mutants import Mutant
from vervet.core.status import Status
from vervet.core.values import Verdict

__all__ = [
    "FalsePositives",
    "Finding",
    "KnownWrong",
    "Origin",
    "Passing",
    "ProblemScore",
    "Tried",
    "false_positives",
]


class Origin(StrEnum):
    """Where a known-wrong solution comes from."""

    INCORRECT = "incorrect"
    """The data set calls it wrong."""
    EMPTY = "empty"
    """A program that does nothing."""
    MUTANT = "mutant"
    """A reference with one change."""


class Finding(StrEnum):
    """What passed although it should not have, as in `audit_items`."""

    INCORRECT_PASSES = "incorrect_passes"
    """Sure, as far as the data set's own word goes."""
    EMPTY_PASSES = "empty_passes"
    """Sure: the tests ask for nothing."""
    MUTANT_PASSES = "mutant_passes"
    """Equivalent or not is unknown."""


FINDINGS: Mapping[Origin, Finding] = {
    Origin.INCORRECT: Finding.INCORRECT_PASSES,
    Origin.EMPTY: Finding.EMPTY_PASSES,
    Origin.MUTANT: Finding.MUTANT_PASSES,
}


@dataclass(frozen=True, slots=True)
class KnownWrong:
    """A completion of a problem that is known to be wrong; `mutant` says how it was made."""

    problem: str
    origin: Origin
    completion: str
    mutant: Mutant | None = None

    @property
    def word(self) -> str:
        """Its origin in one word, as candidates of such a run have it for `finish_reason`."""
        if self.mutant is None:
            return self.origin.value
        return f"{self.origin}:{self.mutant.operator}:{self.mutant.line}"


@dataclass(frozen=True, slots=True)
class Tried:
    """A known-wrong solution and its verdict; None while it has none."""

    known: KnownWrong
    verdict: Verdict | None

    @property
    def passes(self) -> bool:
        """Whether the tests let it pass, under whatever flags: those may be every verdict's."""
        return self.verdict is not None and self.verdict.status is Status.PASSED


@dataclass(frozen=True, slots=True)
class Passing:
    """A known-wrong solution that passes all tests of its problem.

    `sure` unless it is a mutant, which may be equivalent to its reference. `shown` is the
    mutant's diff, else the completion; `flags` are those of the verdict.
    """

    problem: str
    finding: Finding
    sure: bool
    words: str
    shown: str
    flags: tuple[str, ...] = ()
    operator: str = ""
    line: int = 0
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ProblemScore:
    """Known-wrong solutions of one problem. `unsettled` have no verdict and are in no rate."""

    problem: str
    mutants: int
    killed: int
    unsettled: int
    incorrect: int
    incorrect_passing: int
    empty_passes: bool

    @property
    def kill_rate(self) -> float | None:
        """Mutants that do not pass, of those with a verdict (the mutation score); None of none.

        Source: DeMillo, Lipton, Sayward, "Hints on test data selection", 1978; equivalent
        mutants are not known and so count as not killed: a lower bound.
        """
        return self.killed / self.mutants if self.mutants else None

    @property
    def surely_weak(self) -> bool:
        """Whether something passes that is wrong without doubt."""
        return self.empty_passes or self.incorrect_passing > 0


@dataclass(frozen=True, slots=True)
class FalsePositives:
    """What the known-wrong solutions of a suite came to.

    `ends` counts how mutants ended by status; `operators` gives mutants and killed ones of each
    operator; `without_mutants` are problems with known-correct solutions of which none was made.
    """

    suite: str
    run: str
    scores: tuple[ProblemScore, ...]
    passing: tuple[Passing, ...]
    ends: Mapping[str, int]
    operators: Mapping[str, tuple[int, int]]
    without_mutants: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def mutants(self) -> int:
        """Mutants with a verdict."""
        return sum(score.mutants for score in self.scores)

    @property
    def kill_rate(self) -> float | None:
        """Over all mutants with a verdict; None of none."""
        return sum(score.killed for score in self.scores) / self.mutants if self.mutants else None

    @property
    def unsettled(self) -> int:
        """Known-wrong solutions without a verdict."""
        return sum(score.unsettled for score in self.scores)

    @property
    def surely_weak(self) -> tuple[str, ...]:
        """Problems whose tests let something pass that is wrong without doubt."""
        return tuple(score.problem for score in self.scores if score.surely_weak)

    def weakest(self, most: int = 5) -> tuple[ProblemScore, ...]:
        """The problems with the weakest tests: surely weak ones first, then by kill rate."""
        weak = [s for s in self.scores if s.surely_weak or s.killed < s.mutants]
        return tuple(sorted(weak, key=_strength)[:most])

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON, rates included."""
        return {
            **asdict(self),
            "scores": [
                {**asdict(score), "kill_rate": score.kill_rate, "surely_weak": score.surely_weak}
                for score in self.scores
            ],
            "passing": [asdict(each) for each in self.passing],
            "mutants": self.mutants,
            "kill_rate": self.kill_rate,
            "unsettled": self.unsettled,
            "surely_weak": list(self.surely_weak),
        }


def false_positives(
    tried: Sequence[Tried],
    *,
    suite: str,
    run: str,
    without_mutants: Sequence[str] = (),
    remarks: Sequence[str] = (),
) -> FalsePositives:
    """What verdicts of known-wrong solutions come to, problem by problem in their order."""
    by_problem: dict[str, list[Tried]] = defaultdict(list)
    for each in tried:
        by_problem[each.known.problem].append(each)
    mutants = [each for each in tried if each.known.origin is Origin.MUTANT and each.verdict]
    return FalsePositives(
        suite=suite,
        run=run,
        scores=tuple(_score(name, some) for name, some in by_problem.items()),
        passing=tuple(_passing(each) for each in tried if each.passes),
        ends=dict(Counter(each.verdict.status.value for each in mutants if each.verdict)),
        operators=_by_operator(mutants),
        without_mutants=tuple(without_mutants),
        remarks=tuple(remarks),
    )


def _score(problem: str, tried: Sequence[Tried]) -> ProblemScore:
    settled = [each for each in tried if each.verdict is not None]
    of = {origin: [each for each in settled if each.known.origin is origin] for origin in Origin}
    mutants, incorrect = of[Origin.MUTANT], of[Origin.INCORRECT]
    return ProblemScore(
        problem=problem,
        mutants=len(mutants),
        killed=sum(not each.passes for each in mutants),
        unsettled=len(tried) - len(settled),
        incorrect=len(incorrect),
        incorrect_passing=sum(each.passes for each in incorrect),
        empty_passes=any(each.passes for each in of[Origin.EMPTY]),
    )


def _passing(each: Tried) -> Passing:
    known, mutant = each.known, each.known.mutant
    assert each.verdict is not None
    made = Passing(
        problem=known.problem,
        finding=FINDINGS[known.origin],
        sure=mutant is None,
        words=_words(known),
        shown=known.completion,
        flags=tuple(sorted(flag.value for flag in each.verdict.flags)),
    )
    if mutant is None:
        return made
    return replace(
        made,
        shown=mutant.diff,
        operator=mutant.operator.value,
        line=mutant.line,
        before=mutant.before,
        after=mutant.after,
    )


def _words(known: KnownWrong) -> str:
    mutant = known.mutant
    if mutant is not None:
        return (
            f"passes with `{mutant.after}` for `{mutant.before}` in line {mutant.line} "
            f"({mutant.operator}): no test sees it, or it changes nothing"
        )
    if known.origin is Origin.EMPTY:
        return "a program that does nothing passes all tests"
    return "passes all tests, and the data set calls it incorrect"


def _by_operator(mutants: Sequence[Tried]) -> dict[str, tuple[int, int]]:
    made: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    for each in mutants:
        assert each.known.mutant is not None
        made[each.known.mutant.operator.value] += 1
        killed[each.known.mutant.operator.value] += not each.passes
    return {name: (made[name], killed[name]) for name in sorted(made)}


def _strength(score: ProblemScore) -> tuple[bool, float, int, str]:
    rate = 1.0 if score.kill_rate is None else score.kill_rate
    return (not score.surely_weak, rate, -score.mutants, score.problem)
