"""SIGKILL for the pool process, the worker, the producer: no verdict missing, none doubled,
no candidate blamed, no process left."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.dispatch.conftest import Start, wait_until_gone
from tests.dispatch.world import (
    attempts_by_order,
    batches_of,
    below,
    is_done,
    new_run,
    said_once,
    wait_for,
)
from vervet.core.processes import identity, is_gone
from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.dispatch.settings import DispatchSettings
from vervet.store.database import Database
from vervet.store.takeover import leased

ORDERS = [f"sleep 0.03 {at}" for at in range(60)]


def pool_process(database: Database) -> int:
    """The pid of a pool process that is at work on a batch."""
    wait_for(lambda: leased(database))
    return int(leased(database)[0].worker.split(" ")[0].split(":")[-2])


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def jail_of(pool: int) -> list[str]:
    """Identities of the processes of the jail in which a candidate sleeps."""
    wait_for(lambda: len(below(pool)) >= 3)
    time.sleep(0.3)  # bubblewrap has made its namespaces, and the candidate sleeps in them
    return [identity(pid) for pid in below(pool)]


def test_a_pool_process_is_killed(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    run = new_run(database, ORDERS, environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run, size=30))
    os.kill(pool_process(database), signal.SIGKILL)
    wait_for(lambda: is_done(database, run))
    said_once(database, ORDERS)
    assert set(attempts_by_order(database).values()) == {1}


def test_the_worker_is_killed(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    run = new_run(database, ORDERS, environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run, size=30))
    os.kill(parent_of(pool_process(database)), signal.SIGKILL)
    wait_for(lambda: is_done(database, run))
    said_once(database, ORDERS)
    assert dispatcher.healthy() == ""


def test_the_producer_is_killed_and_another_goes_on(
    database: Database,
    settings: DispatchSettings,
    start: Start,
    marker: str,
    environment: dict[str, str],
) -> None:
    run = new_run(database, ORDERS, environment)
    batches_of(database, run, size=30)
    # Its workers are its own on the embedded broker only.
    ours = "producer" if settings.embedded else "worker"
    other = None if settings.embedded else start("tests.dispatch.producer")
    first = start(f"tests.dispatch.{ours}")
    pool_process(database)
    first.kill()
    if other is not None:
        other.kill()
    wait_until_gone(marker)
    assert not is_done(database, run)
    start("tests.dispatch.producer")
    if not settings.embedded:
        start("tests.dispatch.worker")
    wait_for(lambda: is_done(database, run))
    said_once(database, ORDERS)


@pytest.mark.parametrize("settings", ["filesystem"], indirect=True)
@pytest.mark.parametrize("ancestor", ["pool process", "worker", "producer"])
def test_sandboxes_die_with_their(
    ancestor: str,
    database: Database,
    start: Start,
    environment: dict[str, str],
) -> None:
    batches_of(database, new_run(database, ["hold 6"], environment))
    producer = start("tests.dispatch.producer")
    pool = pool_process(database)
    jail = jail_of(pool)
    worker = parent_of(pool)
    os.kill({"pool process": pool, "worker": worker}.get(ancestor, producer.pid), signal.SIGKILL)
    wait_for(lambda: all(is_gone(name) for name in jail), 5)


def test_the_sandbox_is_killed(
    database: Database, dispatcher: CeleryDispatcher, environment: dict[str, str]
) -> None:
    run = new_run(database, ["hold 3", "pass 1"], environment)
    dispatcher.start()
    dispatcher.publish("obedient", batches_of(database, run))
    first = pool_process(database)
    jail = jail_of(first)
    os.kill(below(first)[0], signal.SIGKILL)
    # That guest had served others: what ended in it is tried in a fresh one before it counts.
    wait_for(lambda: len(below(first)) >= 3 and not set(jail) & set(jail_of(first)))
    os.kill(below(first)[0], signal.SIGKILL)
    wait_for(lambda: is_done(database, run))
    assert attempts_by_order(database)["hold 3", "infra_error", "suspected"] == 1
    # The pipeline asks for it again, and a process that did not see it fail has the word.
    dispatcher.publish("obedient", batches_of(database, run))
    assert pool_process(database) != first
    wait_for(lambda: is_done(database, run))
    said_once(database, ["hold 3", "pass 1"])


def test_closing_writes_what_is_done_and_leaves_no_process(
    database: Database,
    settings: DispatchSettings,
    marker: str,
    environment: dict[str, str],
    start: Start,
) -> None:
    run = new_run(database, ORDERS, environment)
    batches_of(database, run)
    worker = start("tests.dispatch.producer" if settings.embedded else "tests.dispatch.worker")
    pool_process(database)
    time.sleep(0.3)  # ten items or so
    worker.terminate()
    worker.communicate(timeout=20)
    wait_until_gone(marker)
    written = len(attempts_by_order(database))
    assert 0 < written < len(ORDERS)
    assert leased(database) == []
