"""Which answer a completion gives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import UnknownNameError
from vervet.core.values import Problem
from vervet.verification.answers import AnswerVerifier
from vervet.verification.answers_extraction import WAYS, find_answer, tidy, ways_of


def found(completion: str, pattern: str, *choices: str) -> str:
    answer, why_not = find_answer(completion, ways_of(pattern), choices)
    return answer or why_not


@pytest.mark.parametrize(
    ("pattern", "completion", "answer"),
    [
        ("hash", "2 + 2 = 4\n#### 4\nQ: again\n#### 5", "4"),
        ("hash", "#### 1,234.", "1234"),
        ("hash", "#### $18", "$18"),
        ("hash", "It is 4.", "nothing_extracted"),
        ("boxed", "so \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}"),
        ("boxed", "\\boxed{1} or rather $\\boxed{2}$", "2"),
        ("boxed", "\\boxed{1} and \\boxed{2", "1"),
        ("boxed", "\\fbox{\\{1, 2\\}}", "\\{1, 2\\}"),
        ("boxed", "$\\boxed 7$", "7"),
        ("boxed", "\\boxed{\\boxed{5}}", "5"),
        ("boxed", "\\boxed{a\\}b}", "a\\}b"),
        ("boxed", "\\boxed{", "nothing_extracted"),
        ("boxed", "\\boxed{}", "nothing_extracted"),
        ("boxed", "\\boxedsomething{3}", "nothing_extracted"),
        ("boxed", "\\boxed{" + "1" * 1500 + "}", "too_long"),
        ("minerva", "Final Answer: The final answer is $4$. I hope it is correct.", "4"),
        ("minerva", "The final answer is 4. I hope it is correct.\nThe final answer is 5", "4"),
        ("minerva", "The final answer is 3.5", "3.5"),
        ("minerva", "The final answer is 3.5. Let me check it.", "3.5"),
        ("minerva|boxed", "Thus, the final answer is $\\boxed{5}$.", "5"),
        ("hash", "#### \\boxed{5}", "5"),
        ("minerva", "The answer is 4", "nothing_extracted"),
        ("last_number", "3 apples and 4 pears make 7.", "7"),
        ("last_number", "It costs $1,234.50 today", "$1234.50"),
        ("last_number", "from 20-30", "30"),
        ("last_number", "x = -3.", "-3"),
        ("last_number", "7/8 of it", "7/8"),
        ("last_number", "1, 2, 3", "3"),
        ("last_number", "none", "nothing_extracted"),
        ("after:A:", "A: no\nA: 18", "18"),
        ("after:Answer:", "the answer: 5", "nothing_extracted"),
        ("boxed|last_number", "it is 5", "5"),
        ("boxed|last_number", "\\boxed{4} not 5", "4"),
        ("choice", "The answer is (B).", "B"),
        ("choice", "B", "B"),
        ("choice", "B) 12 apples", "B"),
        ("choice", "**C**", "C"),
        ("choice", "Option B is wrong, but option C is right.", "C"),
        ("choice", "so we get \\boxed{\\text{(D)}}; the answer is \\boxed{\\text{D}}", "D"),
        ("choice", "Answer: A because it is", "A"),
        ("choice", "2 + 2 = 4, so it is\n(C)", "C"),
        ("choice", "The answer is B. Option A is wrong.", "B"),
        ("choice", "The correct choice is (A), not option B.", "A"),
        ("choice", "The answer is not (A).", "nothing_extracted"),
        ("choice", "The answer is option D.", "D"),
        ("choice", "The answer is A or B. Rather: the answer is B.", "B"),
        ("choice", "The answer is A or B", "several_answers"),
        ("choice", "The answer is (A), (C)", "several_answers"),
        ("choice", "A dog and a cat", "nothing_extracted"),
        ("choice", "I think so", "nothing_extracted"),
        ("choice", "the answer is unknown", "nothing_extracted"),
    ],
)  # fmt: skip
def test_an_answer_is_found_in_the_way_that_the_problem_names(
    pattern: str, completion: str, answer: str
) -> None:
    assert found(completion, pattern) == answer


def test_choices_bound_the_letters_and_can_be_named_by_their_text() -> None:
    assert found("The answer is E", "choice", "one", "two") == "nothing_extracted"
    assert found("Two.", "choice", "one", "two") == "B"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("$5$", "5"), ("**$5$**", "5"), ("\\(5\\)", "5"), ("\\[ 5 \\]", "5"), (" 5 . ", "5"),
        ("1,234", "1234"), ("1,23", "1,23"), ("(1,000)", "(1,000)"), ("$x$ and $y$", "$x$ and $y$"),
        ("`5`", "5"), ("5\\%", "5\\%"), ("$$", ""), ("$", ""), ("\\$5", "\\$5"),
    ],
)  # fmt: skip
def test_answers_are_tidied(answer: str, expected: str) -> None:
    assert tidy(answer) == expected


@given(st.text(alphabet="$*\\()[]{}., 1a`", max_size=30))
def test_tidying_twice_changes_nothing(answer: str) -> None:
    assert tidy(tidy(answer)) == tidy(answer)


@pytest.mark.parametrize("pattern", ["boxd", "", "hash|", "after:", "(.*)"])
def test_unknown_ways_are_named(pattern: str) -> None:
    with pytest.raises(UnknownNameError, match="way of finding"):
        ways_of(pattern)


def test_what_the_token_limit_cut_is_said_to_be_cut() -> None:
    asked = Problem("p", "answer", "", {"answer": "5", "pattern": "boxed"})

    assert AnswerVerifier().extract(asked, "so \\boxed{5", cut=True).malformed == "cut"
    assert AnswerVerifier().extract(asked, "so \\boxed{5", cut=False).malformed


HOSTILE = {
    "digits": "1" * 500_000, "groups": "1,000" * 100_000, "boxes": "\\boxed{" * 100_000,
    "braces": "\\boxed{" + "{" * 500_000, "points": "." * 500_000, "dollars": "$ " * 250_000,
    "minus": "- " * 250_000, "answers": "answer is " * 50_000, "letters": "A, " * 150_000,
    "final": ("final answer is" + " " * 999) * 500, "stars": "*" * 500_000, "lines": "\n" * 500_000,
    "blanks": "answer" + " " * 500_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_completions_take_bounded_time(name: str) -> None:
    started = time.process_time()

    for pattern in (*WAYS, "after:answer"):
        found(HOSTILE[name], pattern)

    assert time.process_time() - started < 10.0
