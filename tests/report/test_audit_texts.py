from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.report.audit_texts import listed, pair_lines, plain, short, shown_line


@given(st.text())
def test_shows_nothing_that_cannot_be_seen(text: str) -> None:
    assert plain(text).isprintable()
    assert shown_line(text).isprintable()


@given(st.text(), st.integers(1, 40))
def test_is_as_short_as_asked(text: str, most: int) -> None:
    assert len(short(text, most)) <= most


def test_says_that_it_was_shortened() -> None:
    assert short("abcdef", 4) == "abc…"
    assert short("abcd", 4) == "abcd"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a b", "a b"),
        (" a", "·a"),
        ("a ", "a·"),
        ("a  b", "a··b"),
        ("a\tb", "a→b"),
        ("a\r", "a\\r"),
        ("a·b→", "a\\xb7b\\u2192"),
        ("\u202ea\xa0", "\\u202ea\\xa0"),
    ],
)
def test_blanks_that_could_be_overlooked_have_signs(line: str, shown: str) -> None:
    assert shown_line(line) == shown


def test_lines_stand_beside_each_other_with_what_differs_marked() -> None:
    pairs, remarks = pair_lines(b"1\n2 x\n3\n", b"1\n2 y\n3\n")
    assert [pair.same for pair in pairs] == [True, False, True]
    left, right = pairs[1].left, pairs[1].right
    assert left is not None
    assert right is not None
    assert (left.number, left.before, left.changed) == (2, "2 ", "x")
    assert (right.number, right.before, right.changed) == (2, "2 ", "y")
    assert remarks == ()


def test_a_line_that_only_one_side_has_stands_alone() -> None:
    pairs, _ = pair_lines(b"1\n2\n3\n", b"1\n3\n")
    alone = [pair for pair in pairs if pair.right is None]
    assert [pair.left.text for pair in alone if pair.left] == ["2"]


def test_equal_lines_far_from_a_difference_are_counted() -> None:
    lines = [b"%d" % number for number in range(50)]
    other = [*lines]
    other[25] = b"x"
    pairs, _ = pair_lines(b"\n".join(lines), b"\n".join(other))
    assert [pair.gap for pair in pairs if pair.gap] == [23, 22]
    assert len(pairs) == 7


@pytest.mark.parametrize(
    ("expected", "actual", "said"),
    [
        (b"a\n", b"a", "only newlines at the end differ"),
        (b"a", b"", "the actual output is empty"),
        (b"", b"a", "the expected output is empty"),
        (b"a\n" * 500, b"b\n", "expected: 380 more lines"),
        (b"a" * 70_000 + b"x", b"a" * 70_000 + b"y", "what differs is not among what is shown"),
        (b"a" * 70_000, b"b", "expected: 4,464 more bytes"),
        (b"a" * 4_096, b"a" * 4_096, "only the first 4,096 bytes of an output are kept"),
    ],
)
def test_says_what_is_not_shown(expected: bytes, actual: bytes, said: str) -> None:
    _, remarks = pair_lines(expected, actual)
    assert said in remarks


def test_a_long_line_is_cut_around_what_differs() -> None:
    pairs, _ = pair_lines(b"a" * 1_000 + b"x" + b"b" * 1_000, b"a" * 1_000 + b"y" + b"b" * 1_000)
    (pair,) = pairs
    assert pair.left is not None
    assert pair.left.changed == "x"
    assert len(pair.left.text) < 200


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_two_outputs_can_be_shown(expected: bytes, actual: bytes) -> None:
    pairs, _ = pair_lines(expected, actual)
    shown = [line for pair in pairs for line in (pair.left, pair.right) if line]
    assert all(line.text.isprintable() for line in shown)


@given(st.lists(st.sampled_from([b"a", b"b", b"c"]), min_size=1, max_size=30))
def test_equal_outputs_have_no_difference(lines: list[bytes]) -> None:
    output = b"\n".join(lines)
    pairs, remarks = pair_lines(output, output)
    assert all(pair.same for pair in pairs)
    assert remarks == ()


def test_newlines_at_the_end_are_no_matter_where_more_differs() -> None:
    assert pair_lines(b"a\n", b"b")[1] == ()


def test_names_in_a_sentence_are_few() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([str(at) for at in range(10)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
