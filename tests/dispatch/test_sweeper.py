"""Which batches the sweeper takes back and sends again, and whose deaths it counts."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.dispatch.conftest import quick_settings
from tests.dispatch.world import attempts_by_order, batches_of, deaths, new_run, open_batches
from vervet.core.processes import identity
from vervet.dispatch.app import make_app
from vervet.dispatch.broker_dir import BrokerDir
from vervet.dispatch.publisher import Publisher
from vervet.dispatch.sweeper import Sweeper
from vervet.store.announcing import mark_published
from vervet.store.database import Database
from vervet.store.leases import claim

ENVIRONMENT = {"kind": "none"}
LATER = 3600.0


class _Noting(Publisher):
    """A publisher that notes what it sends, on a real broker."""

    sent: list[str]

    def publish(self, database: Database, kind: str, batch_ids: Sequence[str]) -> int:
        self.sent = [*getattr(self, "sent", []), *batch_ids]
        return super().publish(database, kind, batch_ids)


@pytest.fixture
def publisher(database: Database, tmp_path: Path) -> Iterator[_Noting]:
    settings = quick_settings(database, tmp_path, "filesystem://")
    with BrokerDir(settings.state_dir) as folder:
        app = make_app(settings.model_copy(update={"broker_dir": folder.path}))
        found = _Noting(app)
        found.sent = []
        yield found
        app.close()


def sweeper(
    database: Database, publisher: Publisher, republish_s: float = LATER, *, afresh: bool = False
) -> Sweeper:
    return Sweeper(database, publisher, every_s=1, republish_s=republish_s, afresh=afresh)


def queued(database: Database, *orders: str) -> str:
    (batch,) = batches_of(database, new_run(database, orders, ENVIRONMENT))
    return batch


@pytest.fixture
def ended() -> str:
    """The identity of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = identity(process.pid)
    process.communicate()
    return name


ELSEWHERE = "elsewhere:0123abcd.1:77:1234"


def test_a_batch_whose_worker_died_is_sent_at_once(
    database: Database, publisher: _Noting, ended: str
) -> None:
    batch = queued(database, "pass 1", "pass 2")
    claim(database, batch, f"{ended} {identity()}", LATER)
    assert sweeper(database, publisher).sweep() == 1
    assert publisher.sent == [batch]
    assert open_batches(database) == [(batch, "queued")]
    assert deaths(database) == 1


def test_a_death_with_a_single_solution_is_recorded(
    database: Database, publisher: _Noting, ended: str
) -> None:
    claim(database, queued(database, "pass 1"), f"{ended} {identity()}", LATER)
    sweeper(database, publisher).sweep()
    assert attempts_by_order(database) == {("pass 1", "infra_error", "worker_died"): 1}


def test_a_worker_that_fell_with_its_producer_counts_as_no_death(
    database: Database, publisher: _Noting, ended: str
) -> None:
    batch = queued(database, "pass 1")
    claim(database, batch, f"{ended} {ended}", LATER)
    assert sweeper(database, publisher).sweep() == 1
    assert open_batches(database) == [(batch, "queued")]
    assert (deaths(database), attempts_by_order(database)) == (0, {})


def test_a_worker_at_work_is_left_alone(database: Database, publisher: _Noting) -> None:
    claim(database, queued(database, "pass 1"), f"{identity()} {identity()}", LATER)
    assert sweeper(database, publisher).sweep() == 0


def test_a_worker_of_another_host_is_left_alone_while_its_lease_lasts(
    database: Database, publisher: _Noting
) -> None:
    claim(database, queued(database, "pass 1"), ELSEWHERE, LATER)
    assert sweeper(database, publisher).sweep() == 0


def test_a_worker_of_another_host_is_dead_when_its_lease_is_over(
    database: Database, publisher: _Noting
) -> None:
    batch = queued(database, "pass 1", "pass 2")
    claim(database, batch, ELSEWHERE, -1)
    assert sweeper(database, publisher).sweep() == 1
    assert deaths(database) == 1


def test_a_worker_of_this_host_that_slept_through_its_lease_is_not_dead(
    database: Database, publisher: _Noting
) -> None:
    batch = queued(database, "pass 1", "pass 2")
    claim(database, batch, identity(), -1)
    assert sweeper(database, publisher).sweep() == 1
    assert deaths(database) == 0


def test_a_new_broker_is_told_of_every_open_batch_once(
    database: Database, publisher: _Noting
) -> None:
    batch = queued(database, "pass 1")
    mark_published(database, [batch])  # to a broker that is no more
    found = sweeper(database, publisher, afresh=True)
    assert (found.sweep(), found.sweep()) == (1, 0)


def test_it_notices_that_nobody_works(database: Database, publisher: _Noting) -> None:
    found = sweeper(database, publisher)
    batch = queued(database, "pass 1")
    found.sweep()
    waited = found.unattended_s
    time.sleep(0.02)
    found.sweep()
    assert found.unattended_s > waited
    claim(database, batch, identity(), LATER)
    found.sweep()
    assert found.unattended_s < waited + 0.02


def test_a_batch_is_not_sent_again_while_messages_wait(
    database: Database, publisher: _Noting
) -> None:
    first, second = queued(database, "pass 1"), queued(database, "pass 2")
    publisher.publish(database, "obedient", [first])
    assert sweeper(database, publisher, republish_s=0.0).sweep() == 0
    assert publisher.sent == [first]
    assert (second, "queued") in open_batches(database)
