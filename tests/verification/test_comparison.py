"""When two outputs are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import UnknownNameError
from vervet.verification.comparison import CHECKERS, checker, same_lines, same_tokens

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
    for same in CHECKERS.values():
        assert same(one, one)
        assert same(one, other) == same(other, one)
    if same_lines(one, other):
        assert same_tokens(one, other)


def test_unknown_checker_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="exact"):
        checker("exakt")
