"""What a dead worker leaves can be taken back at once, and says who was at work."""

from __future__ import annotations

import time

import pytest

from tests.store.world import first, held, queued, results
from vervet.core.errors import LeaseLostError
from vervet.store.batches import claim, finish
from vervet.store.database import Database
from vervet.store.takeover import (
    WORKER_DIED,
    infra_tries_of,
    is_fragment,
    leased,
    take_back,
    verifier_digests,
)


def test_leases_are_told_with_their_workers(database: Database) -> None:
    _, batch_ids = queued(database, ["a", "b", "c"], size=1)
    held(database, batch_ids[0], "w1", lease_s=0.01)
    held(database, batch_ids[1], "w2")
    time.sleep(0.05)
    found = {each.id: (each.worker, each.over) for each in leased(database)}
    assert found == {batch_ids[0]: ("w1", True), batch_ids[1]: ("w2", False)}


@pytest.mark.parametrize(("died", "deaths"), [(True, 1), (False, 0)])
def test_a_batch_taken_back_is_free_at_once(database: Database, died: bool, deaths: int) -> None:
    _, [batch_id] = queued(database, ["a", "b"])
    lost = held(database, batch_id, "dead")
    assert claim(database, batch_id, "w2", 60) is None
    assert take_back(database, leased(database)[0], died=died)
    assert held(database, batch_id, "w2").deaths == deaths
    with pytest.raises(LeaseLostError):
        finish(database, lost, results(lost), first)


def test_a_death_over_one_solution_is_recorded_with_the_worker(database: Database) -> None:
    _, [batch_id] = queued(database, ["a"])
    for worker in ("dead1", "dead2"):
        held(database, batch_id, worker)
        assert take_back(database, leased(database)[0], died=True)
    claimed = held(database, batch_id, "w3")
    [tries] = infra_tries_of(database, claimed).values()
    assert [(each.worker, each.code) for each in tries] == [
        ("dead1", WORKER_DIED),
        ("dead2", WORKER_DIED),
    ]
    assert finish(database, claimed, results(claimed), first).verdicts == 1


def test_what_another_has_meanwhile_is_left_to_it(database: Database) -> None:
    _, [batch_id] = queued(database, ["a"])
    held(database, batch_id, "w1", lease_s=0.01)
    [old] = leased(database)
    time.sleep(0.05)
    held(database, batch_id, "w2")
    assert not take_back(database, old, died=True)
    assert [each.worker for each in leased(database)] == ["w2"]


def test_a_rest_is_a_fragment(database: Database) -> None:
    _, [batch_id] = queued(database, ["a", "b"])
    claimed = held(database, batch_id)
    rest = finish(database, claimed, results(claimed)[:1], first).rest
    assert rest is not None
    assert (is_fragment(database, batch_id), is_fragment(database, rest)) == (False, True)


def test_a_verifier_digest_tells_what_it_stands_for(database: Database) -> None:
    run, _ = queued(database, ["a"])
    assert verifier_digests(database, run.verifier_digest) == {"kind": "program"}
    assert verifier_digests(database, "unknown") == {}
