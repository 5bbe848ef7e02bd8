"""One run from start to end: sampling and verifying overlapped, watched, resumable.

The database is the truth: whatever ends this process, starting it again goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from vervet.core.errors import DispatchError
from vervet.pipeline.dispatcher import Dispatcher
from vervet.pipeline.progress import Phase, RunObserver
from vervet.pipeline.record import Recorder
from vervet.pipeline.rejudge import Rejudging
from vervet.pipeline.sample import Sampler
from vervet.pipeline.session import Session
from vervet.pipeline.watch import Watch
from vervet.store.batches import unfinished
from vervet.store.reads import run_progress
from vervet.store.runs import RunState, set_run_state

__all__ = ["Outcome", "execute"]

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `expected`, `recorded` and `verified` are candidates."""

    run: str
    expected: int
    recorded: int
    verified: int
    interrupted: bool

    @property
    def complete(self) -> bool:
        """Whether every expected candidate is recorded and has its verdict."""
        return self.expected == self.recorded == self.verified


class _Work:
    """The loop of `execute`, with what it must remember."""

    def __init__(
        self,
        session: Session,
        recorder: Recorder,
        sampler: Sampler | None,
        dispatcher: Dispatcher | None,
        rejudging: Rejudging | None,
        observer: RunObserver,
    ) -> None:
        self.session = session
        self.recorder = recorder
        self.rejudging = rejudging
        self.rejudged = False
        self.sampler = sampler
        self.dispatcher = dispatcher
        self.observer = observer
        self.watch = Watch(session)

    def start(self) -> None:
        self._show(Phase.STARTING)
        if self.dispatcher is not None:
            self.dispatcher.start()
            waiting = self.recorder.enqueue_missing()
            if waiting:
                self.observer.note(f"solutions without a verdict: {waiting:,}")
        if self.sampler is not None:
            self.sampler.start()

    def go_on(self) -> None:
        while not self._finished():
            self._show(self._phase())
            self._check_workers()
            time.sleep(POLL_S)
        self._show(Phase.DONE)

    def stop(self) -> None:
        """End cleanly: the request at hand is recorded, the batches at hand are written."""
        self._show(Phase.STOPPING)
        if self.sampler is not None:
            self.sampler.stop()
            while self.sampler.running:
                self.sampler.join(POLL_S)
                self._show(Phase.STOPPING)

    @property
    def _sampling(self) -> bool:
        return self.sampler is not None and self.sampler.running

    def _finished(self) -> bool:
        if self._sampling:
            return False
        if self.sampler is not None and self.sampler.error is not None:
            raise self.sampler.error
        if self.dispatcher is None:
            return True
        with self.session.database.read() as conn:
            if unfinished(conn, self.session.run.id).total:
                return False
        if self.recorder.enqueue_missing() or self.watch.elsewhere():
            return False
        return self.rejudging is None or not self._rejudge(self.rejudging)

    def _rejudge(self, rejudging: Rejudging) -> int:
        """Go on in reference mode; how many solutions are not through."""
        waiting = rejudging.go_on()
        if waiting and not self.rejudged:
            self.rejudged = True
            self.observer.note(f"verdicts to judge again in reference mode: {waiting:,}")
        return waiting

    def _phase(self) -> Phase:
        if self._sampling:
            return Phase.SAMPLING
        return Phase.REJUDGING if self.rejudged else Phase.VERIFYING

    def _check_workers(self) -> None:
        if self.dispatcher is None:
            return
        wrong = self.dispatcher.healthy()
        if wrong:
            raise DispatchError(wrong, hint="Nothing is lost: run the same command again.")
        self.session.database.require_space()

    def _show(self, phase: Phase) -> None:
        self.observer.show(self.watch.snapshot(phase, self.sampler))


def execute(
    session: Session,
    *,
    recorder: Recorder,
    sampler: Sampler | None,
    dispatcher: Dispatcher | None,
    observer: RunObserver,
    rejudging: Rejudging | None = None,
) -> Outcome:
    """Sample what is missing, verify what has no verdict, and say how it ended.

    Without a sampler only verifies; without a dispatcher only samples; with `rejudging` the
    run's share is judged again in reference mode at the end. `KeyboardInterrupt`
    stops cleanly; a second one leaves at once. Raises what the sampler raised, or
    `DispatchError` if the workers cannot go on; all that was recorded stays.
    """
    began = time.perf_counter()
    work = _Work(session, recorder, sampler, dispatcher, rejudging, observer)
    interrupted, state = False, RunState.FAILED
    try:
        try:
            work.start()
            work.go_on()
        except KeyboardInterrupt:
            interrupted = True
            work.stop()
        state = RunState.INTERRUPTED if interrupted else RunState.FINISHED
    finally:
        if sampler is not None:
            sampler.stop()
        if dispatcher is not None:
            dispatcher.close()
        _close_books(session, state, _stages(session, recorder, sampler, began))
    with session.database.read() as conn:
        progress = run_progress(conn, session.run.id)
    return Outcome(
        run=session.run.name,
        expected=session.expected,
        recorded=progress.candidates,
        verified=progress.settled,
        interrupted=interrupted,
    )


def _stages(
    session: Session, recorder: Recorder, sampler: Sampler | None, began: float
) -> Mapping[str, float]:
    """Seconds by stage, those of earlier sittings of the same run included."""
    now = {
        "sampling": sampler.seconds if sampler else 0.0,
        "recording": recorder.seconds,
        "total": time.perf_counter() - began,
    }
    before = session.run.stages
    return {stage: round(before.get(stage, 0.0) + spent, 3) for stage, spent in now.items()}


def _close_books(session: Session, state: RunState, stages: Mapping[str, float]) -> None:
    with session.database.write() as conn:
        set_run_state(conn, session.run.id, state, stages)
