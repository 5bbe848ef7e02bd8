"""`vervet worker`: workers for a broker given by URL, until a signal ends them."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from vervet.core.errors import UsageError
from vervet.dispatch.app import make_app
from vervet.dispatch.publisher import Publisher
from vervet.dispatch.settings import DispatchSettings
from vervet.dispatch.supervisor import Supervisor
from vervet.dispatch.sweeper import Sweeper
from vervet.store.database import Database

__all__ = ["run_worker"]

_LOOK_S = 0.5


def run_worker(settings: DispatchSettings) -> str:
    """Work until SIGTERM or SIGINT; empty, or why the workers could not go on.

    Call it from the main thread. Raises `UsageError` for the embedded broker, which belongs
    to one producer, `DispatchError` if the broker cannot be reached, and `StoreError`.
    """
    if settings.embedded:
        raise UsageError(
            "`vervet worker` needs a broker that others can reach",
            hint="Give --broker redis://host:port/db or amqp://host:port/vhost; "
            "`vervet run` starts the workers of the embedded broker itself.",
        )
    database = Database.open(settings.database_url, create=False)
    app = make_app(settings)
    publisher = Publisher(app)
    publisher.check()
    workers = Supervisor(settings)
    sweeper = Sweeper(
        database,
        publisher,
        every_s=settings.sweep_s,
        republish_s=settings.republish_s,
        afresh=False,
    )
    over = _until_signal()
    try:
        workers.start()
        sweeper.start()
        while not over.wait(_LOOK_S):
            if workers.healthy():
                return workers.healthy()
        return ""
    finally:
        sweeper.stop()
        workers.stop()
        app.close()
        database.close()


def _until_signal() -> threading.Event:
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return over
