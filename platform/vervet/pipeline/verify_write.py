"""Writes what a worker found out: all of a batch's results, or as many as can be written.

Results are held, under their lease, for as long as the database may come back; a result that
the database will never take does not take the others with it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from vervet.core.errors import LeaseLostError, StoreError
from vervet.core.status import Status
from vervet.core.values import Attempt, Verdict
from vervet.store.attempts import Result
from vervet.store.batches import Finished
from vervet.store.database import Database
from vervet.store.leases import Claim, finish
from vervet.verification.settlement import settle

__all__ = ["NOT_RECORDED", "write_results"]

log = logging.getLogger(__name__)

KEEP_TRYING_S = 120.0
NOT_RECORDED = "not_recorded"
"""Code of the infra_error in place of an attempt that the database did not take."""


def write_results(database: Database, held: Claim, results: Sequence[Result]) -> Finished:
    """End a batch with its results; those that were not written are in `Finished.rest`.

    Raises `LeaseLostError`, and `StoreError` if the database could not be used for
    `KEEP_TRYING_S` seconds.
    """
    try:
        return _write(database, held, results)
    except StoreError:
        raise
    except Exception as error:
        # Found by halving, as a poison candidate is; the rest is verified again.
        log.exception("%d results of batch %s were not taken", len(results), held.id)
        if len(results) > 1:
            return write_results(database, held, results[: len(results) // 2])
        if results and results[0].attempt.code == NOT_RECORDED:
            raise
        return write_results(database, held, [_unwritable(results[0], error)])


def _unwritable(result: Result, error: Exception) -> Result:
    attempt = Attempt(
        Status.INFRA_ERROR,
        code=NOT_RECORDED,
        message=f"the database did not take the attempt: {type(error).__name__}",
        condition=result.attempt.condition,
    )
    return replace(result, attempt=attempt)


def _write(database: Database, held: Claim, results: Sequence[Result]) -> Finished:
    def settled(attempts: Sequence[Attempt]) -> Verdict | None:
        return settle(attempts, held.settlement)

    again = Retrying(
        retry=retry_if_exception(_may_pass),
        wait=wait_exponential(multiplier=0.5, max=10.0),
        stop=stop_after_delay(KEEP_TRYING_S),
        reraise=True,
    )
    return again(finish, database, held, results, settled)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, LeaseLostError) or not isinstance(error, StoreError):
        return False
    log.warning("a batch could not be written and is tried again: %s", error)
    return True
