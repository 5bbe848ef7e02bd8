"""What dead workers leave behind: leases to take back, and tries that say who was at work.

Decides nothing: who is dead, and whether that counts against a batch, is the caller's to say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import RowMapping, case, select, update

from vervet.core.status import Status
from vervet.core.values import Attempt
from vervet.store.attempts import Context, Result, append_attempts
from vervet.store.batch_rows import BatchState, load_items
from vervet.store.database import Database
from vervet.store.leases import Claim
from vervet.store.rows import clock, lock_solutions
from vervet.store.schema import attempts, batches, verifiers

__all__ = [
    "WORKER_DIED",
    "HeldBatch",
    "InfraTry",
    "infra_tries_of",
    "is_fragment",
    "leased",
    "take_back",
    "verifier_digests",
]

WORKER_DIED = "worker_died"
"""Code of the infra_error that is recorded when a worker dies with a batch of one solution."""


@dataclass(frozen=True, slots=True)
class HeldBatch:
    """A leased batch, and by whom; `over` if its lease has run out."""

    id: str
    kind: str
    token: str
    worker: str
    over: bool


@dataclass(frozen=True, slots=True)
class InfraTry:
    """One attempt that ended in infra_error: which worker made it, and what it found."""

    worker: str
    code: str
    message: str


def leased(db: Database) -> list[HeldBatch]:
    """All batches that a worker holds."""
    with db.read() as conn:
        over = case((batches.c.lease_until < clock(conn), 1), else_=0)
        columns = (batches.c.id, batches.c.kind, batches.c.token, batches.c.worker, over)
        query = select(*columns).where(batches.c.state == BatchState.LEASED.value)
        return [
            HeldBatch(batch_id, kind, token, worker, bool(late))
            for batch_id, kind, token, worker, late in conn.execute(query)
        ]


def take_back(db: Database, held: HeldBatch, *, died: bool) -> bool:
    """Let any worker claim a batch whose worker is gone; False if its state has changed.

    With `died`, the batch counts as dead once more, and where it holds a single solution the
    death is recorded as an infra_error of that solution, by the worker that died.
    """
    with db.write() as conn:
        statement = (
            update(batches)
            .where(
                batches.c.id == held.id,
                batches.c.token == held.token,
                batches.c.state == BatchState.LEASED.value,
            )
            .values(
                state=BatchState.QUEUED.value,
                token=None,
                worker=None,
                lease_until=None,
                published_at=None,
                deaths=batches.c.deaths + int(died),
            )
            .returning(*batches.c)
        )
        row = conn.execute(statement).mappings().one_or_none()
        if row is None:
            return False
        items = load_items(conn, held.id)
        if died and len(items) == 1:
            (solution_id, ordinal), now = items[0], clock(conn)
            attempt = Attempt(
                Status.INFRA_ERROR,
                code=WORKER_DIED,
                message=f"worker {held.worker} died while it held this solution alone",
            )
            lock_solutions(conn, [solution_id])
            append_attempts(
                conn, _context(row, held), [Result(solution_id, ordinal, attempt, now, now)]
            )
        return True


def infra_tries_of(db: Database, held: Claim) -> dict[int, tuple[InfraTry, ...]]:
    """Earlier infra_errors of a batch's items, oldest first, by solution."""
    ordinals = {item.solution_id: item.ordinal for item in held.items}
    found: dict[int, list[InfraTry]] = defaultdict(list)
    columns = (
        attempts.c.solution_id,
        attempts.c.ordinal,
        attempts.c.worker,
        attempts.c.code,
        attempts.c.message,
    )
    query = (
        select(*columns)
        .where(held.context.matches(list(ordinals)), attempts.c.infra_try > 0)
        .order_by(attempts.c.solution_id, attempts.c.infra_try)
    )
    with db.read() as conn:
        for solution_id, ordinal, *rest in conn.execute(query):
            if ordinals[solution_id] == ordinal:
                found[solution_id].append(InfraTry(*rest))
    return {solution_id: tuple(tries) for solution_id, tries in found.items()}


def is_fragment(db: Database, batch_id: str) -> bool:
    """Whether a batch was made of a part of another one."""
    with db.read() as conn:
        query = select(batches.c.parent_id).where(batches.c.id == batch_id)
        return conn.execute(query).scalar_one_or_none() is not None


def verifier_digests(db: Database, digest: str) -> dict[str, str]:
    """What a run's verifier digest stands for: the digest of the verifier of each kind."""
    with db.read() as conn:
        query = select(verifiers.c.content).where(verifiers.c.digest == digest)
        return dict(conn.execute(query).scalar_one_or_none() or {})


def _context(row: RowMapping, held: HeldBatch) -> Context:
    return Context(
        row["verifier_digest"],
        row["environment_digest"],
        row["condition"],
        held.worker,
        held.id,
    )
