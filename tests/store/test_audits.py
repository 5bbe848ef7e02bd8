"""Which verdicts fall to reference mode, and how what is found there is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import select

from tests.store.world import add, candidate, first, held, new_run, put, results, verify
from vervet.core.status import REFERENCE, Flag, Status
from vervet.core.values import Attempt, Verdict
from vervet.store.attempts import Result
from vervet.store.audits import AuditItem, add_items, findings, open_audit, save_summary, summary_of
from vervet.store.batches import finish
from vervet.store.database import Database
from vervet.store.rejudging import chosen, load_solutions
from vervet.store.runs import Run
from vervet.store.schema import audit_items

TEXTS = [f"good {at}" for at in range(300)]


def verified(database: Database) -> Run:
    run = new_run(database, problems=1, n=len(TEXTS))
    sampled = [candidate("p0", at, text) for at, text in enumerate(TEXTS)]
    added = add(database, run, [*sampled, candidate("p0", len(TEXTS), "", "nothing_extracted")])
    verify(database, put(database, run, added.to_verify))
    return run


def texts_of(database: Database, run: Run, share: float) -> set[str]:
    with database.read() as conn:
        found = [each.solution_id for each in chosen(conn, run, share)]
        return {solution.text for solution in load_solutions(conn, found).values()}


def attempt_again(database: Database, run: Run, solution_id: int, status: Status) -> None:
    [batch] = put(database, run, [solution_id], again=True)
    claimed = held(database, batch)

    def flaky(_: object) -> Verdict:
        return Verdict(Status.PASSED, flags=frozenset({Flag.FLAKY}), attempts=2)

    finish(database, claimed, results(claimed, Attempt(status)), flaky)


def test_every_share_holds_all_of_a_smaller_one(database: Database) -> None:
    run = verified(database)
    shares = [texts_of(database, run, share) for share in (0.0, 0.01, 0.1, 0.5, 1.0)]
    assert all(small <= large for small, large in pairwise(shares))
    assert shares[0] == set()
    assert shares[-1] == set(TEXTS)  # what holds nothing to run is left out
    assert 15 <= len(shares[2]) <= 47  # of 300: three standard deviations about 30
    assert 124 <= len(shares[3]) <= 176


def test_another_database_makes_the_same_choice(database: Database) -> None:
    first_run, second_run = verified(database), verified(database)
    assert texts_of(database, first_run, 0.2) == texts_of(database, second_run, 0.2)


def test_attempts_that_disagree_are_chosen_whatever_the_share(database: Database) -> None:
    run = verified(database)
    with database.read() as conn:
        solution_id = chosen(conn, run, 1.0)[7].solution_id
    attempt_again(database, run, solution_id, Status.FAILED)
    with database.read() as conn:
        (found,) = chosen(conn, run, 0.0)
    assert found.solution_id == solution_id
    assert [each.status for each in found.attempts("normal")] == [Status.PASSED, Status.FAILED]


def test_what_was_re_judged_stays_chosen_and_its_failures_are_counted(database: Database) -> None:
    run = verified(database)
    with database.read() as conn:
        solution_id = chosen(conn, run, 1.0)[0].solution_id
    for status in (Status.INFRA_ERROR, Status.PASSED):
        [batch] = put(database, run, [solution_id], condition=REFERENCE)
        claimed = held(database, batch)
        finish(database, claimed, results(claimed, Attempt(status, "c", message="m")), first)
    assert put(database, run, [solution_id], condition=REFERENCE) == []
    with database.read() as conn:
        (found,) = chosen(conn, run, 0.0)
    history = found.history
    assert (history.failures(REFERENCE), history.failures("normal")) == (1, 0)
    assert history.why[REFERENCE] == "m"
    assert [each.status for each in found.attempts(REFERENCE)] == [Status.PASSED]


def test_a_second_attempt_is_asked_for_once(database: Database) -> None:
    run = verified(database)
    with database.read() as conn:
        solution_id = chosen(conn, run, 1.0)[0].solution_id
    [batch] = put(database, run, [solution_id], total=2)
    assert put(database, run, [solution_id], total=2) == []  # on its way
    claimed = held(database, batch)
    assert [item.ordinal for item in claimed.items] == [1]
    now = datetime.now(UTC)
    passed = Result(solution_id, 1, Attempt(Status.PASSED), now, now)
    finish(database, claimed, [passed], first)
    assert put(database, run, [solution_id], total=2) == []  # made


def test_an_item_is_written_once_and_the_summary_as_often_as_asked(database: Database) -> None:
    run = verified(database)
    with database.read() as conn:
        one, other = chosen(conn, run, 1.0)[:2]
    items = [AuditItem(each.problem_id, each.solution_id, "differs") for each in (one, other)]
    for sitting in range(2):
        with database.write() as conn:
            audit = open_audit(conn, f"reference {run.name}", "reference", run.id, {})
            assert add_items(conn, audit, items[: sitting + 1]) == 1
            save_summary(conn, audit, {"sitting": sitting}, finished=sitting == 1)
    with database.read() as conn:
        assert findings(conn, audit) == {"differs": 2}
        assert summary_of(conn, run.id, "reference") == {"sitting": 1}
        assert summary_of(conn, run.id, "flaky") is None
        positions = select(audit_items.c.position).where(audit_items.c.audit_id == audit)
        assert sorted(conn.scalars(positions)) == [0, 1]


@pytest.mark.parametrize("condition", [REFERENCE, "hashseed=7"])
def test_no_other_condition_settles_a_verdict(database: Database, condition: str) -> None:
    run = new_run(database, problems=1)
    added = add(database, run, [candidate("p0", 0, "good")])
    [batch] = put(database, run, added.to_verify, condition=condition)
    claimed = held(database, batch)
    assert finish(database, claimed, results(claimed), first).verdicts == 0
