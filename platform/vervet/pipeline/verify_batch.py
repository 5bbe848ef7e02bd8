"""A batch from its claim to the transaction that ends its lease.

Owns the order of things on a worker; knows nothing of queues. Whatever happens to this
process, each item of the batch ends with one attempt, made here or by another worker.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from vervet.core.digests import digest_json
from vervet.core.errors import LeaseLostError, StoreError
from vervet.core.status import REFERENCE, Status
from vervet.core.values import Attempt
from vervet.pipeline.conditioned import (
    Perturbing,
    conditioned,
    is_understood,
    perturbed_sandboxes,
    perturbs_sandbox,
)
from vervet.pipeline.reference_mode import reference_mode
from vervet.pipeline.verify_item import UNBLAMED, Bench
from vervet.pipeline.verify_lease import Lease
from vervet.pipeline.verify_write import write_results
from vervet.sandbox.perturbed import perturbed
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.registry import make_sandbox
from vervet.store.attempts import Result
from vervet.store.batches import Finished, split
from vervet.store.database import Database
from vervet.store.leases import Claim, ClaimItem, claim, release
from vervet.store.takeover import InfraTry, infra_tries_of, is_fragment, verifier_digests
from vervet.verification.protocol import Verifier
from vervet.verification.registry import variants

__all__ = ["BatchEnding", "BatchOutcome", "Workplace", "verify_batch"]

log = logging.getLogger(__name__)

DEATHS_BEFORE_SPLIT = 2
DEATHS_TO_BLAME = 2
"""Workers that must have died with a solution alone, a control having passed right before."""
WRITE_EVERY_S = 3.0
"""A slow batch writes what it has this often and goes on with the rest."""


Attempting = Callable[[ClaimItem, Sequence[InfraTry]], Attempt | None]
"""One attempt at an item, given its earlier infra_errors; None if it was interrupted."""


class BatchEnding(StrEnum):
    """What became of a batch that a message named."""

    DONE = "done"
    """Every item has its attempt."""
    STOPPED = "stopped"
    """The worker is to end: what was done is written, the rest is a batch for another."""
    SPLIT = "split"
    """It had died too often and goes on in two halves."""
    NOT_OURS = "not_ours"
    """Another worker has it, or it has ended: nothing was done."""
    LOST = "lost"
    """Its lease went to another worker: nothing was written."""
    REFUSED = "refused"
    """It was made for another verifier or environment than this worker's."""


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """How a batch ended. `publish` are the batches that took its place, to be announced.

    `retire` asks for another process in this one's place: a sandbox failed here, and whoever
    tries the candidate again must not be the same.
    """

    ending: BatchEnding
    attempts: int = 0
    publish: tuple[str, ...] = ()
    kind: str = ""
    retire: bool = False


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker process verifies with. `worker` names it among all of them.

    `reference` makes the sandbox for batches under the condition `reference`, `perturbing` those
    for batches under one that perturbs.
    """

    database: Database
    sandbox: Sandbox
    fresh_sandbox: Callable[[], Sandbox]
    verifier_for: Callable[[str], Verifier]
    worker: str
    lease_s: float = 30.0
    write_every_s: float = WRITE_EVERY_S
    stopping: Callable[[], bool] = lambda: False
    reference: Callable[[], Sandbox] = lambda: make_sandbox("reference")
    perturbing: Perturbing = perturbed

    def environment_digest(self) -> str:
        """Identity of what decides outcomes here."""
        return digest_json(self.sandbox.environment())


def verify_batch(place: Workplace, batch_id: str) -> BatchOutcome:
    """Verify a batch if it is free. Raises `StoreError` if the database cannot be used.

    Calling it twice with one id, here or elsewhere, is harmless.
    """
    held = claim(place.database, batch_id, place.worker, place.lease_s)
    if held is None:
        return BatchOutcome(BatchEnding.NOT_OURS)
    if held.deaths >= DEATHS_BEFORE_SPLIT and len(held.items) > 1:
        halves = split(place.database, held)
        return BatchOutcome(BatchEnding.SPLIT, publish=tuple(halves), kind=held.kind)
    verifier = _verifier_named(place, held)
    if verifier is None:
        release(place.database, held)
        return BatchOutcome(BatchEnding.REFUSED, kind=held.kind)
    attempts, retire = 0, False
    while True:
        try:
            sitting = _sit(place, held, verifier)
        except LeaseLostError:
            return BatchOutcome(BatchEnding.LOST, attempts, kind=held.kind, retire=retire)
        except Exception:
            # No death: this process goes on, and another may fare better.
            with contextlib.suppress(StoreError):
                release(place.database, held)
            raise
        if sitting is None:
            return BatchOutcome(BatchEnding.STOPPED, attempts, (held.id,), held.kind, retire)
        attempts += sitting.written.attempts
        retire |= sitting.failed
        rest = sitting.written.rest
        if rest is None:
            return BatchOutcome(BatchEnding.DONE, attempts, kind=held.kind, retire=retire)
        following = None
        if not place.stopping():
            following = claim(place.database, rest, place.worker, place.lease_s)
        if following is None:
            return BatchOutcome(BatchEnding.STOPPED, attempts, (rest,), held.kind, retire)
        held = following


@dataclass(frozen=True, slots=True)
class _Sitting:
    written: Finished
    failed: bool


def _sit(place: Workplace, held: Claim, verifier: Verifier) -> _Sitting | None:
    """Work on a claim until it is through, or until it is time to write.

    None if the worker is to end before anything is done: the batch is then given back.
    """
    earlier = infra_tries_of(place.database, held)
    with (
        Lease(place.database, held, place.lease_s) as lease,
        _sandbox(place, held) as (sandbox, fresh_sandbox),
    ):
        bench = Bench(
            sandbox,
            fresh_sandbox,
            place.worker,
            ended=lambda: lease.lost or place.stopping(),
            condition=held.condition,
        )
        results = _results(
            _way(place, bench, held, verifier), bench, held, earlier, place.write_every_s
        )
        if lease.lost:
            raise LeaseLostError(f"batch {held.id} went to another worker while it was verified")
        if not results:
            release(place.database, held)
            return None
        written = write_results(place.database, held, results)
    failed = any(
        result.attempt.status is Status.INFRA_ERROR and result.attempt.code not in UNBLAMED
        for result in results
    )
    return _Sitting(written, failed)


@contextlib.contextmanager
def _sandbox(place: Workplace, held: Claim) -> Iterator[tuple[Sandbox, Callable[[], Sandbox]]]:
    """The sandbox for a batch of this condition, and how to make another for controls."""
    if held.condition == REFERENCE:
        with reference_mode(place.reference) as sandbox:
            yield sandbox, place.reference
    elif perturbs_sandbox(held.condition):
        with perturbed_sandboxes(place.perturbing, held.condition) as found:
            yield found
    else:
        yield place.sandbox, place.fresh_sandbox


def _way(place: Workplace, bench: Bench, held: Claim, verifier: Verifier) -> Attempting:
    """How the items of this batch are attempted: a suspicious one alone only after a control."""
    fragment = len(held.items) == 1 and is_fragment(place.database, held.id)
    if fragment or (len(held.items) == 1 and held.tries > 1):
        # The first death of a batch that was of one item from the start had no control before.
        deaths = DEATHS_TO_BLAME if fragment else DEATHS_TO_BLAME + 1
        return partial(bench.attempt_guarded, verifier, deaths=deaths)
    return partial(bench.attempt, verifier)


def _results(
    attempt: Attempting,
    bench: Bench,
    held: Claim,
    earlier: Mapping[int, tuple[InfraTry, ...]],
    write_every_s: float,
) -> list[Result]:
    results: list[Result] = []
    began = time.monotonic()
    for item in held.items:
        if bench.ended() or (results and time.monotonic() - began > write_every_s):
            break
        started = datetime.now(UTC)
        found = attempt(item, earlier.get(item.solution_id, ()))
        if found is None:
            break
        results.append(_result(item, found, started))
    return results


def _result(item: ClaimItem, attempt: Attempt, started: datetime) -> Result:
    return Result(
        item.solution_id,
        item.ordinal,
        attempt,
        started,
        datetime.now(UTC),
        host=socket.gethostname(),
    )


def _verifier_named(place: Workplace, held: Claim) -> Verifier | None:
    """The variant of the kind's verifier that the batch names; None if this worker has none."""
    expected = verifier_digests(place.database, held.verifier_digest).get(held.kind)
    fits = held.environment_digest == place.environment_digest()
    if fits and is_understood(held.condition):
        for verifier in variants(place.verifier_for(held.kind)):
            if verifier.digest() == expected:
                return conditioned(verifier, held.condition)
    log.error(
        "batch %s is given back: it needs a worker of another version of Vervet or Python", held.id
    )
    return None
