"""Batches and their leases: who may write, what a lost worker leaves, how a batch is halved."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from tests.store.world import (
    add,
    candidate,
    count,
    first,
    held,
    new_run,
    put,
    queued,
    results,
    verify,
)
from vervet.core.errors import LeaseLostError
from vervet.core.status import Flag, Outcome, Settlement, Status
from vervet.core.values import Attempt, CheckEvidence, Verdict
from vervet.store.announcing import mark_published, stale
from vervet.store.batches import (
    claim,
    finish,
    infra_tries,
    missing_solutions,
    release,
    renew,
    split,
    unfinished,
)
from vervet.store.database import Database
from vervet.store.reads import history, run_progress, status_counts
from vervet.store.schema import attempts, batches, checks, verdicts

INFRA = Attempt(Status.INFRA_ERROR, message="the control failed too")


def missing(database: Database, run_id: int, **options: int) -> list[int]:
    with database.read() as conn:
        return missing_solutions(conn, run_id, **options)


def column(database: Database, batch_id: str, name: str) -> object:
    with database.read() as conn:
        return conn.scalar(select(batches.c[name]).where(batches.c.id == batch_id))


def test_a_claim_holds_all_that_a_worker_needs(database: Database) -> None:
    run = new_run(database, problems=1)
    malformed = candidate("p0", 1, "...", malformed="cut")
    added = add(database, run, [candidate("p0", 0, "good"), malformed])
    claimed = held(database, put(database, run, added.to_verify)[0])
    assert (claimed.kind, claimed.run_id, claimed.condition) == ("program", run.id, "normal")
    assert (claimed.tries, claimed.deaths, claimed.settlement) == (1, 0, Settlement.FIRST)
    assert [item.ordinal for item in claimed.items] == [0, 0]
    assert {item.solution for item in claimed.items} == {
        candidate("p0", 0, "good").solution,
        malformed.solution,
    }
    assert claimed.items[0].problem.spec == {"tests": [[1, 2]], "name": "p0"}


def test_a_batch_is_one_workers_at_a_time(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    held(database, batch_id, "w1")
    assert claim(database, batch_id, "w2", 60) is None


def test_a_batch_that_is_unknown_or_done_is_nobodys(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    verify(database, [batch_id])
    assert claim(database, batch_id, "w2", 60) is None
    assert claim(database, "0" * 32, "w2", 60) is None


def test_a_lease_that_is_over_can_be_claimed_and_counts_as_a_death(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    held(database, batch_id, "w1", lease_s=0.01)
    time.sleep(0.05)
    second = held(database, batch_id, "w2")
    assert (second.tries, second.deaths) == (2, 1)


def test_who_lost_the_lease_writes_nothing(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    lost = held(database, batch_id, "w1", lease_s=0.01)
    time.sleep(0.05)
    held(database, batch_id, "w2")
    for write in (
        lambda: finish(database, lost, results(lost), first),
        lambda: renew(database, lost, 60),
        lambda: release(database, lost),
    ):
        with pytest.raises(LeaseLostError, match="no longer held by worker 'w1'"):
            write()
    assert count(database, attempts) == 0


def test_a_lease_that_is_over_but_nobody_elses_still_holds(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    claimed = held(database, batch_id, lease_s=0.01)
    time.sleep(0.05)
    assert finish(database, claimed, results(claimed), first).attempts == 1


def test_a_renewed_lease_keeps_others_out(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    claimed = held(database, batch_id, lease_s=0.2)
    renew(database, claimed, 60)
    time.sleep(0.25)
    assert claim(database, batch_id, "w2", 60) is None


def test_a_message_that_comes_twice_writes_once(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    claimed = held(database, batch_id)
    finish(database, claimed, results(claimed), first)
    with pytest.raises(LeaseLostError):
        finish(database, claimed, results(claimed), first)
    assert count(database, attempts) == 1


def test_a_released_batch_is_as_it_was_and_nobody_died(database: Database) -> None:
    _, [batch_id] = queued(database, ["good"])
    release(database, held(database, batch_id))
    assert held(database, batch_id, "w2").deaths == 0


def test_attempt_evidence_and_verdict_are_written_together(database: Database) -> None:
    run, [batch_id] = queued(database, ["bad"])
    claimed = held(database, batch_id)
    evidence = CheckEvidence(1, "case\0", Outcome.FAILED, "no \ud800", b"1\n", b"2\xff")
    attempt = Attempt(
        Status.FAILED,
        code="wrong_output",
        flags=frozenset({Flag.STARVED, Flag.SPEED_DEPENDENT}),
        outcomes=(Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN),
        evidence=(evidence,),
        layers=("userns", "rlimits"),
    )
    done = finish(database, claimed, results(claimed, attempt), first)
    assert (done.attempts, done.verdicts, done.rest) == (1, 1, None)
    with database.read() as conn:
        past = history(conn, claimed.items[0].solution_id)
        row = conn.execute(select(checks)).one()
        assert run_progress(conn, run.id).statuses == {Status.FAILED: 1}
    [only] = past.attempts
    assert only.attempt.flags == attempt.flags
    assert (only.attempt.outcomes, only.attempt.layers) == (attempt.outcomes, attempt.layers)
    assert (only.worker, only.host, only.infra_try) == ("w1", "here", 0)
    assert [verdict.code for verdict in past.verdicts] == ["wrong_output"]
    assert (row.name, row.message, row.ordinal) == ("case\\x00", "no \\ud800", 1)


def test_an_infra_error_is_no_verdict_and_the_solution_is_missing_again(
    database: Database,
) -> None:
    run, batch_ids = queued(database, ["good"])
    for tries in (1, 2):
        claimed = held(database, batch_ids[0])
        assert finish(database, claimed, results(claimed, INFRA), first).verdicts == 0
        with database.read() as conn:
            assert list(infra_tries(conn, run.id).values()) == [tries]
            assert status_counts(conn, run.id).infra_error == 1
        batch_ids = put(database, run, missing(database, run.id))
    verify(database, batch_ids)
    assert missing(database, run.id) == []
    with database.read() as conn:
        found = conn.execute(select(attempts.c.ordinal, attempts.c.infra_try)).all()
        assert status_counts(conn, run.id).infra_error == 0
    assert set(found) == {(0, 1), (0, 2), (0, 0)}


def test_a_solution_that_only_met_infra_errors_can_be_given_up(database: Database) -> None:
    run, [batch_id] = queued(database, ["good"])
    claimed = held(database, batch_id)
    finish(database, claimed, results(claimed, INFRA), first)
    assert len(missing(database, run.id)) == 1
    assert missing(database, run.id, max_infra_tries=1) == []


def test_items_without_a_result_go_into_a_batch_of_their_own(database: Database) -> None:
    run, [batch_id] = queued(database, ["a", "b", "c"])
    claimed = held(database, batch_id)
    done = finish(database, claimed, results(claimed)[:1], first)
    assert done.rest is not None
    rest = held(database, done.rest)
    assert rest.items == claimed.items[1:]
    finish(database, rest, results(rest), first)
    assert missing(database, run.id) == []


def test_results_of_other_items_are_refused(database: Database) -> None:
    _, batch_ids = queued(database, ["a", "b"], size=1)
    one, two = (held(database, each) for each in batch_ids)
    with pytest.raises(ValueError, match="not one of each"):
        finish(database, one, results(two), first)
    with pytest.raises(ValueError, match="not one of each"):
        finish(database, one, results(one) * 2, first)
    assert count(database, attempts) == 0


def test_a_settlement_may_ask_for_more_attempts(database: Database) -> None:
    run, batch_ids = queued(database, ["good"])

    def of_two(made: object) -> Verdict | None:
        return Verdict(Status.PASSED, attempts=2) if len(made) == 2 else None  # type: ignore[arg-type]

    claimed = held(database, batch_ids[0])
    assert finish(database, claimed, results(claimed), of_two).verdicts == 0
    claimed = held(database, put(database, run, missing(database, run.id))[0])
    assert [item.ordinal for item in claimed.items] == [1]
    assert finish(database, claimed, results(claimed), of_two).verdicts == 1


def test_a_verdict_that_changes_moves_the_counters(database: Database) -> None:
    run, [batch_id] = queued(database, ["good"])
    verify(database, [batch_id])
    [solution_id] = solution_ids_of(database)
    [again] = put(database, run, [solution_id], again=True)
    claimed = held(database, again)
    finish(
        database,
        claimed,
        results(claimed, Attempt(Status.FAILED)),
        lambda made: Verdict(made[-1].status, flags=frozenset({Flag.FLAKY}), attempts=len(made)),
    )
    with database.read() as conn:
        progress = run_progress(conn, run.id)
        assert status_counts(conn, run.id).flags == {"flaky": 1}
    assert (progress.statuses, progress.passed) == ({Status.FAILED: 1}, 0)


def test_an_unsettled_verdict_is_unsettled_in_every_count(database: Database) -> None:
    run, [batch_id] = queued(database, ["good"])
    claimed = held(database, batch_id)
    unsettled = Verdict(Status.PASSED, flags=frozenset({Flag.UNSETTLED}))
    finish(database, claimed, results(claimed), lambda _: unsettled)
    with database.read() as conn:
        assert run_progress(conn, run.id).unsettled == 1
        assert status_counts(conn, run.id).unsettled == 1
        counted = "SELECT unsettled, passed, passed_all_flags FROM v_coverage_counts"
        assert conn.execute(text(counted)).one() == (1, 0, 0)


def test_another_condition_settles_nothing(database: Database) -> None:
    run, [batch_id] = queued(database, ["good"])
    verify(database, [batch_id])
    [perturbed] = put(database, run, solution_ids_of(database), condition="hashseed=7")
    claimed = held(database, perturbed)
    assert claimed.condition == "hashseed=7"
    done = finish(database, claimed, results(claimed, Attempt(Status.FAILED)), first)
    assert (done.attempts, done.verdicts) == (1, 0)
    with database.read() as conn:
        assert run_progress(conn, run.id).statuses == {Status.PASSED: 1}


def test_what_is_underway_or_settled_is_not_enqueued_again(database: Database) -> None:
    run, [batch_id] = queued(database, ["good"])
    ids = solution_ids_of(database)
    assert put(database, run, ids) == []
    verify(database, [batch_id])
    assert put(database, run, ids) == []
    assert put(database, run, [*ids, *ids], again=True) != []


def test_batches_are_of_the_asked_size(database: Database) -> None:
    _, batch_ids = queued(database, [f"x{at}" for at in range(10)], size=4)
    assert sorted(len(held(database, each).items) for each in batch_ids) == [2, 4, 4]


def test_a_batch_that_died_is_halved_down_to_the_poison(database: Database) -> None:
    run, [batch_id] = queued(database, [f"x{at}" for at in range(5)])
    original = held(database, batch_id)
    leaves, todo = [], [batch_id]
    while todo:
        claimed = original if todo[0] == batch_id else held(database, todo[0])
        todo.pop(0)
        if len(claimed.items) == 1:
            leaves.append(claimed)
        else:
            todo += split(database, claimed)
    assert sorted(leaf.items[0].solution_id for leaf in leaves) == sorted(
        item.solution_id for item in original.items
    )
    poison = Attempt(Status.CRASHED, code="breaks_sandbox")
    for leaf in leaves:
        finish(database, leaf, results(leaf, poison), first)
    with database.read() as conn:
        assert run_progress(conn, run.id).statuses == {Status.CRASHED: 5}


def test_a_batch_that_another_holds_is_not_halved(database: Database) -> None:
    _, [batch_id] = queued(database, ["a", "b"])
    held(database, batch_id)
    with pytest.raises(LeaseLostError, match="is held by a worker"):
        split(database, batch_id)


def test_a_batch_that_nobody_holds_is_halved_by_its_id(database: Database) -> None:
    _, [batch_id] = queued(database, ["a", "b"])
    assert len(split(database, batch_id)) == 2
    with pytest.raises(LeaseLostError, match="has ended"):
        split(database, batch_id)
    assert column(database, batch_id, "state") == "split"


def test_one_item_cannot_be_halved(database: Database) -> None:
    _, [batch_id] = queued(database, ["a"])
    with pytest.raises(ValueError, match="cannot be split"):
        split(database, batch_id)


def stale_after(database: Database, seconds: float, grace_s: float = 10) -> list[str]:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return [each.id for each in stale(database, grace_s=grace_s, now=moment)]


def test_a_batch_whose_message_never_left_is_stale_after_the_grace(database: Database) -> None:
    _, [batch_id] = queued(database, ["a"])
    assert stale_after(database, 5) == []
    assert stale_after(database, 15) == [batch_id]


def test_a_batch_is_republished_at_a_slowing_rate(database: Database) -> None:
    _, [batch_id] = queued(database, ["a"])
    waits = []
    for _ in range(9):
        mark_published(database, [batch_id])
        moments = (10, 20, 40, 80, 160, 320, 640, 1280)
        waits.append(next(s for s in moments if stale_after(database, s + 5)))
    assert waits == [10, 20, 40, 80, 160, 320, 640, 640, 640]


def test_a_batch_whose_lease_is_over_is_stale_and_a_held_one_is_not(database: Database) -> None:
    _, batch_ids = queued(database, ["a", "b", "c"], size=1)
    mark_published(database, batch_ids)
    held(database, batch_ids[0], lease_s=30)
    held(database, batch_ids[1], lease_s=3000)
    verify(database, batch_ids[2:])
    assert stale_after(database, 20) == []
    assert stale_after(database, 40) == batch_ids[:1]


def test_no_more_are_swept_than_the_limit(database: Database) -> None:
    queued(database, ["a", "b", "c"], size=1)
    moment = datetime.now(UTC) + timedelta(seconds=60)
    assert len(stale(database, grace_s=10, limit=2, now=moment)) == 2


def test_open_batches_of_a_run_are_counted(database: Database) -> None:
    run, batch_ids = queued(database, ["a", "b", "c"], size=1)
    held(database, batch_ids[0])
    verify(database, batch_ids[1:2])
    with database.read() as conn:
        found = unfinished(conn, run.id)
    assert (found.queued, found.leased, found.total) == (1, 1, 2)


def test_verdicts_and_batches_of_other_runs_are_not_missing(database: Database) -> None:
    run, batch_ids = queued(database, ["a", "b", "c"], size=1)
    verify(database, batch_ids[:1])
    assert missing(database, run.id) == []
    with database.write() as conn:
        conn.execute(text("UPDATE batches SET state = 'done' WHERE state = 'queued'"))
    assert len(missing(database, run.id)) == 2
    assert count(database, verdicts) == 1


def solution_ids_of(database: Database) -> list[int]:
    with database.read() as conn:
        return list(conn.scalars(text("SELECT id FROM solutions")))
