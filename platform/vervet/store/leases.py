"""The lease of a batch: claim it, renew it, and end it by the one transaction that writes.

A worker writes only while its token holds, so a message that comes twice changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, and_, case, or_, select, update

from vervet.core.errors import LeaseLostError
from vervet.core.status import NORMAL, Settlement
from vervet.core.values import Attempt, Problem, Solution, Verdict
from vervet.store.attempts import Context, Result, append_attempts, normal_attempts
from vervet.store.batch_rows import BatchSpec, BatchState, insert_batch, load_items
from vervet.store.blobs import load_texts
from vervet.store.database import Database
from vervet.store.rows import clock, lock_solutions
from vervet.store.schema import batches, runs, solutions
from vervet.store.suites import load_problems
from vervet.store.verdicts import save_verdicts

__all__ = [
    "Claim",
    "ClaimItem",
    "Finished",
    "Settle",
    "claim",
    "finish",
    "hold",
    "release",
    "renew",
]

Settle = Callable[[Sequence[Attempt]], Verdict | None]
"""What the attempts of one solution that say something settle to; None: more are needed."""


@dataclass(frozen=True, slots=True)
class ClaimItem:
    """One attempt to make: which solution of which problem, and the attempt's ordinal.

    `problem` comes without its references.
    """

    solution_id: int
    ordinal: int
    problem: Problem = field(repr=False)
    solution: Solution = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch while it is this worker's.

    `tries` counts claims, this one included; `deaths` those that ended without a word.
    """

    id: str
    token: str
    worker: str
    kind: str
    run_id: int
    verifier_digest: str
    environment_digest: str
    condition: str
    settlement: Settlement
    tries: int
    deaths: int
    lease_until: datetime
    items: tuple[ClaimItem, ...] = field(repr=False)

    @property
    def context(self) -> Context:
        """What all attempts of this batch have in common."""
        return Context(
            self.verifier_digest, self.environment_digest, self.condition, self.worker, self.id
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """What `finish` wrote; `rest` is the batch that holds the items without a result."""

    attempts: int
    verdicts: int
    rest: str | None = None


def claim(db: Database, batch_id: str, worker: str, lease_s: float) -> Claim | None:
    """Lease a batch for `lease_s` seconds; None if it is another's, done, split or unknown.

    A batch whose earlier lease is over counts as dead once more.
    """
    with db.write() as conn:
        now = clock(conn)
        over = and_(batches.c.state == BatchState.LEASED.value, batches.c.lease_until < now)
        statement = (
            update(batches)
            .where(batches.c.id == batch_id)
            .where(or_(batches.c.state == BatchState.QUEUED.value, over))
            .values(
                deaths=batches.c.deaths + case((over, 1), else_=0),
                tries=batches.c.tries + 1,
                state=BatchState.LEASED.value,
                token=secrets.token_hex(16),
                worker=worker,
                lease_until=now + timedelta(seconds=lease_s),
            )
            .returning(*batches.c)
        )
        row = conn.execute(statement).mappings().one_or_none()
    if row is None:
        return None
    with db.read() as conn:  # what a batch holds never changes
        return _claim(conn, row)


def renew(db: Database, held: Claim, lease_s: float) -> None:
    """Let the lease end `lease_s` seconds from now. Raises `LeaseLostError`."""
    with db.write() as conn:
        until = clock(conn) + timedelta(seconds=lease_s)
        hold(conn, held, lease_until=until)


def release(db: Database, held: Claim) -> None:
    """Give a batch back as it was, for any worker to claim. Raises `LeaseLostError`."""
    with db.write() as conn:
        hold(conn, held, **_FREE)


def finish(db: Database, held: Claim, results: Sequence[Result], settle: Settle) -> Finished:
    """Write a batch's attempts, their evidence and the verdicts, and end it: all or nothing.

    `settle` is given all attempts that say something of each solution, without evidence; only
    the condition `normal` settles. Items without a result go into a new batch, to be
    published. Raises `LeaseLostError` if the batch is no longer this worker's, and writes
    nothing then, and `ValueError` for a result of an item that the batch does not hold.
    """
    context = held.context
    _see_that_they_belong(held, results)
    with db.write() as conn:
        hold(conn, held, state=BatchState.DONE.value, token=None, finished_at=clock(conn))
        lock_solutions(conn, [result.solution_id for result in results])
        written = append_attempts(conn, context, results)
        settled: dict[int, Verdict] = {}
        if held.condition == NORMAL:
            found = normal_attempts(conn, context, [result.solution_id for result in results])
            verdicts = ((key, settle(attempts)) for key, attempts in found.items())
            settled = {key: verdict for key, verdict in verdicts if verdict is not None}
        rest = _put_back(conn, held, results)
        save_verdicts(conn, settled, held.verifier_digest, held.environment_digest)
        return Finished(written, len(settled), rest)


def hold(conn: Connection, held: Claim, **values: object) -> None:
    """Change the row of a batch if it is still this worker's, else raise `LeaseLostError`."""
    statement = (
        update(batches)
        .where(
            batches.c.id == held.id,
            batches.c.token == held.token,
            batches.c.state == BatchState.LEASED.value,
        )
        .values(**values)
    )
    if conn.execute(statement).rowcount != 1:
        raise LeaseLostError(
            f"batch {held.id} is no longer held by worker {held.worker!r}",
            hint="Another worker has it or has finished it; nothing was written.",
        )


_FREE = {"state": BatchState.QUEUED.value, "token": None, "worker": None, "lease_until": None}


def _see_that_they_belong(held: Claim, results: Sequence[Result]) -> None:
    asked = {(item.solution_id, item.ordinal) for item in held.items}
    given = [(result.solution_id, result.ordinal) for result in results]
    if len(set(given)) != len(given) or not asked.issuperset(given):
        raise ValueError(f"results of batch {held.id} are not one of each of its items")


def _put_back(conn: Connection, held: Claim, results: Sequence[Result]) -> str | None:
    answered = {(result.solution_id, result.ordinal) for result in results}
    items = [(item.solution_id, item.ordinal) for item in held.items]
    rest = [item for item in items if item not in answered]
    if not rest:
        return None
    spec = BatchSpec(
        held.run_id,
        held.kind,
        held.verifier_digest,
        held.environment_digest,
        held.condition,
        parent_id=held.id,
    )
    return insert_batch(conn, spec, rest)


def _claim(conn: Connection, batch: RowMapping) -> Claim:
    settlement = conn.execute(select(runs.c.settlement).where(runs.c.id == batch["run_id"]))
    return Claim(
        id=batch["id"],
        token=batch["token"],
        worker=batch["worker"],
        kind=batch["kind"],
        run_id=batch["run_id"],
        verifier_digest=batch["verifier_digest"],
        environment_digest=batch["environment_digest"],
        condition=batch["condition"],
        settlement=Settlement(settlement.scalar_one()),
        tries=batch["tries"],
        deaths=batch["deaths"],
        lease_until=batch["lease_until"],
        items=_items(conn, batch["id"]),
    )


def _items(conn: Connection, batch_id: str) -> tuple[ClaimItem, ...]:
    items = load_items(conn, batch_id)
    ids = [solution_id for solution_id, _ in items]
    rows = conn.execute(select(solutions).where(solutions.c.id.in_(ids))).mappings()
    by_id = {row["id"]: row for row in rows}
    texts = load_texts(conn, {row["text_digest"] for row in by_id.values()})
    problems = load_problems(conn, [row["problem_id"] for row in by_id.values()])
    found = []
    for solution_id, ordinal in items:
        row = by_id[solution_id]
        solution = Solution(row["kind"], texts[row["text_digest"]], row["malformed"])
        found.append(ClaimItem(solution_id, ordinal, problems[row["problem_id"]], solution))
    return tuple(found)
