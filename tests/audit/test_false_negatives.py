"""Why references do not pass: each cause from attempts that show it, and what is still to be tried.

Which cause is right is said by the definitions of the causes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.audit.false_negatives import (
    Cause,
    FalseNegatives,
    ProblemFinding,
    Reference,
    Result,
)
from vervet.audit.false_negatives_causes import WIDER, examine, wanted
from vervet.core.status import NORMAL, Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem

PROGRAM = Problem("p", "program", "", {"tests": []})
JUDGED = Problem("p", "program", "", {"tests": [], "checker": {"judge": ""}})
CRASH, LOOP, HOG = "!ValueError: no", "!cpu limit hit, known by rusage", "!memory limit hit"
STATUS = {CRASH: Status.CRASHED, LOOP: Status.TIMED_OUT, HOG: Status.MEMORY_EXCEEDED}


def attempt(*outputs: str | None, expected: str = "right") -> Attempt:
    """An attempt that gave these outputs: `expected` passes, None was not run, "!..." failed."""
    outcomes = [
        Outcome.NOT_RUN
        if each is None
        else Outcome.PASSED
        if each == expected
        else Outcome.ERROR
        if each.startswith("!")
        else Outcome.FAILED
        for each in outputs
    ]
    evidence = tuple(
        CheckEvidence(
            at,
            f"test {at + 1}",
            outcome,
            message=each[1:] if each.startswith("!") else "wrong output",
            expected=expected.encode(),
            actual=b"" if each.startswith("!") else each.encode(),
        )
        for at, (each, outcome) in enumerate(zip(outputs, outcomes, strict=True))
        if each is not None and outcome >= Outcome.FAILED
    )
    first = next((each for each in outputs if each not in (None, expected)), None)
    status = Status.PASSED if first is None else STATUS.get(first, Status.FAILED)
    return Attempt(status, outcomes=tuple(outcomes), evidence=evidence)


def result(number: int, *normal: Attempt, wider: Sequence[Attempt] = (), same: int = 1) -> Result:
    """One solution, that `same` references have in common, tried twice unless said otherwise."""
    made = normal if len(normal) > 1 else (*normal, *normal)
    return Result(
        number,
        tuple(Reference(100 * number + at, "suite") for at in range(same)),
        made,
        tuple(wider),
        tuple(range(len(made))),
    )


def found(*results: Result, problem: Problem = PROGRAM, labels: str = "") -> ProblemFinding:
    made = examine(problem, 1, results, wrong_labels={problem.id: labels} if labels else None)
    assert made is not None
    return made


def causes(*results: Result, problem: Problem = PROGRAM) -> list[Cause]:
    return [each.cause for each in found(*results, problem=problem).findings]


RIGHT = result(1, attempt("right", "right"))


def test_a_problem_whose_references_pass_has_no_finding() -> None:
    assert examine(PROGRAM, 1, [RIGHT, result(2, attempt("right", "right"))]) is None


def test_references_that_disagree_have_several_outputs() -> None:
    assert causes(
        RIGHT, result(2, attempt("other", "right")), result(3, attempt("a third", "right"))
    ) == [Cause.SEVERAL_OUTPUTS, Cause.SEVERAL_OUTPUTS]


def test_one_against_one_has_several_outputs() -> None:
    assert causes(RIGHT, result(2, attempt("other", "right"))) == [Cause.SEVERAL_OUTPUTS]


def test_none_of_several_outputs_has_to_be_the_expected_one() -> None:
    made = found(result(2, attempt("other", "right")), result(3, attempt("third", "right")))

    assert [each.cause for each in made.findings] == [Cause.SEVERAL_OUTPUTS] * 2
    assert "none of them the expected one" in made.findings[0].words


def test_one_reference_alone_against_all_others_is_broken() -> None:
    assert causes(
        RIGHT, result(2, attempt("right", "right")), result(3, attempt("other", "right"))
    ) == [Cause.BROKEN_REFERENCE]


def test_references_that_agree_against_what_is_expected_show_a_wrong_label() -> None:
    made = found(result(1, attempt("right", "4")), result(2, attempt("right", "4\n\n")))

    assert [each.cause for each in made.findings] == [Cause.WRONG_LABEL] * 2
    assert made.checks[0].disagree == 0


def test_two_completions_with_the_same_answer_agree() -> None:
    answer = Problem("p", "answer", "", {"answer": "3"})

    assert causes(result(1, attempt("3.5"), same=2), problem=answer) == [Cause.WRONG_LABEL]
    assert causes(result(1, attempt("3.5")), problem=answer) == [Cause.UNEXPLAINED]


def test_a_suspicion_from_elsewhere_names_a_wrong_label() -> None:
    made = found(result(1, attempt("3.5")), labels="12 of 12 candidates answer 3.5")

    assert (made.findings[0].cause, made.findings[0].words) == (
        Cause.WRONG_LABEL,
        "12 of 12 candidates answer 3.5",
    )


def test_an_input_on_which_most_crash_violates_the_specification() -> None:
    assert causes(
        result(1, attempt("right", CRASH)),
        result(2, attempt("right", CRASH)),
        result(3, attempt("right", "right")),
    ) == [Cause.INPUT_VIOLATES, Cause.INPUT_VIOLATES]
    assert causes(result(1, attempt("right", CRASH))) == [Cause.INPUT_VIOLATES]


def test_a_crash_where_the_other_one_passes_is_a_broken_reference() -> None:
    assert causes(RIGHT, result(2, attempt("right", CRASH))) == [Cause.BROKEN_REFERENCE]


def test_a_reference_that_crashes_on_everything_is_broken_and_says_nothing_of_inputs() -> None:
    broken = result(2, attempt(CRASH, CRASH))

    assert causes(broken) == [Cause.BROKEN_REFERENCE]
    # Without it, one of one crashes on the second input.
    assert causes(result(1, attempt("right", CRASH)), broken) == [
        Cause.INPUT_VIOLATES,
        Cause.BROKEN_REFERENCE,
    ]


def test_what_holds_nothing_is_a_broken_reference() -> None:
    empty = Attempt(
        Status.MALFORMED, code="syntax_error", outcomes=(Outcome.NOT_RUN, Outcome.NOT_RUN)
    )

    assert causes(RIGHT, replace(result(2, empty), malformed="x")) == [Cause.BROKEN_REFERENCE]


def test_what_passes_with_more_time_is_a_limit_of_time() -> None:
    slow = result(1, attempt(LOOP, "right"), wider=[attempt("right", "right")])

    assert causes(slow) == [Cause.TIME_LIMIT]


def test_what_ends_with_more_time_is_a_limit_of_time_and_says_how() -> None:
    made = found(result(1, attempt(LOOP, "right"), wider=[attempt("other", "right")]))

    assert made.findings[0].cause is Cause.TIME_LIMIT
    assert "though failed" in made.findings[0].words


def test_what_never_ends_is_no_limit_of_time() -> None:
    endless = [attempt(LOOP, LOOP)]

    assert causes(result(1, *endless, wider=endless)) == [Cause.BROKEN_REFERENCE]
    assert causes(result(1, attempt(LOOP, "right"), wider=[attempt(LOOP, "right")])) == [
        Cause.UNEXPLAINED
    ]


def test_a_limit_that_is_met_now_and_then_is_a_limit_of_time() -> None:
    slow = replace(attempt(LOOP, "right"), flags=frozenset({Flag.SPEED_DEPENDENT}))

    assert causes(result(1, slow, attempt("right", "right"))) == [Cause.TIME_LIMIT]


def test_memory_is_a_cause_of_its_own() -> None:
    assert causes(result(1, attempt(HOG, HOG)), RIGHT) == [Cause.MEMORY]


@pytest.mark.parametrize(
    ("expected", "output", "words"),
    [
        ("Yes", "YES", "upper and lower case"),
        ("1 2", "1  2", "whitespace"),
        ("0.5", "0.50000001", "numbers within 1e-6"),
        ("a\nb", "b\na", "the order of lines"),
    ],
)
def test_an_output_that_differs_in_form_shows_a_strict_checker(
    expected: str, output: str, words: str
) -> None:
    made = found(result(1, attempt(expected, output, expected=expected)))

    assert made.findings[0].cause is Cause.CHECKER_STRICT
    assert words in made.findings[0].words


def test_the_value_of_a_function_is_compared_with_the_literal_of_its_assert() -> None:
    evidence = CheckEvidence(
        0, "assert 1", Outcome.FAILED, "assert third(1) == 0.3333333333", actual=b"0.33333333333333"
    )
    failed = Attempt(Status.FAILED, outcomes=(Outcome.FAILED, Outcome.PASSED), evidence=(evidence,))
    made = found(result(1, failed), problem=Problem("p", "function", "", {}))

    assert made.findings[0].cause is Cause.CHECKER_STRICT
    assert made.checks[0].expected == b"0.3333333333"


@pytest.mark.parametrize(
    ("code", "cause"), [("assertion", Cause.WRONG_LABEL), ("asserts_missing", Cause.UNEXPLAINED)]
)
def test_only_what_an_assert_refuses_is_an_output_on_which_references_agree(
    code: str, cause: Cause
) -> None:
    evidence = CheckEvidence(1, "assert 2", Outcome.FAILED, "assert f(1) == 2", actual=b"3")
    failed = Attempt(
        Status.FAILED, code=code, outcomes=(Outcome.PASSED, Outcome.FAILED), evidence=(evidence,)
    )
    function = Problem("p", "function", "", {})

    assert causes(result(1, failed), result(2, failed), problem=function) == [cause, cause]


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PASSED, Status.INFRA_ERROR}))
def test_verifiers_that_have_no_checks_find_a_cause_too(status: Status) -> None:
    made = found(result(1, Attempt(status, message="no")), problem=Problem("p", "proof", "", {}))

    assert made.checks == ()
    assert made.findings[0].words


def test_equal_attempts_that_disagree_are_flaky_whatever_else_is_known() -> None:
    assert causes(result(1, attempt("other", "right"), attempt("right", "right")), RIGHT) == [
        Cause.FLAKY
    ]


def test_one_reference_alone_that_fails_one_check_cannot_be_explained() -> None:
    made = found(result(1, attempt("right", "other")))

    assert made.findings[0].cause is Cause.UNEXPLAINED
    assert "as the only reference" in made.findings[0].words


def test_a_special_judge_lets_outputs_differ() -> None:
    assert causes(RIGHT, result(2, attempt("other", "right")), problem=JUDGED) == [
        Cause.UNEXPLAINED
    ]


def test_each_check_says_how_many_fail_and_disagree() -> None:
    made = found(
        result(1, attempt("right", "right"), same=3),
        result(2, attempt("other", "right"), same=2),
        result(3, attempt("third", CRASH)),
    )
    first, second = made.checks

    assert (made.references, made.passing, made.failing) == (6, 3, 3)
    assert (first.ordinal, first.references, first.failing) == (0, 6, 3)
    assert (first.outputs, first.disagree) == (3, 3)
    assert (first.expected, first.actual) == (b"right", b"other")
    assert (second.ordinal, second.failing, second.message) == (1, 1, "ValueError: no")


def test_what_was_not_verified_is_counted_and_never_failing() -> None:
    made = found(result(1, attempt("other", "right")), Result(2, (Reference(0, "suite"),)))

    assert (made.references, made.failing, made.unverified) == (2, 1, 1)


def test_a_failure_is_tried_again_and_a_timeout_with_more_time() -> None:
    failed, slow, right = attempt("other"), attempt(LOOP), attempt("right")
    one = Result(1, (Reference(0, "suite"),))

    assert wanted(one) == {NORMAL: 0}
    assert wanted(replace(one, normal=(right,))) == {}
    assert wanted(replace(one, normal=(failed,))) == {NORMAL: 1}
    assert wanted(replace(one, normal=(failed, failed))) == {}
    assert wanted(replace(one, normal=(slow,))) == {NORMAL: 1, WIDER: 0}
    assert wanted(replace(one, normal=(slow, slow), wider=(slow,))) == {}


OUTPUTS = st.sampled_from(["right", "other", "RIGHT", CRASH, LOOP, HOG, None])


@given(st.lists(st.lists(OUTPUTS, min_size=2, max_size=2), min_size=1, max_size=5))
def test_every_failing_reference_has_one_cause_and_nothing_is_lost(
    rows: list[list[str | None]],
) -> None:
    results = [result(at, attempt(*row)) for at, row in enumerate(rows)]
    made = examine(PROGRAM, 1, results)
    failing = [each for each in results if each.fails]

    assert (made is None) == (not failing)
    if made is not None:
        assert [each.result for each in made.findings] == failing
        assert made.passing + made.failing == len(results)
        assert all(0 < check.failing <= check.references for check in made.checks)
        total = FalseNegatives("s", "r", 1, 1, len(results), 0, (made,))
        assert sum(references for _, references in total.causes.values()) == len(failing)
