"""Owns the guests that are started before they are asked for, by a thread in the background.

A job that may start processes has a container of its own, and the guest that replaces a broken
one should be there at once; so should the container of a job of steps. Never runs a job, and never
hands out a guest twice.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vervet.core.errors import SandboxError
from vervet.sandbox.guest import GuestGoneError

__all__ = ["Pool"]

ONCE, A_PAIR = 1, 2
"""How often a plan is asked for where nothing says that it will be again: a guest that is shared
serves many jobs, and a pair of programs has two."""


class _Plan(Protocol):
    @property
    def alone(self) -> bool:
        """Whether a guest of this plan serves one job only."""


class _Guest(Protocol):
    @property
    def alive(self) -> bool: ...

    def close(self) -> None: ...


P = TypeVar("P", bound=_Plan)
G = TypeVar("G", bound=_Guest)


@dataclass(frozen=True, slots=True)
class _Spare(Generic[P, G]):
    plan: P
    guest: G
    since: float


class Pool(Generic[P, G]):
    """At most `size` guests of the plan that is being asked for again and again.

    With `at_once`, of one that has been asked for once. `start` is called from two threads. A
    guest that has waited for `life_s` is not handed out.
    """

    def __init__(
        self, start: Callable[[P], G], *, size: int, life_s: float, at_once: bool = False
    ) -> None:
        self._start, self._size, self._life_s = start, size, life_s
        self._at_once = at_once
        self._spares: deque[_Spare[P, G]] = deque()
        self._wanted: P | None = None
        self._asked: tuple[P | None, int] = (None, 0)
        self._change = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def take(self, plan: P) -> G:
        """A guest of that plan: one that waits, or a new one. Raises as `start` does."""
        with self._change:
            spare = next((each for each in self._spares if each.plan == plan), None)
            if spare is not None:
                self._spares.remove(spare)
            before, times = self._asked
            self._asked = (plan, times + 1 if plan == before else 1)
            if self._at_once or self._asked[1] > (ONCE if plan.alone else A_PAIR):
                self._wanted = plan
            self._wake()
        if spare is not None and self._fresh(spare) and spare.guest.alive:
            return spare.guest
        if spare is not None:
            spare.guest.close()
        return self._start(plan)

    def close(self) -> None:
        """End the thread and every guest that waits; calling it twice is harmless."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        while self._spares:
            self._spares.pop().guest.close()

    def _wake(self) -> None:
        if self._wanted is not None and self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._fill, name="vervet-spares", daemon=True)
            self._thread.start()
        self._change.notify_all()

    def _fresh(self, spare: _Spare[P, G]) -> bool:
        return time.monotonic() - spare.since < self._life_s

    def _fill(self) -> None:
        """Until closed: let spares of other plans and stale ones go, start those that lack."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed or self._lacking(), self._life_s / 4)
                if self._closed:
                    return
                plan = self._wanted
                old = [each for each in self._spares if not self._useful(each)]
                for each in old:
                    self._spares.remove(each)
                lacking = plan is not None and len(self._spares) < self._size
            for each in old:
                each.guest.close()
            if plan is not None and lacking:
                self._add(plan)

    def _lacking(self) -> bool:
        return self._wanted is not None and self._size > sum(map(self._useful, self._spares))

    def _useful(self, spare: _Spare[P, G]) -> bool:
        return spare.plan == self._wanted and self._fresh(spare)

    def _add(self, plan: P) -> None:
        """One more; where it fails, whoever asks for one will hear why."""
        try:
            guest = self._start(plan)
        except (GuestGoneError, SandboxError):
            with self._change:
                self._wanted, self._asked = None, (None, 0)
            return
        with self._change:
            if not self._closed:
                self._spares.append(_Spare(plan, guest, time.monotonic()))
                return
        with contextlib.suppress(SandboxError):
            guest.close()
