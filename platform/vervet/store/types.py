"""Column types and texts that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from vervet.core.status import Flag

__all__ = ["Id", "UtcDateTime", "flags_text", "parse_flags", "plain_text"]

Id = BigInteger().with_variant(Integer, "sqlite")
"""Row ids: 64 bits on both databases."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC with its zone; ISO text of fixed width on SQLite, so that it sorts.

    Raises `ValueError` for a moment without a zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


def flags_text(flags: Iterable[Flag]) -> str:
    """The one text of a set of flags: sorted, with commas between."""
    return ",".join(sorted(flag.value for flag in flags))


def parse_flags(text: str) -> frozenset[Flag]:
    """The set that `flags_text` wrote."""
    return frozenset(Flag(word) for word in text.split(",") if word)


def plain_text(text: str) -> str:
    """`text` as any database can hold it: NUL and lone surrogates are written as escapes.

    For what people read (messages, names of checks); what must stay exact is kept as bytes.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
