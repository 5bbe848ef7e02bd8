"""Owns the condition `order`: a problem's checks in another order, and outcomes put back in it.

Which checks there are, and which may change places, is each verifier's own knowledge.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from vervet.core.status import Outcome
from vervet.core.values import Attempt, CheckEvidence, Problem, Solution
from vervet.verification.protocol import Steps, Verifier

__all__ = ["Conditioned", "Places", "Reorderable", "in_order_of", "shuffled"]

Places = tuple[int, ...]
"""For each check, in the order in which they are tried, its place in the problem; those beyond
the last are where they were."""
SOMEWHERE = "a check in another order"


@runtime_checkable
class Reorderable(Protocol):
    """A verifier whose problems have checks that can be tried in another order."""

    def reordered(self, problem: Problem, seed: int) -> tuple[Problem, Places | None]:
        """The problem with its checks shuffled, and where each was before.

        No places: which outcome belongs to which check is then not known. Equal seeds give equal
        orders, under any Python. Raises `ProblemError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Conditioned:
    """A verifier that tries a problem's checks in the order of a seed.

    Its attempts name and number checks as the problem does. The status is that of the check that
    was missed first of all: where several are missed, another order may give another status of a
    failure, so that only whether one passed, and the outcomes, can be compared.
    """

    verifier: Verifier
    order: int

    @property
    def kind(self) -> str:
        """See `Verifier.kind`."""
        return self.verifier.kind

    def digest(self) -> str:
        """That of the verifier: the order is the attempt's condition."""
        return self.verifier.digest()

    def check_problem(self, problem: Problem) -> None:
        """See `Verifier.check_problem`."""
        self.verifier.check_problem(problem)

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """See `Verifier.extract`."""
        return self.verifier.extract(problem, completion, cut=cut)

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """The verifier's own on the reordered problem; as they are where there is no order."""
        if not isinstance(self.verifier, Reorderable):
            return (yield from self.verifier.steps(problem, solution))
        asked, places = self.verifier.reordered(problem, self.order)
        attempt = yield from self.verifier.steps(asked, solution)
        return _unplaced(attempt) if places is None else in_order_of(places, attempt)


def shuffled(places: Iterable[int], source: random.Random) -> Places:
    """The places in another order than the given one, if there are two of them."""
    before = list(places)
    after = before[:]
    while after == before and len(before) > 1:
        source.shuffle(after)
    return tuple(after)


def in_order_of(places: Places, attempt: Attempt) -> Attempt:
    """The attempt with outcomes, evidence and message in the problem's order.

    A failure outside of all checks counts as that of the check that would have come next.
    """
    evidence = [_placed(each, places) for each in attempt.evidence]
    message = attempt.message
    for before, after in zip(attempt.evidence, evidence, strict=True):
        if message.startswith(f"{before.name}: "):
            message = after.name + message.removeprefix(before.name)
            break
    return replace(
        attempt,
        outcomes=_sorted(places, attempt.outcomes),
        evidence=tuple(sorted(evidence, key=lambda each: each.ordinal)),
        message=message,
    )


def _sorted(places: Places, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    length = max(len(places), len(outcomes)) if outcomes else 0
    found = [Outcome.NOT_RUN] * length
    for at, outcome in enumerate(outcomes):
        found[_place(places, at)] = outcome
    return tuple(found)


def _placed(evidence: CheckEvidence, places: Places) -> CheckEvidence:
    """Evidence of what came before any check (outcome `NOT_RUN`) is of none of them."""
    if evidence.outcome is Outcome.NOT_RUN:
        return evidence
    place = _place(places, evidence.ordinal)
    word, _, number = evidence.name.rpartition(" ")
    name = f"{word} {place + 1}" if number == str(evidence.ordinal + 1) else evidence.name
    return replace(evidence, ordinal=place, name=name)


def _place(places: Places, at: int) -> int:
    return places[at] if at < len(places) else at


def _unplaced(attempt: Attempt) -> Attempt:
    """Without what would be read as the outcome of a certain check."""
    evidence = tuple(
        each if each.outcome is Outcome.NOT_RUN else replace(each, name=SOMEWHERE)
        for each in attempt.evidence
    )
    return replace(attempt, outcomes=(), evidence=evidence)
