"""Rows of batches and their items, for the modules that make and lease batches."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from vervet.store.rows import chunks, clock
from vervet.store.schema import batch_items, batches

__all__ = [
    "OPEN",
    "BatchSpec",
    "BatchState",
    "Item",
    "in_open_batches",
    "insert_batch",
    "load_items",
]


class BatchState(StrEnum):
    """Where a batch is on its way."""

    QUEUED = "queued"
    """Waits for a worker."""
    LEASED = "leased"
    """A worker has it until `lease_until`."""
    DONE = "done"
    """Its attempts are written."""
    SPLIT = "split"
    """Its items went on in smaller batches."""


OPEN = (BatchState.QUEUED.value, BatchState.LEASED.value)

Item = tuple[int, int]
"""(solution id, ordinal of the attempt to make)."""


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """What all items of a batch have in common."""

    run_id: int
    kind: str
    verifier_digest: str
    environment_digest: str
    condition: str
    parent_id: str | None = None


def insert_batch(conn: Connection, spec: BatchSpec, items: Sequence[Item]) -> str:
    """Write a queued batch with its items; its id, 32 random hex digits."""
    batch_id = secrets.token_hex(16)
    row: dict[str, Any] = {
        "id": batch_id,
        "run_id": spec.run_id,
        "kind": spec.kind,
        "verifier_digest": spec.verifier_digest,
        "environment_digest": spec.environment_digest,
        "condition": spec.condition,
        "parent_id": spec.parent_id,
        "state": BatchState.QUEUED.value,
        "tries": 0,
        "deaths": 0,
        "publishes": 0,
        "created_at": clock(conn),
    }
    conn.execute(insert(batches), [row])
    conn.execute(
        insert(batch_items),
        [
            {"batch_id": batch_id, "position": at, "solution_id": solution_id, "ordinal": ordinal}
            for at, (solution_id, ordinal) in enumerate(items)
        ],
    )
    return batch_id


def load_items(conn: Connection, batch_id: str) -> list[Item]:
    """The items of a batch, in their order."""
    query = (
        select(batch_items.c.solution_id, batch_items.c.ordinal)
        .where(batch_items.c.batch_id == batch_id)
        .order_by(batch_items.c.position)
    )
    return [(solution_id, ordinal) for solution_id, ordinal in conn.execute(query)]


def in_open_batches(
    conn: Connection,
    solution_ids: Sequence[int],
    verifier_digest: str,
    environment_digest: str,
    condition: str,
) -> dict[int, int]:
    """The highest ordinal that open batches hold of each solution that is in one."""
    found: dict[int, int] = {}
    for some in chunks(sorted(set(solution_ids))):
        query = (
            select(batch_items.c.solution_id, batch_items.c.ordinal)
            .join(batches, batches.c.id == batch_items.c.batch_id)
            .where(
                batch_items.c.solution_id.in_(some),
                batches.c.state.in_(OPEN),
                batches.c.verifier_digest == verifier_digest,
                batches.c.environment_digest == environment_digest,
                batches.c.condition == condition,
            )
        )
        for solution_id, ordinal in conn.execute(query):
            found[solution_id] = max(ordinal, found.get(solution_id, ordinal))
    return found
