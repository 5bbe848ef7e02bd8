"""The one Celery task, and what a pool process keeps open between two of them."""

from __future__ import annotations

import logging
import mmap
import os
import signal
from functools import partial
from types import FrameType

from celery import Celery, signals
from celery.worker import state as celery_state

from vervet.core.processes import identity
from vervet.dispatch.app import VERIFY_TASK
from vervet.dispatch.processes import watch_parent
from vervet.dispatch.publisher import Publisher
from vervet.dispatch.settings import DispatchSettings
from vervet.pipeline.verify_batch import Workplace, verify_batch
from vervet.sandbox.perturbed import perturbed
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.registry import make_sandbox
from vervet.store.database import Database
from vervet.verification.registry import verifier_for, verifier_kinds

__all__ = ["StopFlag", "listening_kinds", "open_workplace", "register", "worker_name"]


log = logging.getLogger(__name__)


class StopFlag:
    """One bit that a Celery parent shares with the pool processes that it forks."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Ask every pool process to end its batch early."""
        self._shared[0] = 1

    def is_set(self) -> bool:
        """Whether the worker is to end."""
        return self._shared[0] != 0


def listening_kinds(settings: DispatchSettings) -> tuple[str, ...]:
    """The kinds whose queues a worker consumes: those named, or all that have a verifier."""
    return settings.kinds or verifier_kinds()


def worker_name(producer: str) -> str:
    """A name for this process, by which others see whether it and its producer still live."""
    return f"{identity()} {producer}".rstrip()


def open_workplace(settings: DispatchSettings, stop: StopFlag) -> Workplace:
    """Database, sandbox and verifiers for this process.

    Raises `StoreError` or `NoIsolationError`.
    """

    def sandbox() -> Sandbox:
        made = make_sandbox(settings.sandbox, unsafe_no_isolation=settings.unsafe_no_isolation)
        if made.weakness:
            log.warning("isolation is weaker than it could be: %s", made.weakness)
        return made

    return Workplace(
        database=Database.open(settings.database_url, create=False),
        sandbox=sandbox(),
        fresh_sandbox=sandbox,
        verifier_for=verifier_for,
        worker=worker_name(settings.producer),
        lease_s=settings.lease_s,
        stopping=stop.is_set,
        perturbing=partial(
            perturbed,
            name=settings.sandbox,
            unsafe_no_isolation=settings.unsafe_no_isolation,
        ),
    )


class _Seat:
    """A pool process's workplace, opened once after the fork."""

    def __init__(self, settings: DispatchSettings, stop: StopFlag) -> None:
        self._settings = settings
        self._stop = stop
        self._place: Workplace | None = None

    def place(self) -> Workplace:
        if self._place is None:
            self._place = open_workplace(self._settings, self._stop)
        return self._place

    def close(self) -> None:
        if self._place is not None:
            self._place.sandbox.close()
            self._place.database.close()
            self._place = None


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    pass


def register(app: Celery, settings: DispatchSettings) -> None:
    """Give `app` its task, and its worker the habits of ours."""
    stop, parent = StopFlag(), os.getpid()
    seat = _Seat(settings, stop)
    publisher = Publisher(app)

    @app.task(name=VERIFY_TASK)  # type: ignore[untyped-decorator]
    def verify(batch_id: str) -> None:
        if stop.is_set():
            return  # The batch is as it was; the sweeper sees to it.
        outcome = verify_batch(seat.place(), batch_id)
        if outcome.publish:
            publisher.publish(seat.place().database, outcome.kind, outcome.publish)
        if outcome.retire:
            seat.close()
            # Ends this pool process; Celery starts another. Its message comes again and finds
            # the batch done.
            raise SystemExit(0)

    def on_child(**_: object) -> None:
        watch_parent(parent)
        # The flag says when to end. Handlers, because candidates would inherit an ignored
        # signal (Celery has SIGINT ignored), but never a handler.
        signal.signal(signal.SIGTERM, _nothing)
        signal.signal(signal.SIGINT, _nothing)

    def on_child_end(**_: object) -> None:
        seat.close()

    def on_ready(**_: object) -> None:
        def end(_signal: int, _frame: FrameType | None) -> None:
            stop.set()
            celery_state.should_stop = 0

        # Celery's own handlers print to the terminal.
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)

    signals.worker_process_init.connect(on_child, weak=False)
    signals.worker_process_shutdown.connect(on_child_end, weak=False)
    signals.worker_ready.connect(on_ready, weak=False)
