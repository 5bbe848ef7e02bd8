"""A candidate that kills whoever verifies it is found among many, and it alone is blamed."""

from __future__ import annotations

from tests.dispatch.world import (
    attempts_by_order,
    batches_of,
    is_done,
    new_run,
    said_once,
    wait_for,
    workers_of,
)
from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.store.database import Database

ORDERS = [f"pass {at}" for at in range(37)] + ["kill"] + [f"pass {at}" for at in range(37, 63)]


def test_the_poison_among_64_is_recorded_and_no_other(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    run = new_run(database, ORDERS, environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run))
    wait_for(lambda: is_done(database, run), 120)
    said_once(database, ORDERS)
    expected = {(order, "passed", ""): 1 for order in ORDERS if order != "kill"}
    expected |= {
        ("kill", "crashed", "breaks_sandbox"): 1,
        ("kill", "infra_error", "worker_died"): 2,
    }
    assert attempts_by_order(database) == expected
    # It died on two workers, and a third one, where the control passed, says so.
    assert len(workers_of(database, "kill")) == 3
