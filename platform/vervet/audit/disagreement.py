"""Owns when two attempts of a solution agree. Pure.

What an attempt did not come to says nothing: a verifier that stops at the first check that is
missed leaves the rest open, and which one comes first may depend on their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt

__all__ = ["alike", "consistent", "flipped", "outcome_of"]


def alike(one: Attempt, other: Attempt) -> bool:
    """Whether both passed or neither did, and no check that both ran had two outcomes."""
    if (one.status is Status.PASSED) is not (other.status is Status.PASSED):
        return False
    return not any(
        _met(a) is not _met(b)
        for a, b in zip(one.outcomes, other.outcomes, strict=False)
        if Outcome.NOT_RUN not in (a, b)
    )


def consistent(attempts: Sequence[Attempt]) -> bool:
    """Whether attempts under equal conditions agree: the same status, and checks alike."""
    return all(
        attempt.status is attempts[0].status and alike(attempts[0], attempt)
        for attempt in attempts[1:]
    )


def flipped(attempts: Sequence[Attempt]) -> dict[int, tuple[int, int]]:
    """How often each check was met and missed, by ordinal, of those that were both."""
    most = max((len(attempt.outcomes) for attempt in attempts), default=0)
    found: dict[int, tuple[int, int]] = {}
    for at in range(most):
        ran = [
            _met(attempt.outcomes[at])
            for attempt in attempts
            if at < len(attempt.outcomes) and attempt.outcomes[at] is not Outcome.NOT_RUN
        ]
        if 0 < sum(ran) < len(ran):
            found[at] = (sum(ran), len(ran) - sum(ran))
    return found


def outcome_of(attempt: Attempt) -> str:
    """How an attempt ended, in a word or two: "passed", "failed (wrong_output)"."""
    return f"{attempt.status} ({attempt.code})" if attempt.code else str(attempt.status)


def _met(outcome: Outcome) -> bool:
    return outcome is Outcome.PASSED
