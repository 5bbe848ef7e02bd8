"""Guests that wait: started ahead, handed out once, never stale, all ended."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from vervet.sandbox.docker.pool import Pool
from vervet.sandbox.guest import Guest, GuestGoneError
from vervet.sandbox.keeper import Plan

ALONE = Plan(space=1 << 20, memory=64 << 20, processes=8, alone=True)
OTHER = Plan(space=2 << 20, memory=64 << 20, processes=8, alone=True)


class Holder:
    """Holds nothing; remembers its end."""

    def __init__(self) -> None:
        self.ended = 0

    def admit(self) -> None: ...

    def last_words(self) -> str:
        return ""

    def memory_kills(self) -> int:
        return 0

    def end(self) -> None:
        self.ended += 1


class Starter:
    """Makes guests of socket pairs and counts them."""

    def __init__(self) -> None:
        self.holders: list[Holder] = []
        self.plans: list[Plan] = []
        self.far: list[socket.socket] = []
        self.fails = False
        self._lock = threading.Lock()

    def __call__(self, plan: Plan) -> Guest:
        if self.fails:
            raise GuestGoneError("no")
        near, far = socket.socketpair()
        holder = Holder()
        with self._lock:
            self.holders.append(holder)
            self.plans.append(plan)
            self.far.append(far)
        return Guest(near, holder)

    @property
    def alive(self) -> int:
        return sum(not holder.ended for holder in self.holders)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def starter():
    made = Starter()
    yield made
    for far in made.far:
        far.close()


@pytest.fixture
def pool(starter: Starter):
    made = Pool(starter, size=2, life_s=60.0)
    yield made
    made.close()


def test_a_plan_asked_for_once_has_no_spares(pool: Pool, starter: Starter) -> None:
    guest = pool.take(ALONE)
    time.sleep(0.05)
    assert len(starter.holders) == 1
    guest.close()


def test_a_plan_asked_for_again_has_spares(pool: Pool, starter: Starter) -> None:
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: starter.alive == 4)
    assert set(starter.plans) == {ALONE}
    for guest in taken:
        guest.close()


def test_a_spare_is_handed_out_once_and_replaced(pool: Pool, starter: Starter) -> None:
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: len(starter.holders) == 4)
    taken += [pool.take(ALONE), pool.take(ALONE), pool.take(ALONE)]
    assert len({guest.fileno() for guest in taken}) == 5
    until(lambda: starter.alive == 7)
    for guest in taken:
        guest.close()


def test_spares_of_a_plan_that_is_no_longer_asked_for_end(pool: Pool, starter: Starter) -> None:
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: starter.alive == 4)
    taken += [pool.take(OTHER), pool.take(OTHER)]
    until(lambda: starter.plans.count(OTHER) >= 4)
    until(lambda: starter.alive == 6)
    for guest in taken:
        guest.close()


def test_a_spare_that_has_died_is_not_handed_out(pool: Pool, starter: Starter) -> None:
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: len(starter.far) == 4)
    for far in starter.far[2:]:
        far.close()
    taken.append(pool.take(ALONE))
    assert taken[-1].alive
    for guest in taken:
        guest.close()


def test_a_stale_spare_is_not_handed_out(starter: Starter) -> None:
    pool = Pool(starter, size=1, life_s=0.0)
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: len(starter.holders) > 2)
    taken.append(pool.take(ALONE))
    pool.close()
    assert starter.alive == 3
    for guest in taken:
        guest.close()


def test_closing_ends_every_guest_that_waits(pool: Pool, starter: Starter) -> None:
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: starter.alive == 4)
    pool.close()
    pool.close()
    assert starter.alive == 2
    for guest in taken:
        guest.close()


def test_who_asks_hears_why_none_can_be_started(pool: Pool, starter: Starter) -> None:
    taken = [pool.take(ALONE), pool.take(ALONE)]
    until(lambda: starter.alive == 4)
    starter.fails = True
    taken += [pool.take(ALONE), pool.take(ALONE)]
    with pytest.raises(GuestGoneError):
        pool.take(ALONE)
    for guest in taken:
        guest.close()
