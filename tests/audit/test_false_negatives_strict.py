"""In what two unequal outputs are the same: every word of the issue, and what is none of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.audit.false_negatives_strict import (
    literal_of_assert,
    same_but_for,
    same_values_but_for,
)


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        (b"1 2\n", b"1  2", "whitespace"),
        (b"1\n2\n", b"1 2\n", "whitespace"),
        (b"Yes\n", b"YES\n", "upper and lower case"),
        (b"0.5 x\n", b"0.50000001 x\n", "numbers within 1e-6"),
        (b"1000000\n", b"1000000.5\n", "numbers within 1e-6"),
        (b"Case 1: 0.5\n", b"CASE 1: 0.5000000\n", "upper and lower case and numbers"),
        (b"b 1\na 2\n", b"a 2\nb 1\n", "the order of lines"),
        (b"3 1 2\n", b"1 2 3\n", "the order of words"),
    ],
)
def test_what_differs_in_form_alone_is_named(expected: bytes, actual: bytes, words: str) -> None:
    assert same_but_for(expected, actual).startswith(words)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (b"5\n", b"4\n"),
        (b"0.5\n", b"0.50001\n"),
        (b"nan\n", b"inf\n"),
        (b"1 1 2\n", b"1 2 2\n"),
        (b"1", b""),
    ],
)
def test_what_differs_in_substance_is_not(expected: bytes, actual: bytes) -> None:
    assert same_but_for(expected, actual) == ""


def test_outputs_whose_ends_were_cut_off_are_never_the_same() -> None:
    assert same_but_for(b"Y " * 2048, b"y " * 2048) == ""


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_output_breaks_it_and_what_it_says_holds_both_ways(one: bytes, other: bytes) -> None:
    if one and other and "1e-6" not in same_but_for(one, other):
        assert bool(same_but_for(one, other)) == bool(same_but_for(other, one))


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("assert f(1) == [1, 2]", "[1, 2]"),
        ("assert (1, 'a') == f(2)", "(1, 'a')"),
        ("assert f(1) == -0.5, 'half'", "-0.5"),
        ("assert f(1) == f(2)", ""),
        ("assert f(1) != 2", ""),
        ("assert 1 < f(1) == 2", ""),
        ("assert f(1) == g", ""),
        ("f(1) == 2", ""),
        ("assert (", ""),
        ("", ""),
    ],
)
def test_the_literal_of_an_assert_is_found_where_there_is_one(text: str, literal: str) -> None:
    assert literal_of_assert(text) == literal


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        ("0.3333333333", "0.3333333333333333", "numbers within 1e-6"),
        ("[0.5, {'a': 1.0}]", "[0.50000001, {'a': 1.0}]", "numbers within 1e-6"),
        ("(1, 2)", "[1, 2]", "the kind of sequence"),
        ("[(1, 2)]", "[[1, 2]]", "the kind of sequence"),
        ("[1, 2, 2]", "[2, 1, 2]", "the order of items"),
        ("'Yes'", "'yes'", "upper and lower case"),
        ("'a b'", "'a  b'", "whitespace"),
        ("[1, 2]", "[1, 3]", ""),
        ("True", "1", ""),
        ("1", "None", ""),
        ("[1]", "<object at 0x7f>", ""),
        ("1", "(" * 400, ""),
        ("1", "-" * 499 + "1", ""),
        ("[1]", "[1]" + " " * 500, ""),
        ("1" + "0" * 400, "1.5", ""),
    ],
)
def test_values_differ_in_form_alone_or_not(expected: str, actual: str, words: str) -> None:
    assert same_values_but_for(expected, actual) == words
