"""What a watcher of a run reads again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.world import first, held, queued, results, verify
from vervet.core.status import Status
from vervet.store.batches import finish
from vervet.store.feed import attempts_since, last_attempt, verifying_seconds


def test_new_attempts_are_seen_once_in_order(database):
    run, batches = queued(database, ["good 1", "bad", "good 2"], size=2)
    with database.read() as conn:
        start = last_attempt(conn)
    verify(database, batches[:1])
    with database.read() as conn:
        some = attempts_since(conn, run, start)
    verify(database, batches[1:])
    with database.read() as conn:
        rest = attempts_since(conn, run, some[-1].id)
        assert attempts_since(conn, run, rest[-1].id) == []
    assert (len(some), len(rest)) == (2, 1)
    assert [each.id for each in (*some, *rest)] == sorted(each.id for each in (*some, *rest))
    statuses = sorted(each.status for each in (*some, *rest))
    assert statuses == [Status.FAILED, Status.PASSED, Status.PASSED]
    assert {each.problem for each in (*some, *rest)} == {"p0"}


def test_attempts_of_another_suite_are_not_of_this_run(database):
    run, _ = queued(database, ["good"])
    _, batches = queued(database, ["good"])
    verify(database, batches)
    with database.read() as conn:
        assert attempts_since(conn, run, 0) == []


def test_verifying_seconds_add_up_over_attempts(database):
    run, (batch,) = queued(database, ["good", "bad"])
    claimed = held(database, batch)
    timed = [
        replace(result, finished_at=result.started_at + timedelta(seconds=seconds))
        for result, seconds in zip(results(claimed), (0.25, 1.5), strict=True)
    ]
    finish(database, claimed, timed, first)
    with database.read() as conn:
        assert verifying_seconds(conn, run.id) == pytest.approx(1.75, abs=1e-3)
