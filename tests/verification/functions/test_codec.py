"""Plain values cross unchanged, as exactly their types; hostile bytes become nothing else."""

from __future__ import annotations

import enum
import math
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verification.functions.court import court

bounds, reader, writer = court("bounds"), court("reader"), court("writer")


class Named:
    """What stands for what is not plain."""

    def __init__(self, number: int) -> None:
        self.number = number


def refuse(value: Any) -> int:
    raise bounds.CannotCrossError("not_plain")


def crossed(value: Any, number_of: Callable[[Any], int] = refuse) -> Any:
    return reader.decode(writer.encode(value, number_of), Named)


def same(one: Any, other: Any) -> bool:
    """Equal in value and in type, all the way down; NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        signs = math.copysign(1, one), math.copysign(1, other)
        return (one == other and signs[0] == signs[1]) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, defaultdict) and one.default_factory is not other.default_factory:
        return False
    if isinstance(one, deque) and one.maxlen != other.maxlen:
        return False
    if isinstance(one, dict):
        return all(map(same, sorted(one, key=repr), sorted(other, key=repr))) and all(
            same(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, list | tuple | deque):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, set | frozenset):
        return one == other and all(map(same, sorted(one, key=repr), sorted(other, key=repr)))
    if isinstance(one, datetime | time):
        return one == other and (one.utcoffset(), one.fold) == (other.utcoffset(), other.fold)
    return bool(one == other)


ZONES = st.one_of(
    st.none(),
    st.just(UTC),
    st.integers(-86399, 86399).map(lambda s: timezone(timedelta(seconds=s))),
)
KEYS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(st.characters(codec=None)),
    st.binary(),
    st.tuples(st.integers(), st.text()),
    st.frozensets(st.integers()),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e9, max_value=1e9),
    st.fractions(),
    st.dates(),
)
LEAVES = st.one_of(
    KEYS,
    st.floats(),
    st.complex_numbers(),
    st.binary().map(bytearray),
    st.decimals(min_value=-(10**30), max_value=10**30),
    st.times(timezones=ZONES),
    st.datetimes(timezones=ZONES),
    st.timedeltas(),
    st.builds(range, st.integers(), st.integers(), st.integers().filter(bool)),
    st.sampled_from(bounds.TYPES),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    mappings = st.dictionaries(KEYS, inner, max_size=4)
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.sets(KEYS, max_size=4),
        mappings,
        mappings.map(OrderedDict),
        st.builds(defaultdict, st.sampled_from(bounds.FACTORIES), mappings),
        st.dictionaries(KEYS, st.integers(), max_size=4).map(Counter),
        st.builds(deque, st.lists(inner, max_size=4), st.one_of(st.none(), st.integers(0, 9))),
    )


VALUES = st.recursive(LEAVES, nested, max_leaves=12)


@settings(deadline=None)
@given(VALUES)
def test_a_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert same(crossed(value), value)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_anybody_become_a_value_or_are_refused(data: bytes) -> None:
    read_or_refused(data)


@settings(deadline=None)
@given(VALUES, st.data())
def test_bytes_changed_on_their_way_become_a_value_or_are_refused(
    value: Any, data: st.DataObject
) -> None:
    sent = bytearray(writer.encode(value, refuse))
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(sent)))
    read_or_refused(bytes(sent[:cut]))
    read_or_refused(bytes(sent))


PLAIN = {type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set}
PLAIN |= {frozenset, Counter, OrderedDict, defaultdict, deque, range, type, Decimal, Fraction}
PLAIN |= {datetime, date, time, timedelta, type(iter([])), Named}
PLAIN |= {type({}.keys()), type({}.values()), type({}.items())}


def read_or_refused(data: bytes) -> None:
    try:
        value = reader.decode(data, Named)
    except bounds.BrokenError:
        return
    pending = [value]
    while pending:
        each = pending.pop()
        assert type(each) in PLAIN
        if isinstance(each, dict):
            pending += [*each.keys(), *each.values()]
        elif type(each) not in {str, bytes, bytearray, range} and hasattr(each, "__iter__"):
            pending += [] if isinstance(each, type) else list(each)


class Colour(enum.IntEnum):
    """An integer with another name."""

    RED = 3


class Liar(list[int]):
    """A list that says of itself that it is another."""

    def __iter__(self) -> Any:
        return iter([9])

    def __len__(self) -> int:
        return 1


class Text(str):
    """A text that encodes itself otherwise."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"other"


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Colour.RED, 3),
        (Liar([1, 2]), [1, 2]),
        (Text("text"), "text"),
        (Point(1, 2), (1, 2)),
        ([Point(1, Colour.RED)], [(1, 3)]),
        (defaultdict(lambda: 7, {1: 2}), defaultdict(None, {1: 2})),
    ],
)
def test_of_a_subclass_only_the_plain_content_crosses(value: Any, plain: Any) -> None:
    assert same(crossed(value), plain)


def test_what_iterates_once_crosses_as_an_iterator() -> None:
    for value in ((n for n in (1, 2)), map(int, "12"), iter([1, 2]), reversed([2, 1])):
        found = crossed(value)
        assert type(found) is type(iter([]))
        assert list(found) == [1, 2]


def test_views_of_a_dictionary_cross_as_such() -> None:
    pairs = {"a": 1, "b": 2}

    assert crossed(pairs.keys()) == pairs.keys()
    assert list(crossed(pairs.values())) == [1, 2]
    assert crossed(pairs.items()) == pairs.items()


def test_what_is_not_plain_crosses_by_its_number_alone() -> None:
    found = crossed([print, {"key": print}], {print: 7}.__getitem__)

    assert [type(found[0]), found[0].number, found[1]["key"].number] == [Named, 7, 7]


def cyclic() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def deep(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def doubled(times: int) -> list[Any]:
    """Small in memory, and of 2 ** times items when it is written."""
    made: list[Any] = []
    for _ in range(times):
        made = [made, made]
    return made


def endless() -> Any:
    while True:
        yield 0


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (cyclic(), "value_too_deep"),
        (deep(bounds.MAX_DEPTH + 1), "value_too_deep"),
        (doubled(60), "value_too_large"),
        (bytes(bounds.MAX_BYTES + 1), "value_too_large"),
        ("x" * (bounds.MAX_BYTES + 1), "value_too_large"),
        ([0] * (bounds.MAX_ITEMS + 1), "value_too_large"),
        (1 << 8 * bounds.MAX_INT_BYTES, "value_too_large"),
        (Decimal(1).scaleb(bounds.MAX_EXPONENT + 1), "value_too_large"),
        (Decimal("1" * (bounds.MAX_DECIMAL_DIGITS + 1)), "value_too_large"),
        (endless(), "value_endless"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else type(value).__name__,
)
def test_what_is_beyond_the_bounds_is_refused_by_name(value: Any, code: str) -> None:
    with pytest.raises(bounds.CannotCrossError, match=code):
        crossed(value)


@pytest.mark.parametrize(
    "value",
    [
        deep(bounds.MAX_DEPTH - 1),
        (1 << 8 * bounds.MAX_INT_BYTES - 9) - 1,
        -(1 << 8 * bounds.MAX_INT_BYTES - 9),
        Decimal(f"1e{bounds.MAX_EXPONENT}"),
        list(range(20_000)),
    ],
    ids=["deep", "large", "negative", "decimal", "long"],
)
def test_what_is_just_within_the_bounds_crosses(value: Any) -> None:
    assert same(crossed(value), value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"l",
        b"l\xff\xff\xff\xffN",
        b"l\0\0\0\2N",
        b"NN",
        b"i\0\0\0\0",
        b"i\0\2\0\0" + bytes(1 << 17),
        b"e\0\0\0\1l\0\0\0\0",
        b"m\0\0\0\1N",
        b"s\0\0\0\1\xff",
        b"r\0\0\0\1\1\0\0\0\1\0",
        b"R\0\0\0\1\0\0\0\0\1\5\0\0\0\1\0",
        b"n\0\0\0\x0e1e999999999999",
        b"n\0\0\0\3abc",
        b"A\0\0\1\1",
        b"Y\xff",
        b"D\xff\0\0\0\0",
        b"l\0\0\0\1" * 200 + b"N",
    ],
)
def test_bytes_that_no_honest_writer_makes_are_refused(data: bytes) -> None:
    with pytest.raises(bounds.BrokenError):
        reader.decode(data, Named)
