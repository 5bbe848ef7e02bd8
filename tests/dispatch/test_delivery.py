"""Batches reach real workers over a real broker, however often and in whatever order."""

from __future__ import annotations

from tests.dispatch.world import (
    attempts_by_order,
    batches_of,
    deaths,
    is_done,
    new_run,
    said_once,
    wait_for,
)
from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.store.database import Database


def test_each_candidate_gets_one_verdict(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    orders = [f"pass {at}" for at in range(150)] + [f"fail {at}" for at in range(50)]
    run = new_run(database, orders, environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run))
    wait_for(lambda: is_done(database, run))
    said_once(database, orders)


def test_a_doubled_message_changes_nothing(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    orders = [f"sleep 0.02 {at}" for at in range(40)]
    run = new_run(database, orders, environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run, size=8) * 2)
    wait_for(lambda: is_done(database, run))
    said_once(database, orders)
    assert deaths(database) == 0


def test_a_lost_message_is_sent_again(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    orders = [f"pass {at}" for at in range(3)]
    run = new_run(database, orders, environment)
    dispatcher.start()
    batches_of(database, run)  # committed, and the producer never came to publish it
    wait_for(lambda: is_done(database, run))
    said_once(database, orders)


def test_real_programs_run_in_the_workers_jail(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    run = new_run(database, ["run 2"], environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run))
    wait_for(lambda: is_done(database, run))
    assert attempts_by_order(database) == {("run 2", "passed", ""): 1}
