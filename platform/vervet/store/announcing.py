"""Which batches the workers should hear of again, by when they were last announced.

Only reads and writes the times of messages; what a batch holds is the business of `batches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, literal, null, or_, select, update

from vervet.store.batch_rows import BatchState
from vervet.store.database import Database
from vervet.store.rows import chunks, clock
from vervet.store.schema import batches
from vervet.store.types import UtcDateTime

__all__ = ["StaleBatch", "mark_published", "stale"]

BACK_OFF = 6
"""A batch is republished after `grace_s`, then twice as long, and so on this many times."""


@dataclass(frozen=True, slots=True)
class StaleBatch:
    """A batch that somebody should hear of again."""

    id: str
    kind: str


def stale(
    db: Database, *, grace_s: float, limit: int = 1000, now: datetime | None = None
) -> list[StaleBatch]:
    """Open batches of any run that no worker is known to have: at most `limit`, oldest first.

    Those that were never published, whose last message is `grace_s` old (twice that after
    each further message, 64 times at most), and whose lease is over. `now` is for tests.
    """
    with db.read() as conn:
        moment = now or clock(conn)
        last_call = _last_call(moment, grace_s)
        quiet = or_(
            batches.c.published_at < last_call,
            and_(
                batches.c.published_at.is_(null()),
                batches.c.created_at < moment - timedelta(seconds=grace_s),
            ),
        )
        query = (
            select(batches.c.id, batches.c.kind)
            .where(
                or_(
                    batches.c.state == BatchState.QUEUED.value,
                    and_(
                        batches.c.state == BatchState.LEASED.value,
                        batches.c.lease_until < moment,
                    ),
                ),
                quiet,
            )
            .order_by(batches.c.created_at)
            .limit(limit)
        )
        return [StaleBatch(batch_id, kind) for batch_id, kind in conn.execute(query)]


def mark_published(db: Database, batch_ids: Sequence[str]) -> None:
    """Record that a message for each of these batches was sent now."""
    with db.write() as conn:
        now = clock(conn)
        for some in chunks(sorted(batch_ids)):
            rows = select(batches.c.id).where(batches.c.id.in_(some)).order_by(batches.c.id)
            conn.execute(rows.with_for_update())  # two sweepers then cannot deadlock
            statement = update(batches).where(batches.c.id.in_(some))
            conn.execute(statement.values(published_at=now, publishes=batches.c.publishes + 1))


def _last_call(moment: datetime, grace_s: float) -> ColumnElement[datetime]:
    """Before when the last message must have left, by how many have left already."""
    calls = [
        literal(moment - timedelta(seconds=grace_s * 2**exponent), UtcDateTime)
        for exponent in range(BACK_OFF + 1)
    ]
    return case(
        *((batches.c.publishes <= count, call) for count, call in enumerate(calls, start=1)),
        else_=calls[-1],
    )
