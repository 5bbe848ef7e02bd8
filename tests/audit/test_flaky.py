"""What the search asks for next, and what it finds, on attempts made up by the test."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.audit.causes import Cause
from vervet.audit.flaky import BARELY, WIDE, Finding, Plan, Ruling, rule
from vervet.audit.repetition import miss_chance
from vervet.core.conditions import Condition, condition_of
from vervet.core.errors import UsageError
from vervet.core.status import NORMAL, Flag, Outcome, Status
from vervet.core.values import Attempt

PASSED = Attempt(Status.PASSED, outcomes=(Outcome.PASSED, Outcome.PASSED))
FAILED = Attempt(Status.FAILED, code="wrong_output", outcomes=(Outcome.PASSED, Outcome.FAILED))
NEAR = Attempt(Status.PASSED, flags=frozenset({Flag.SPEED_DEPENDENT}), outcomes=(Outcome.PASSED,))
LATE = Attempt(
    Status.TIMED_OUT,
    code="cpu_time",
    flags=frozenset({Flag.SPEED_DEPENDENT}),
    outcomes=(Outcome.ERROR,),
)

Play = Callable[[str, int], Attempt]
"""The attempt of a condition and its number there, from 0."""


def search(play: Play, plan: Plan | None = None) -> tuple[Ruling, dict[str, list[Attempt]]]:
    """Make what is wanted until something is found; the ruling, and all that was made."""
    made: dict[str, list[Attempt]] = defaultdict(list)
    for _ in range(200):
        ruling = rule(made, plan or Plan())
        if ruling.finding is not None:
            return ruling, dict(made)
        assert any(total > len(made[word]) for word, total in ruling.wanted.items())
        for word, total in ruling.wanted.items():
            while len(made[word]) < total:
                made[word].append(play(word, len(made[word])))
    raise AssertionError("the search does not come to an end")


def test_what_always_agrees_is_clean_and_takes_every_attempt() -> None:
    ruling, made = search(lambda _word, _at: PASSED)
    assert ruling.finding is Finding.CLEAN
    assert len(made[NORMAL]) == 11
    assert sum(map(len, made.values())) == 11 + 11 + 3


@given(st.lists(st.booleans(), min_size=11, max_size=11), st.booleans())
def test_a_disagreement_within_eleven_is_always_found(flips: list[bool], settle: bool) -> None:
    ruling, made = search(
        lambda word, at: FAILED if word == NORMAL and flips[at % 11] else PASSED,
        Plan(varied=0, loaded=0, settle=settle, factors=()),
    )
    expected = Finding.FLAKY if len(set(flips)) == 2 else Finding.CLEAN
    assert ruling.finding is expected
    assert len(made[NORMAL]) <= 11


def test_the_search_stops_soon_after_the_first_disagreement() -> None:
    plan = Plan(settle=False, factors=())
    ruling, made = search(lambda _word, at: FAILED if at == 1 else PASSED, plan)
    assert (ruling.finding, len(made[NORMAL])) == (Finding.FLAKY, 2)


def test_exhaustive_takes_all_of_a_flaky_one() -> None:
    plan = Plan(exhaustive=True, settle=False, factors=())
    _, made = search(lambda _word, at: FAILED if at == 1 else PASSED, plan)
    assert len(made[NORMAL]) == 11


@pytest.mark.parametrize(("min_flip", "attempts"), [(0.5, 6), (0.25, 11), (0.1, 29)])
def test_a_flip_rate_of_interest_says_how_many_are_enough(min_flip: float, attempts: int) -> None:
    _, made = search(lambda _word, _at: PASSED, Plan(min_flip=min_flip, varied=0, loaded=0))
    assert len(made[NORMAL]) == attempts


def test_a_flaky_one_goes_on_until_its_majority_is_certain() -> None:
    ruling, made = search(lambda _word, at: FAILED if at % 3 == 1 else PASSED, Plan(factors=()))
    assert ruling.finding is Finding.FLAKY
    passed = sum(attempt.status is Status.PASSED for attempt in made[NORMAL])
    assert max(passed, len(made[NORMAL]) - passed) >= 6


@pytest.mark.parametrize(
    ("factor", "cause"),
    [("hashseed", Cause.HASH), ("order", Cause.ORDER), ("tz", Cause.TIME), ("load", Cause.LOAD)],
)
def test_the_factor_that_shows_it_alone_is_the_cause(factor: str, cause: Cause) -> None:
    def play(word: str, _at: int) -> Attempt:
        under = condition_of(word)
        seen = {
            "hashseed": (under.hashseed or 0) % 4 == 3,
            "order": under.order == 2,
            "tz": under.tz == "UTC+12",
            "load": under.load > 0,
        }
        return FAILED if seen[factor] else PASSED

    ruling, _ = search(play)
    assert (ruling.finding, ruling.cause) == (Finding.CONDITION_DEPENDENT, cause)
    assert ruling.deviating


def test_what_only_a_mixture_shows_is_not_explained() -> None:
    def play(word: str, _at: int) -> Attempt:
        under = condition_of(word)
        return FAILED if under.hashseed and under.order else PASSED

    ruling, _ = search(play)
    assert (ruling.finding, ruling.cause) == (Finding.CONDITION_DEPENDENT, Cause.UNEXPLAINED)


def test_chance_under_other_conditions_is_flaky_and_not_dependent() -> None:
    def play(word: str, at: int) -> Attempt:
        return FAILED if word != NORMAL and at == 0 else PASSED

    ruling, _ = search(play)
    assert (ruling.finding, ruling.cause) == (Finding.FLAKY, Cause.UNEXPLAINED)


def test_a_race_that_load_makes_worse_is_load_dependent() -> None:
    def play(word: str, at: int) -> Attempt:
        return FAILED if condition_of(word).load or (word == NORMAL and at == 4) else PASSED

    ruling, _ = search(play)
    assert (ruling.finding, ruling.cause) == (Finding.FLAKY, Cause.LOAD)


def test_a_flip_that_only_a_used_sandbox_shows_is_the_sandboxs() -> None:
    def play(word: str, at: int) -> Attempt:
        return PASSED if condition_of(word).fresh or at % 8 == 0 else FAILED

    ruling, _ = search(play)
    assert (ruling.finding, ruling.cause) == (Finding.FLAKY, Cause.SANDBOX)


def test_a_pass_near_its_limit_is_speed_dependent_and_not_repeated() -> None:
    ruling, made = search(lambda word, _at: NEAR if word == NORMAL else PASSED)
    assert ruling.finding is Finding.SPEED_DEPENDENT
    assert "passed" in ruling.words
    assert made.keys() == {NORMAL, BARELY, WIDE}


def test_a_timeout_that_ends_within_a_fifth_more_is_speed_dependent() -> None:
    ruling, _ = search(lambda word, _at: LATE if word == NORMAL else PASSED)
    assert ruling.finding is Finding.SPEED_DEPENDENT
    assert "four times the limit: passed" in ruling.words


def test_a_timeout_far_beyond_is_clean() -> None:
    ruling, made = search(lambda _word, _at: LATE)
    assert ruling.finding is Finding.CLEAN
    assert len(made[NORMAL]) == 2


def test_speed_that_flips_the_verdict_is_not_called_flaky() -> None:
    ruling, _ = search(lambda word, at: (LATE if at else NEAR) if word == NORMAL else PASSED)
    assert ruling.finding is Finding.SPEED_DEPENDENT


def test_chance_near_the_limit_is_flaky_all_the_same() -> None:
    ruling, _ = search(lambda _word, at: FAILED if at % 2 else NEAR, Plan(factors=()))
    assert ruling.finding is Finding.FLAKY


def test_chance_that_only_time_enough_shows_is_flaky() -> None:
    def play(word: str, at: int) -> Attempt:
        return NEAR if word == NORMAL else FAILED if word == WIDE and at == 3 else PASSED

    ruling, made = search(play, Plan(factors=()))
    assert ruling.finding is Finding.FLAKY
    assert len(made[WIDE]) == 5


def test_conditions_that_cannot_be_had_are_passed_over() -> None:
    made = {NORMAL: [PASSED] * 11}
    plan = Plan()
    ruling = rule(made, plan, {*plan.variations, plan.load})
    assert ruling.finding is Finding.CLEAN


def test_a_solution_that_the_host_cannot_try_is_unknown() -> None:
    assert rule({}, Plan(), {NORMAL}).finding is Finding.UNKNOWN


def test_checks_that_did_not_run_say_nothing() -> None:
    # Both stop at the first check that is missed, which another order may make another one.
    first = Attempt(Status.FAILED, outcomes=(Outcome.FAILED, Outcome.NOT_RUN))
    second = Attempt(Status.FAILED, outcomes=(Outcome.NOT_RUN, Outcome.FAILED))
    ruling, _ = search(lambda word, _at: second if condition_of(word).order else first)
    assert ruling.finding is Finding.CLEAN


def test_variations_differ_in_everything_at_once() -> None:
    plan = Plan(varied=5)
    seen = [condition_of(word) for word in plan.variations]
    assert [each.hashseed for each in seen] == [1, 2, 3, 4, 5]
    assert len({each.tz for each in seen}) == 5
    assert Plan(factors=("order",)).variations[0] == Condition(order=1).word
    assert Plan(factors=()).variations == ()


@pytest.mark.parametrize("p", [0.5, 0.25, 0.1, 0.05, 0.02])
def test_over_many_seeds_the_share_found_is_the_chance_of_finding(p: float) -> None:
    seeds = 2000
    plan = Plan(varied=0, loaded=0, settle=False, factors=())
    found = 0
    for seed in range(seeds):
        chance = random.Random(f"{p} {seed}")
        ruling, _ = search(lambda _w, _a, c=chance: FAILED if c.random() < p else PASSED, plan)
        found += ruling.finding is Finding.FLAKY
    expected = 1 - miss_chance(p, 11)
    # Five standard deviations of a binomial share.
    assert abs(found / seeds - expected) < 5 * (expected * (1 - expected) / seeds) ** 0.5


@pytest.mark.parametrize(
    "values", [{"repetitions": 1}, {"varied": -1}, {"loaded": 20_000}, {"min_flip": 0.7}]
)
def test_a_plan_that_cannot_be_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Plan(**values)  # type: ignore[arg-type]
