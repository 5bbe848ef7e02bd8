"""The `Dispatcher` of the pipeline: Celery, on the embedded broker or on one given by URL."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from vervet.core.errors import DispatchError
from vervet.dispatch.app import make_app
from vervet.dispatch.broker_dir import BrokerDir
from vervet.dispatch.publisher import Publisher
from vervet.dispatch.settings import DispatchSettings
from vervet.dispatch.supervisor import Supervisor
from vervet.dispatch.sweeper import Sweeper
from vervet.store.database import Database

__all__ = ["CeleryDispatcher"]

BROKER_MAY_FAIL_S = 60.0
UNATTENDED_S = 300.0
"""How long batches may wait without any worker at work before the user is told."""


class CeleryDispatcher:
    """Publishes batches. On the embedded broker it also starts and ends the workers.

    On a broker given by URL the workers are those of `vervet worker`, wherever they run.
    """

    def __init__(self, settings: DispatchSettings, database: Database) -> None:
        self._settings = settings
        self._parts = contextlib.ExitStack()
        self._workers: Supervisor | None = None
        self._publisher: Publisher | None = None
        self._sweeper: Sweeper | None = None
        self._database = database

    def start(self) -> None:
        """Start the workers (embedded) and the sweeper.

        Raises `DispatchError` if the broker cannot be reached or no worker can be started.
        """
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        settings = self._settings
        if settings.embedded:
            folder = self._parts.enter_context(BrokerDir(settings.state_dir))
            settings = settings.model_copy(update={"broker_dir": folder.path})
        app = make_app(settings)
        self._parts.callback(app.close)
        self._publisher = Publisher(app)
        if settings.embedded:
            self._workers = Supervisor(settings)
            self._parts.callback(self._workers.stop)
            self._workers.start()
        else:
            self._publisher.check()
        self._sweeper = sweeper = Sweeper(
            self._database,
            self._publisher,
            every_s=settings.sweep_s,
            republish_s=settings.republish_s,
            afresh=settings.embedded,
        )
        self._parts.callback(sweeper.stop)
        sweeper.start()

    def publish(self, kind: str, batch_ids: Sequence[str]) -> None:
        """Send ids of committed batches to `verify.<kind>`; never fails for want of a broker."""
        if self._publisher is None:
            raise DispatchError("batches were published before the dispatcher was started")
        self._publisher.publish(self._database, kind, batch_ids)

    def healthy(self) -> str:
        """Empty, or what is wrong with the workers or the broker."""
        if self._workers is not None and self._workers.healthy():
            return self._workers.healthy()
        failing_s = self._publisher.failing_s() if self._publisher else 0.0
        if failing_s > BROKER_MAY_FAIL_S:
            return f"the broker has not been reached for {failing_s:.0f} s"
        if self._sweeper is not None and self._sweeper.unattended_s > UNATTENDED_S:
            return f"no worker has taken a batch for {UNATTENDED_S / 60:.0f} minutes"
        return ""

    def close(self) -> None:
        """End sweeper and workers, the workers' sandboxes with them; harmless twice."""
        self._publisher = None
        self._sweeper = None
        self._workers = None
        self._parts.close()
