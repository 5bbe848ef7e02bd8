"""Batches of solutions to verify: made, split, counted. Their leases are in `leases`.

A batch is the only thing a message names; losing or doubling the message changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from vervet.core.errors import LeaseLostError
from vervet.core.status import NORMAL
from vervet.store.attempts import Context, Result, highest_ordinals
from vervet.store.batch_rows import (
    OPEN,
    BatchSpec,
    BatchState,
    Item,
    in_open_batches,
    insert_batch,
    load_items,
)
from vervet.store.database import Database
from vervet.store.leases import (
    Claim,
    ClaimItem,
    Finished,
    Settle,
    claim,
    finish,
    hold,
    release,
    renew,
)
from vervet.store.rows import chunks, clock, lock_solutions
from vervet.store.runs import load_run
from vervet.store.schema import attempts, batches, candidates, problems, solutions
from vervet.store.schema import verdicts as verdicts_table

__all__ = [
    "BatchState",
    "Claim",
    "ClaimItem",
    "Finished",
    "Result",
    "Settle",
    "Unfinished",
    "claim",
    "enqueue",
    "finish",
    "infra_tries",
    "missing_solutions",
    "release",
    "renew",
    "split",
    "unfinished",
]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Batches of a run that are not done."""

    queued: int
    leased: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.queued + self.leased


def enqueue(
    conn: Connection,
    *,
    run_id: int,
    kind: str,
    verifier_digest: str,
    environment_digest: str,
    solution_ids: Sequence[int],
    size: int = 64,
    condition: str = NORMAL,
    total: int = 1,
    again: bool = False,
) -> list[str]:
    """Put solutions into batches of `size`; the batches' ids, to be published after the commit.

    Allots each solution the next ordinal of its attempts. A solution that is in an open batch
    of the same verifier, environment and condition is passed over, and one that has `total`
    attempts that say something (for a `total` of 1 under `normal`: the run's verdict), unless
    `again`, which asks for one more attempt of each whatever there is.
    """
    wanted = list(dict.fromkeys(solution_ids))
    lock_solutions(conn, wanted)
    context = Context(verifier_digest, environment_digest, condition)
    underway = in_open_batches(conn, wanted, verifier_digest, environment_digest, condition)
    if not again:
        done = _enough(conn, run_id, context, wanted, total)
        wanted = [each for each in wanted if each not in underway and each not in done]
    made = highest_ordinals(conn, context, wanted)
    items: list[Item] = [
        (each, 1 + max(made.get(each, -1), underway.get(each, -1))) for each in wanted
    ]
    spec = BatchSpec(run_id, kind, verifier_digest, environment_digest, condition)
    return [insert_batch(conn, spec, some) for some in chunks(items, size)]


def split(db: Database, batch: Claim | str) -> list[str]:
    """Halve a batch that died: ids of the two that take its place, with its ordinals.

    Give the claim, or the id of a batch that nobody holds. Raises `LeaseLostError` if another
    holds or has ended it, and `ValueError` for a batch of one item.
    """
    with db.write() as conn:
        batch_id = batch if isinstance(batch, str) else batch.id
        items = load_items(conn, batch_id)
        if len(items) < 2:
            raise ValueError(f"batch {batch_id} holds {len(items)} item and cannot be split")
        ended = {"state": BatchState.SPLIT.value, "token": None, "finished_at": clock(conn)}
        if isinstance(batch, str):
            _take_unheld(conn, batch, ended)
        else:
            hold(conn, batch, **ended)
        row = conn.execute(select(batches).where(batches.c.id == batch_id)).mappings().one()
        spec = BatchSpec(
            run_id=row["run_id"],
            kind=row["kind"],
            verifier_digest=row["verifier_digest"],
            environment_digest=row["environment_digest"],
            condition=row["condition"],
            parent_id=batch_id,
        )
        middle = len(items) // 2
        return [insert_batch(conn, spec, half) for half in (items[:middle], items[middle:])]


def unfinished(conn: Connection, run_id: int) -> Unfinished:
    """How many batches of a run are queued and leased."""
    query = (
        select(batches.c.state, func.count())
        .where(batches.c.run_id == run_id, batches.c.state.in_(OPEN))
        .group_by(batches.c.state)
    )
    counts: dict[str, int] = dict(conn.execute(query).all())
    return Unfinished(*(counts.get(state, 0) for state in OPEN))


def missing_solutions(
    conn: Connection, run_id: int, *, max_infra_tries: int | None = None
) -> list[int]:
    """Solutions of a run without its verdict and in no open batch: to be enqueued.

    With `max_infra_tries`, those that ended in infra_error so often are left out.
    """
    run = load_run(conn, run_id)
    key = (run.verifier_digest, run.environment_digest)
    sampled = exists().where(
        candidates.c.solution_id == solutions.c.id, candidates.c.run_id == run_id
    )
    settled = exists().where(
        verdicts_table.c.solution_id == solutions.c.id,
        verdicts_table.c.verifier_digest == run.verifier_digest,
        verdicts_table.c.environment_digest == run.environment_digest,
        verdicts_table.c.settlement == run.settlement.value,
    )
    query = (
        select(solutions.c.id)
        .join(problems, problems.c.id == solutions.c.problem_id)
        .where(problems.c.suite_id == run.suite_id, sampled, ~settled)
        .order_by(solutions.c.id)
    )
    found = list(conn.scalars(query))
    underway = in_open_batches(conn, found, *key, NORMAL)
    given_up: set[int] = set()
    if max_infra_tries is not None:
        tries = infra_tries(conn, run_id)
        given_up = {each for each, count in tries.items() if count >= max_infra_tries}
    return [each for each in found if each not in underway and each not in given_up]


def infra_tries(conn: Connection, run_id: int) -> dict[int, int]:
    """How often each solution of a run ended in infra_error, under the run's verifier."""
    run = load_run(conn, run_id)
    query = (
        select(attempts.c.solution_id, func.count())
        .join(solutions, solutions.c.id == attempts.c.solution_id)
        .join(problems, problems.c.id == solutions.c.problem_id)
        .where(
            problems.c.suite_id == run.suite_id,
            attempts.c.verifier_digest == run.verifier_digest,
            attempts.c.environment_digest == run.environment_digest,
            attempts.c.condition == NORMAL,
            attempts.c.infra_try > 0,
        )
        .group_by(attempts.c.solution_id)
    )
    return dict(conn.execute(query).all())


def _enough(
    conn: Connection, run_id: int, context: Context, solution_ids: Sequence[int], total: int
) -> set[int]:
    """Those that need no more attempts: see `enqueue`."""
    if context.condition != NORMAL or total > 1:
        made = highest_ordinals(conn, context, solution_ids)
        return {each for each, ordinal in made.items() if ordinal + 1 >= total}
    found: set[int] = set()
    settlement = load_run(conn, run_id).settlement.value
    for some in chunks(sorted(solution_ids)):
        query = select(verdicts_table.c.solution_id).where(
            verdicts_table.c.solution_id.in_(some),
            verdicts_table.c.verifier_digest == context.verifier_digest,
            verdicts_table.c.environment_digest == context.environment_digest,
            verdicts_table.c.settlement == settlement,
        )
        found.update(conn.scalars(query))
    return found


def _take_unheld(conn: Connection, batch_id: str, values: Mapping[str, object]) -> None:
    over = and_(batches.c.state == BatchState.LEASED.value, batches.c.lease_until < clock(conn))
    statement = (
        update(batches)
        .where(batches.c.id == batch_id)
        .where(or_(batches.c.state == BatchState.QUEUED.value, over))
        .values(**values)
    )
    if conn.execute(statement).rowcount != 1:
        raise LeaseLostError(
            f"batch {batch_id} is held by a worker or has ended",
            hint="Let its lease run out, or give the claim that holds it.",
        )
