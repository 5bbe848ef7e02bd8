"""Carrying an audit through the queue: sends what is wanted, waits, asks again what is wanted.

Knows no kind of audit. All that an audit has found out is in the database, so that one that was
killed goes on where it was; ^C ends it cleanly.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from vervet.core.errors import DispatchError
from vervet.core.status import NORMAL
from vervet.pipeline.dispatcher import Dispatcher
from vervet.store.batches import enqueue, unfinished
from vervet.store.database import Database
from vervet.store.feed import last_attempt
from vervet.store.runs import Run, RunState, set_run_state

__all__ = ["AuditObserver", "AuditProgress", "AuditWork", "Want", "carry_through"]

POLL_S = 0.05
SHOW_S = 0.2
AT_ONCE = 16
"""Attempts of a batch: small enough that the workers share what there is."""
AT_ONCE_VARIED = 64
"""The same under another condition, for which every batch starts a sandbox of its own."""


@dataclass(frozen=True, slots=True)
class Want:
    """Attempts that an audit asks for: of one solution under one condition.

    `more` of them, beside the `made` ones; `alone` asks for nothing else to run meanwhile.
    """

    run: Run
    kind: str
    solution_id: int
    condition: str
    made: int
    more: int = 1
    alone: bool = False


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """An audit at one moment: solutions that are through, and what was tried, in seconds too.

    `attempts` are those of this sitting, `missing` those that are still to be made at most.
    """

    name: str
    solutions: int
    through: int
    attempts: int
    missing: int
    elapsed_s: float

    @property
    def remaining_s(self) -> float | None:
        """Seconds to the end at the rate so far; None while nothing was tried, or at the end."""
        if not self.attempts or not self.missing or self.elapsed_s <= 0:
            return None
        return self.missing * self.elapsed_s / self.attempts


class AuditObserver(Protocol):
    """Is told how an audit goes on; must return quickly and never raise."""

    def show(self, progress: AuditProgress) -> None:
        """Where it stands, several times a second."""
        ...

    def note(self, message: str) -> None:
        """A sentence for the user that will not come again."""
        ...


class AuditWork(Protocol):
    """One audit: what it still wants to be tried."""

    @property
    def name(self) -> str:
        """The audit's name, as in the table `audits`."""
        ...

    @property
    def runs(self) -> Sequence[Run]:
        """The runs to whose batches the attempts belong."""
        ...

    @property
    def counts(self) -> tuple[int, int]:
        """Solutions in all, and those that are through."""
        ...

    @property
    def missing(self) -> int:
        """How many attempts are still to be made, at most, as far as it is known."""
        ...

    def wants(self, conn: Connection) -> Sequence[Want]:
        """Take in what was tried, write what is found; what is wanted next, nothing at the end."""
        ...


def carry_through(
    database: Database,
    work: AuditWork,
    dispatcher: Dispatcher,
    observer: AuditObserver,
) -> bool:
    """Have everything tried that the audit wants; False if ^C ended it before.

    Starts and closes the dispatcher. Raises `DispatchError` if the workers cannot go on; all that
    was tried stays.
    """
    loop = _Loop(database, work, dispatcher, observer)
    through = False
    try:
        loop.begin()
        loop.go_on()
        through = True
    except KeyboardInterrupt:
        observer.note("interrupted; the same command goes on from here")
    finally:
        dispatcher.close()
        loop.end(RunState.FINISHED if through else RunState.INTERRUPTED)
    return through


class _Loop:
    """The loop of `carry_through`, with what it must remember."""

    def __init__(
        self,
        database: Database,
        work: AuditWork,
        dispatcher: Dispatcher,
        observer: AuditObserver,
    ) -> None:
        self._database, self._work = database, work
        self._dispatcher, self._observer = dispatcher, observer
        self._began = self._shown = time.perf_counter()
        self._counted = 0
        with database.read() as conn:
            self._first = last_attempt(conn)

    def begin(self) -> None:
        self._dispatcher.start()

    def go_on(self) -> None:
        while True:
            self._wait()
            with self._database.write() as conn:
                wants = self._work.wants(conn)
                self._counted = last_attempt(conn) - self._first
                sent = _enqueue(conn, wants)
            for kind, batches in sent.items():
                self._dispatcher.publish(kind, batches)
            self._show(now=True)
            if not wants:
                return
            if not sent:  # another audit has them on their way
                time.sleep(SHOW_S)

    def end(self, state: RunState) -> None:
        with self._database.write() as conn:
            for run in self._work.runs:
                if run.state is RunState.RUNNING:
                    set_run_state(conn, run.id, state)

    def _wait(self) -> None:
        while self._open():
            wrong = self._dispatcher.healthy()
            if wrong:
                raise DispatchError(wrong, hint="Nothing is lost: run the same command again.")
            self._database.require_space()
            self._show()
            time.sleep(POLL_S)

    def _open(self) -> int:
        with self._database.read() as conn:
            return sum(unfinished(conn, run.id).total for run in self._work.runs)

    def _show(self, *, now: bool = False) -> None:
        moment = time.perf_counter()
        if not now and moment - self._shown < SHOW_S:
            return
        self._shown = moment
        with self._database.read() as conn:
            made = last_attempt(conn) - self._first
        solutions, through = self._work.counts
        self._observer.show(
            AuditProgress(
                self._work.name,
                solutions,
                through,
                made,
                max(0, self._work.missing - (made - self._counted)),
                moment - self._began,
            )
        )


def _enqueue(conn: Connection, wants: Sequence[Want]) -> dict[str, list[str]]:
    """Put what is wanted into batches; ids by kind. What is wanted alone waits for the rest."""
    groups: dict[_Group, list[Want]] = defaultdict(list)
    for want in wants:
        for number in range(want.more):
            key = _Group(want.alone, want.run.id, want.kind, want.condition, want.made + number)
            groups[key].append(want)
    ordered = sorted(groups)
    if ordered and ordered[0].alone:
        ordered = ordered[:1]
    sent: dict[str, list[str]] = defaultdict(list)
    for key in ordered:
        if key.alone and not ordered[0].alone:
            continue
        some = groups[key]
        sent[key.kind] += enqueue(
            conn,
            run_id=key.run_id,
            kind=key.kind,
            verifier_digest=some[0].run.verifier_digest,
            environment_digest=some[0].run.environment_digest,
            solution_ids=[want.solution_id for want in some],
            size=_size(key, len(some)),
            condition=key.condition,
            total=key.made + 1,
            again=key.made > 0 or key.condition != NORMAL,
        )
    return {kind: ids for kind, ids in sent.items() if ids}


def _size(key: _Group, count: int) -> int:
    """How many go into a batch; what is to be tried alone goes into one."""
    if key.alone:
        return count
    return AT_ONCE if key.condition == NORMAL else AT_ONCE_VARIED


class _Group(NamedTuple):
    """What goes into the same batches; those to be tried alone sort last."""

    alone: bool
    run_id: int
    kind: str
    condition: str
    made: int
