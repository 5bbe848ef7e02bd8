"""When two outputs are the same."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.codecontests_pairs import RECORDED, pairs
from vervet.core.errors import UnknownNameError, UsageError
from vervet.verification.comparison import (
    CHECKERS,
    checker,
    same_by_codecontests,
    same_lines,
    same_lines_unordered,
    same_numbers,
    same_tokens,
)

BLANK = st.text(alphabet=" \t\r", max_size=3).map(str.encode)
LINES = st.lists(st.binary(max_size=8).map(lambda b: b.replace(b"\n", b"")), max_size=6)


@pytest.mark.parametrize(
    ("expected", "actual", "exact", "tokens"),
    [
        (b"42", b"42\n", True, True),
        (b"42\n", b"42  \r\n\n\n", True, True),
        (b"1 2\n", b"1  2\n", False, True),
        (b"1\n2\n", b"1 2\n", False, True),
        (b"a\n", b" a\n", False, True),
        (b"a\n\nb\n", b"a\nb\n", False, True),
        (b"42\n", b"43\n", False, False),
        (b"42\n", b"", False, False),
        (b"", b"\n", True, True),
        (b"a", b"A", False, False),
        (b"\xff\n", b"\xff", True, True),
        (b"a\n", b"a\0\n", False, False),
    ],
)
def test_checkers_on_known_pairs(expected: bytes, actual: bytes, exact: bool, tokens: bool) -> None:
    assert (same_lines(expected, actual), same_tokens(expected, actual)) == (exact, tokens)


@given(LINES, st.data())
def test_blanks_at_the_ends_of_lines_do_not_count(lines: list[bytes], data: st.DataObject) -> None:
    padded = b"\n".join(line + data.draw(BLANK) for line in lines)

    assert same_lines(b"\n".join(lines), padded + b"\n\n")


@given(st.binary(), st.binary())
def test_what_is_exactly_the_same_has_the_same_tokens(one: bytes, other: bytes) -> None:
    for name, same in CHECKERS.items():
        assert same(one, one) or name == "codecontests"
        assert same(one, other) == same(other, one)
    if same_lines(one, other):
        assert same_tokens(one, other)
        assert same_lines_unordered(one, other)


def test_unknown_checker_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="exact"):
        checker("exakt")


def test_codecontests_answers_as_the_published_function_did() -> None:
    """The expected answers were recorded from the paper's own code: see data/README.md."""
    rows = [json.loads(line) for line in RECORDED.read_text("ascii").splitlines()]

    assert [(one, other) for one, other, _ in rows] == pairs(len(rows))
    assert len(rows) == 4000
    for one, other, answer in rows:
        # Where the published function raised, its caller took the output for a wrong one.
        assert same_by_codecontests(_bytes(one), _bytes(other)) == (answer is True), (one, other)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@given(st.text(alphabet="0123456789.eE+-_raniftyx", min_size=1, max_size=12))
def test_codecontests_takes_a_word_for_itself_unless_it_is_no_finite_number(word: str) -> None:
    try:
        finite = abs(float(word)) < float("inf")
    except ValueError:
        finite = True

    assert same_by_codecontests(word.encode(), word.encode()) == finite


def test_an_integer_of_any_length_is_itself() -> None:
    digits = b"7" * 100_000

    assert same_by_codecontests(digits, b"+000" + digits)
    assert not same_by_codecontests(digits, digits + b"0")


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (b"1.0", b"1.0000005", True),
        (b"1.0", b"1.000002", False),
        (b"1e9", b"1000000500", True),
        (b"1000000000", b"1000002000", False),
        (b"0", b"0.0000009", True),
        (b"0", b"-0", True),
        (b"3 4", b"3\n4\n", True),
        (b"3 4", b"3", False),
        (b"3", b"3 4", False),
        (b"nan", b"NaN", False),
        (b"inf", b"1e999", False),
        (b"1e999", b"2e999", False),
        (b"YES 1", b"YES 1.0", True),
        (b"YES 1", b"yes 1.0", False),
        (b"10", b"1_0", False),
        (b"1" * 500, b"1" * 499 + b"2", False),
    ],
)
def test_numbers_within_a_tolerance(expected: bytes, actual: bytes, same: bool) -> None:
    assert same_numbers(1e-6)(expected, actual) == same


@pytest.mark.parametrize("tolerance", [-1e-9, 1.0, float("nan"), float("inf")])
def test_a_tolerance_that_would_accept_anything_is_refused(tolerance: float) -> None:
    with pytest.raises(UsageError, match="tolerance"):
        same_numbers(tolerance)


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (b"a\nb\n", b"b\na", True),
        (b"a\na\nb", b"a\nb\nb", False),
        (b"a\n\nb", b"b \r\n\n\na", True),
        (b"a b", b"b a", False),
        (b"a", b"a\nb", False),
    ],
)
def test_lines_in_any_order(expected: bytes, actual: bytes, same: bool) -> None:
    assert same_lines_unordered(expected, actual) == same


HOSTILE = {
    "digits": b"9" * (1 << 20),
    "a fraction": b"0." + b"1" * (1 << 20),
    "words": b"1 " * (1 << 19),
    "exponents": b"1e99999999 " * 90_000,
    "underscores": b"1_" * (1 << 19) + b"1",
    "blanks": b" \n" * (1 << 19),
    "no text": bytes(range(256)) * 4096,
}


@pytest.mark.parametrize("name", CHECKERS)
@pytest.mark.parametrize("output", HOSTILE)
def test_hostile_output_takes_bounded_time(name: str, output: str) -> None:
    started = time.process_time()

    CHECKERS[name](HOSTILE[output] + b" 1", HOSTILE[output] + b" 2")

    assert time.process_time() - started < 5.0
