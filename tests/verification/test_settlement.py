"""From attempts to a verdict."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.status import NORMAL, REFERENCE, Flag, Settlement, Status
from vervet.core.values import Attempt
from vervet.verification.settlement import settle

STATUSES = st.sampled_from([Status.PASSED, Status.FAILED, Status.TIMED_OUT, Status.INFRA_ERROR])
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        status=STATUSES,
        code=st.sampled_from(["", "a"]),
        flags=st.frozensets(st.sampled_from([Flag.BESIDE, Flag.SPEED_DEPENDENT])),
        condition=st.sampled_from([NORMAL, NORMAL, NORMAL, REFERENCE]),
    ),
    max_size=9,
)
ODD = st.sampled_from([1, 3, 5])


def attempts(*statuses: Status) -> list[Attempt]:
    return [Attempt(status) for status in statuses]


def counting(given_attempts: list[Attempt]) -> list[Attempt]:
    return [
        attempt
        for attempt in given_attempts
        if attempt.condition == NORMAL and attempt.status is not Status.INFRA_ERROR
    ]


P, F, T, I = Status.PASSED, Status.FAILED, Status.TIMED_OUT, Status.INFRA_ERROR  # noqa: E741


@pytest.mark.parametrize(
    ("statuses", "rule", "n", "expected"),
    [
        ([], Settlement.FIRST, 1, None),
        ([I], Settlement.FIRST, 1, None),
        ([I, P], Settlement.FIRST, 1, (P, set())),
        ([F, P], Settlement.FIRST, 1, (F, {Flag.FLAKY})),
        ([P], Settlement.MAJORITY, 3, None),
        ([P, P], Settlement.MAJORITY, 3, (P, set())),
        ([P, F, P], Settlement.MAJORITY, 3, (P, {Flag.FLAKY})),
        ([P, F], Settlement.MAJORITY, 3, None),
        ([P, F, T], Settlement.MAJORITY, 3, (F, {Flag.FLAKY, Flag.UNSETTLED})),
        ([P, F], Settlement.MAJORITY, 2, (F, {Flag.FLAKY, Flag.UNSETTLED})),
        ([P, P], Settlement.UNANIMOUS, 3, None),
        ([P, P, P], Settlement.UNANIMOUS, 3, (P, set())),
        ([P, F], Settlement.UNANIMOUS, 3, (F, {Flag.FLAKY})),
        ([F, P], Settlement.UNANIMOUS, 3, (F, {Flag.FLAKY})),
        ([P, I, P, P], Settlement.UNANIMOUS, 3, (P, set())),
    ],
)
def test_rules_on_known_attempts(
    statuses: list[Status], rule: Settlement, n: int, expected: tuple[Status, set[Flag]] | None
) -> None:
    verdict = settle(attempts(*statuses), rule, n)

    found = None if verdict is None else (verdict.status, set(verdict.flags))
    assert found == expected


@given(ATTEMPTS, st.sampled_from(Settlement), ODD)
def test_infra_errors_and_other_conditions_change_nothing(
    given_attempts: list[Attempt], rule: Settlement, n: int
) -> None:
    assert settle(given_attempts, rule, n) == settle(counting(given_attempts), rule, n)


@given(ATTEMPTS, st.sampled_from(Settlement), ODD)
def test_a_pass_needs_its_rule(given_attempts: list[Attempt], rule: Settlement, n: int) -> None:
    verdict = settle(given_attempts, rule, n)
    heard = [attempt.status for attempt in counting(given_attempts)]
    needed = {
        Settlement.FIRST: heard[:1] == [Status.PASSED],
        Settlement.MAJORITY: heard[:n].count(Status.PASSED) > n / 2,
        Settlement.UNANIMOUS: heard[:n] == [Status.PASSED] * n,
    }

    assert (verdict is not None and verdict.status is Status.PASSED) == needed[rule]


@given(ATTEMPTS, st.sampled_from(Settlement), ODD)
def test_disagreement_is_flaky_and_a_verdict_has_a_status_that_was_seen(
    given_attempts: list[Attempt], rule: Settlement, n: int
) -> None:
    verdict = settle(given_attempts, rule, n)
    if verdict is None:
        return
    seen = Counter(attempt.status for attempt in counting(given_attempts))

    assert verdict.status in seen
    assert (Flag.FLAKY in verdict.flags) == (len(seen) > 1)
    assert verdict.attempts == seen.total()


@given(ATTEMPTS, st.sampled_from(Settlement), ODD, STATUSES)
def test_a_verdict_by_n_attempts_is_not_overturned_by_later_ones(
    given_attempts: list[Attempt], rule: Settlement, n: int, later: Status
) -> None:
    heard = counting(given_attempts)[:n]
    verdict = settle(heard, rule, n)
    if verdict is None:
        return
    after = settle([*heard, *([Attempt(later)] * 3)], rule, n)

    assert after is not None
    assert after.status is verdict.status or (
        rule is Settlement.UNANIMOUS and len(heard) < n and verdict.status is not Status.PASSED
    )


def test_zero_attempts_settle_nothing() -> None:
    with pytest.raises(ValueError, match="settles nothing"):
        settle([], Settlement.MAJORITY, 0)
