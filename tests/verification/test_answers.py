"""Answers: extraction, equivalence and the attempt."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import ProblemError
from vervet.core.status import Outcome, Status
from vervet.core.values import Problem
from vervet.sandbox.jail import JailSandbox
from vervet.verification.answers import AnswerVerifier, equivalent
from vervet.verification.registry import verify


def problem(answer: str, **more: Any) -> Problem:
    return Problem("p", "answer", "", {"answer": answer, **more})


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("1000", "1,000"), ("18", "$18"), ("18", "18.00"), ("18", "18."), ("50", "50%"),
        ("0.5", "1/2"), ("2/4", "1/2"), ("-3", "- 3"), ("5", "+5"), (".5", "0.50"),
        ("1,234,567.50", "$1234567.5"), ("Yes", "yes"), ("a b", "a  b"), ("0", "-0"),
        ("\\$18", "18"), ("18", "18 apples"), ("1", "1e0"),
    ],
)  # fmt: skip
def test_equivalent_answers(expected: str, actual: str) -> None:
    assert equivalent(expected, actual)
    assert equivalent(actual, expected)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("18", "19"), ("18", "18 million"), ("18", ""), ("", ""), ("1/2", "1/0"), ("1", "e0"),
        ("1000", "1,00"), ("1", "1 1"), ("2", "1+1"), ("4", "2**2"), ("nan", "inf"), ("nan", "nan"),
        ("1" * 200, "1" * 199), ("3", "٣"), ("18", "-18"), ("1", "."), ("1", "1/1/1"),
    ],
)  # fmt: skip
def test_different_answers(expected: str, actual: str) -> None:
    assert not equivalent(expected, actual)


@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=10**6))
def test_fractions_are_equivalent_exactly_when_they_are_equal(
    one: Fraction, other: Fraction
) -> None:
    assert equivalent(str(one), str(other)) == (one == other)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert equivalent(one, other) == equivalent(other, one)


def test_a_billion_digits_are_compared_as_text() -> None:
    assert not equivalent("1", "9" * 10_000_000)


@pytest.mark.parametrize(
    ("completion", "status", "code"),
    [
        ("6 * 7 = 42\n#### 42", Status.PASSED, "same_exact"),
        ("#### $42.0", Status.PASSED, "same_numeric"),
        ("#### 41", Status.FAILED, "other_numeric"),
        ("It is 42.", Status.MALFORMED, "nothing_extracted"),
        ("#### $", Status.MALFORMED, "nothing_extracted"),
    ],
)
def test_attempts_at_an_answer(
    jail: JailSandbox, completion: str, status: Status, code: str
) -> None:
    verifier = AnswerVerifier()
    asked = problem("42")
    verifier.check_problem(asked)

    attempt = verify(verifier, jail, asked, verifier.extract(asked, completion, cut=False))

    assert (attempt.status, attempt.code) == (status, code)
    assert len(attempt.outcomes) == 1
    assert (attempt.outcomes[0] is Outcome.PASSED) == (status is Status.PASSED)


def test_equal_spellings_are_one_solution() -> None:
    verifier, asked = AnswerVerifier(), problem("1000")

    one, other = (verifier.extract(asked, f"#### {x}", cut=False) for x in ("1,000", "1000."))

    assert one.digest == other.digest


BROKEN = (
    problem(""),
    problem("x" * 1001),
    problem("1", pattern="box"),
    problem("1", pattern="boxed|hsah"),
    problem("1", pattern="after:"),
    problem("1", extra="2"),
    problem("nan"),
    problem("$$"),
    problem("1", choices="AB"),
    problem("C", choices=["1", "2"]),
    problem("A", choices=["1", 2]),
    problem("1", limits={"cpu": 1}),
)


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_problems_are_named(broken: Problem) -> None:
    with pytest.raises(ProblemError, match="problem p"):
        AnswerVerifier().check_problem(broken)
