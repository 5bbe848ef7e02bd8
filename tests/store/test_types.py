"""Texts and moments that mean the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from vervet.core.status import Flag
from vervet.store.types import UtcDateTime, flags_text, parse_flags, plain_text


@given(st.frozensets(st.sampled_from(list(Flag))))
def test_flags_come_back_as_they_were(flags: frozenset[Flag]) -> None:
    assert parse_flags(flags_text(flags)) == flags


def test_flags_have_one_text() -> None:
    assert flags_text([Flag.UNSAFE, Flag.BESIDE]) == "beside,unsafe"


@given(st.text(alphabet=st.characters(codec=None)))
def test_a_plain_text_can_be_written_anywhere(given_text: str) -> None:
    plain = plain_text(given_text)
    assert "\0" not in plain
    plain.encode("utf-8")


INDIA = timezone(timedelta(hours=5, minutes=30))
SECONDS = st.floats(0, 4e9).map(lambda seconds: datetime.fromtimestamp(seconds, INDIA))


@given(st.lists(SECONDS, min_size=2))
def test_moments_sort_as_text_on_sqlite(moments: list[datetime]) -> None:
    stored = UtcDateTime()
    texts = [stored.process_bind_param(moment, sqlite.dialect()) for moment in moments]
    assert [
        stored.process_result_value(each, sqlite.dialect()) for each in sorted(texts)
    ] == sorted(moments)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime.now(UTC).replace(tzinfo=None), sqlite.dialect())
