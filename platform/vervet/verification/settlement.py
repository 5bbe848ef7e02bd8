"""Owns how attempts become a verdict. Pure: no clock, no store, no sandbox.

Only attempts under condition `normal` count, and never one that ended in `infra_error`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from vervet.core.status import NORMAL, Flag, Settlement, Status
from vervet.core.values import Attempt, Verdict

__all__ = ["settle"]


def settle(attempts: Iterable[Attempt], rule: Settlement, n: int = 3) -> Verdict | None:
    """The verdict of attempts in the order of their ordinals; None while more are needed.

    - `first`: the first one that counts.
    - `majority` of `n`: the status that more than half of `n` share, as soon as it is certain.
      Where the first `n` share none, the verdict is not a pass and is flagged `unsettled`.
    - `unanimous`: the status that the first `n` share; one that differs ends it at once, as the
      first status that is not a pass.

    Where counting attempts disagree in status, the verdict is flagged `flaky`, under every rule.
    Raises `ValueError` if `n` is not positive.
    """
    if n < 1:
        raise ValueError(f"a settlement of {n} attempts settles nothing")
    counting = [
        attempt
        for attempt in attempts
        if attempt.condition == NORMAL and attempt.status is not Status.INFRA_ERROR
    ]
    if not counting:
        return None
    match rule:
        case Settlement.FIRST:
            return _verdict(counting, counting[0].status, rule)
        case Settlement.MAJORITY:
            return _majority(counting, n)
        case Settlement.UNANIMOUS:
            return _unanimous(counting, n)


def _majority(counting: Sequence[Attempt], n: int) -> Verdict | None:
    heard = counting[:n]
    status, votes = Counter(attempt.status for attempt in heard).most_common(1)[0]
    if 2 * votes > n:
        return _verdict(counting, status, Settlement.MAJORITY)
    if len(heard) < n:
        return None
    return _verdict(counting, _first_refusal(heard), Settlement.MAJORITY, Flag.UNSETTLED)


def _unanimous(counting: Sequence[Attempt], n: int) -> Verdict | None:
    heard = counting[:n]
    if len({attempt.status for attempt in heard}) > 1:
        return _verdict(counting, _first_refusal(heard), Settlement.UNANIMOUS)
    if len(heard) < n:
        return None
    return _verdict(counting, heard[0].status, Settlement.UNANIMOUS)


def _first_refusal(heard: Sequence[Attempt]) -> Status:
    return next(a.status for a in heard if a.status is not Status.PASSED)


def _verdict(
    counting: Sequence[Attempt], status: Status, rule: Settlement, *extra: Flag
) -> Verdict:
    agreeing = [attempt for attempt in counting if attempt.status is status]
    flags = frozenset(extra).union(*(attempt.flags for attempt in agreeing))
    if len(agreeing) < len(counting):
        flags |= {Flag.FLAKY}
    return Verdict(status, agreeing[0].code, flags, rule, len(counting))
