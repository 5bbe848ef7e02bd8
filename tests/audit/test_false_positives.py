"""What is said of known-wrong solutions by their verdicts."""

from __future__ import annotations

import json

from vervet.audit.false_positives import (
    FalsePositives,
    Finding,
    KnownWrong,
    Origin,
    Tried,
    false_positives,
)
from vervet.audit.mutants import Mutant, Operator
from vervet.core.status import Flag, Status
from vervet.core.values import Verdict

CHANGED = Mutant(Operator.COMPARISON, 4, "a < b", "a <= b", "...", "--- reference\n+++ mutant")
PASSES, FAILS = Verdict(Status.PASSED), Verdict(Status.FAILED)


def mutant(problem: str, verdict: Verdict | None) -> Tried:
    return Tried(KnownWrong(problem, Origin.MUTANT, "code", CHANGED), verdict)


def other(problem: str, origin: Origin, verdict: Verdict | None) -> Tried:
    return Tried(KnownWrong(problem, origin, "code"), verdict)


def result(*tried: Tried) -> FalsePositives:
    return false_positives(tried, suite="s", run="r")


def test_the_kill_rate_is_of_mutants_with_a_verdict() -> None:
    found = result(
        mutant("a", FAILS),
        mutant("a", Verdict(Status.TIMED_OUT)),
        mutant("a", Verdict(Status.CRASHED)),
        mutant("a", PASSES),
        mutant("a", None),
        mutant("b", FAILS),
        other("b", Origin.EMPTY, FAILS),
        other("c", Origin.EMPTY, FAILS),
    )
    assert [score.kill_rate for score in found.scores] == [3 / 4, 1.0, None]
    assert (found.kill_rate, found.mutants, found.unsettled) == (4 / 5, 5, 1)
    assert found.ends == {"failed": 2, "timed_out": 1, "crashed": 1, "passed": 1}
    assert found.operators == {"comparison": (5, 4)}


def test_a_mutant_that_passes_is_no_sure_finding_and_says_so() -> None:
    (passing,) = result(mutant("a", PASSES)).passing
    assert (passing.finding, passing.sure) == (Finding.MUTANT_PASSES, False)
    assert passing.words == (
        "passes with `a <= b` for `a < b` in line 4 (comparison): no test sees it, or it "
        "changes nothing"
    )
    assert passing.shown == CHANGED.diff


def test_what_the_data_calls_incorrect_and_what_does_nothing_are_sure() -> None:
    found = result(
        other("a", Origin.INCORRECT, PASSES),
        other("b", Origin.EMPTY, PASSES),
        mutant("c", PASSES),
        other("d", Origin.INCORRECT, FAILS),
    )
    assert [(each.finding, each.sure) for each in found.passing] == [
        (Finding.INCORRECT_PASSES, True),
        (Finding.EMPTY_PASSES, True),
        (Finding.MUTANT_PASSES, False),
    ]
    assert found.surely_weak == ("a", "b")


def test_a_pass_under_suspicion_is_a_pass_of_these_tests_and_shows_its_flags() -> None:
    (passing,) = result(mutant("a", Verdict(Status.PASSED, flags=frozenset({Flag.BESIDE})))).passing
    assert passing.flags == ("beside",)


def test_the_weakest_problems_are_surely_weak_ones_and_then_those_that_kill_least() -> None:
    found = result(
        mutant("strong", FAILS),
        mutant("half", FAILS),
        mutant("half", PASSES),
        mutant("none", PASSES),
        other("empty", Origin.EMPTY, PASSES),
    )
    assert [score.problem for score in found.weakest()] == ["empty", "none", "half"]
    assert [score.problem for score in found.weakest(1)] == ["empty"]


def test_the_json_holds_the_rates_that_are_worked_out() -> None:
    found = json.loads(json.dumps(result(mutant("a", PASSES), mutant("b", FAILS)).as_json()))
    assert (found["kill_rate"], found["mutants"], found["unsettled"]) == (0.5, 2, 0)
    assert [score["kill_rate"] for score in found["scores"]] == [0.0, 1.0]
    assert found["passing"][0]["operator"] == "comparison"
    assert result().as_json()["kill_rate"] is None
