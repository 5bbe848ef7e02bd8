"""Sends batch ids to queues and records that it did. Never fails for want of a broker:
what was not sent is sent by the sweeper."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from vervet.core.errors import DispatchError, StoreError
from vervet.dispatch.app import VERIFY_TASK, make_queue
from vervet.store.announcing import mark_published
from vervet.store.database import Database

__all__ = ["Publisher"]

log = logging.getLogger(__name__)


class Publisher:
    """May be used by several threads."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        with app.connection_for_write() as connection:  # which connects to nothing yet
            raised = (*connection.connection_errors, *connection.channel_errors)
            self._where = str(connection.as_uri())  # without the password
        self._errors: tuple[type[Exception], ...] = (OperationalError, KombuError, OSError, *raised)
        self._failing_since: float | None = None

    def check(self) -> None:
        """Raise `DispatchError` if the broker cannot be reached now."""
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0.2, timeout=4)
        except self._errors as error:
            raise DispatchError(
                f"the broker {self._where} cannot be reached: {error}",
                hint="Start it, or leave --broker out to use the embedded one.",
            ) from error

    def publish(self, database: Database, kind: str, batch_ids: Sequence[str]) -> int:
        """Send the ids of committed batches to the queue of `kind`; how many were sent."""
        sent: list[str] = []
        queue = make_queue(kind)
        try:
            with self._app.producer_or_acquire() as producer:
                for batch_id in batch_ids:
                    self._app.send_task(VERIFY_TASK, (batch_id,), queue=queue, producer=producer)
                    sent.append(batch_id)
            self._failing_since = None
        except self._errors as error:
            log.warning("%d batches wait for the broker: %s", len(batch_ids) - len(sent), error)
            self._failing_since = self._failing_since or time.monotonic()
        if sent:
            try:
                mark_published(database, sent)
            except StoreError as error:  # They are published once more, which is harmless.
                log.warning("published batches were not marked: %s", error)
        return len(sent)

    def waiting(self, kind: str) -> int:
        """Messages in the queue of `kind` that no worker has taken; 0 if that is unknown."""
        try:
            with self._app.connection_for_write() as connection:
                queue = make_queue(kind)(connection.default_channel)
                declared = queue.queue_declare()  # type: ignore[no-untyped-call]
                return int(declared.message_count)
        except self._errors:
            return 0

    def failing_s(self) -> float:
        """For how many seconds nothing could be sent; 0 if the last try went well."""
        since = self._failing_since
        return 0.0 if since is None else time.monotonic() - since
