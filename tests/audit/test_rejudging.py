"""What is said of a solution from its attempts, normal and in reference mode."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.audit.rejudging import Finding, Judgement, judge
from vervet.core.status import NORMAL, REFERENCE, Flag, Outcome, Status
from vervet.core.values import Attempt

PASS = Attempt(Status.PASSED, outcomes=(Outcome.PASSED, Outcome.PASSED))
FAIL = Attempt(Status.FAILED, outcomes=(Outcome.PASSED, Outcome.FAILED))
EARLY = Attempt(Status.FAILED, outcomes=(Outcome.FAILED, Outcome.NOT_RUN))
SLOW = Attempt(Status.TIMED_OUT, flags=frozenset({Flag.SPEED_DEPENDENT}))
JUST = Attempt(Status.PASSED, flags=frozenset({Flag.SPEED_DEPENDENT}))
ATTEMPTS = st.lists(st.sampled_from([PASS, FAIL, EARLY, SLOW, JUST]), max_size=3)
GIVEN_UP = st.sets(st.sampled_from([NORMAL, REFERENCE]))


def wanted(*conditions: str) -> Judgement:
    return Judgement(frozenset(conditions))


@pytest.mark.parametrize(
    ("normal", "reference", "said"),
    [
        ([PASS], [], wanted(REFERENCE)),
        ([PASS], [PASS], Judgement()),
        ([PASS], [FAIL], wanted(NORMAL, REFERENCE)),
        ([PASS, PASS], [FAIL], wanted(REFERENCE)),
        ([PASS, PASS], [FAIL, FAIL], Judgement(finding=Finding.DIFFERS)),
        ([FAIL, FAIL], [EARLY, EARLY], Judgement(finding=Finding.DIFFERS)),
        ([PASS, FAIL], [FAIL], Judgement(finding=Finding.FLAKY)),
        ([PASS, PASS], [FAIL, PASS], Judgement(finding=Finding.FLAKY)),
        ([PASS, FAIL], [PASS], Judgement()),
        ([SLOW, SLOW], [JUST, JUST], Judgement(finding=Finding.SPEED_DEPENDENT)),
        ([SLOW, SLOW], [PASS, PASS], Judgement(finding=Finding.DIFFERS)),
    ],
)
def test_a_difference_is_believed_when_both_repeat_it(
    normal: list[Attempt], reference: list[Attempt], said: Judgement
) -> None:
    assert judge(normal, reference) == said


@given(normal=ATTEMPTS, reference=ATTEMPTS, given_up=GIVEN_UP)
def test_what_was_given_up_is_never_wanted(
    normal: list[Attempt], reference: list[Attempt], given_up: set[str]
) -> None:
    assert not judge(normal, reference, given_up).wanted & given_up


@given(normal=ATTEMPTS, reference=ATTEMPTS)
def test_granting_every_wish_comes_to_an_end(
    normal: list[Attempt], reference: list[Attempt]
) -> None:
    normal = normal or [PASS]
    for _ in range(3):
        said = judge(normal, reference)
        if not said.wanted:
            return
        normal = normal + [FAIL] * (NORMAL in said.wanted)
        reference = reference + [PASS] * (REFERENCE in said.wanted)
    raise AssertionError(f"still wanted: {said.wanted}")
