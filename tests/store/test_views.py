"""The SQL views say what the values say; `vervet sql` reads and cannot write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.store.world import (
    ENVIRONMENT,
    VERIFIER,
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
from vervet.core.errors import UsageError
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.store.attempts import Context, append_attempts
from vervet.store.audits import AuditItem, add_items, open_audit
from vervet.store.batches import Result, finish
from vervet.store.database import Database
from vervet.store.runs import load_run
from vervet.store.schema import attempts
from vervet.store.sql import run_sql

OUTCOMES = st.lists(st.sampled_from(list(Outcome)), max_size=40)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(outcomes=OUTCOMES)
def test_packed_outcomes_are_unpacked_by_the_database(
    database: Database, outcomes: list[Outcome]
) -> None:
    _, [batch_id] = queued(database, ["bad"])
    claimed = held(database, batch_id)
    attempt = Attempt(Status.FAILED, outcomes=tuple(outcomes))
    finish(database, claimed, results(claimed, attempt), first)
    with database.read() as conn:
        query = (
            "SELECT check_ordinal, outcome FROM v_check_outcomes "
            "WHERE solution_id = :id ORDER BY check_ordinal"
        )
        found = conn.execute(text(query), {"id": claimed.items[0].solution_id}).all()
    assert [tuple(row) for row in found] == [
        (at, outcome.name.lower()) for at, outcome in enumerate(outcomes)
    ]


def test_the_history_names_suite_problem_and_verdict(database: Database) -> None:
    _, batch_ids = queued(database, ["good"])
    verify(database, batch_ids)
    query = "SELECT problem, status, verdict, worker, host FROM v_verdict_history"
    assert run_sql(database, query).rows == (("p0", "passed", "passed", "w1", "here"),)


def test_columns_of_statuses_add_up_to_n(database: Database) -> None:
    run, batch_ids = queued(database, ["good", "bad", "good flagged"])
    verify(database, batch_ids)
    add(database, run, [candidate("p0", 3, "later")])
    with database.read() as conn:
        row = conn.execute(text("SELECT * FROM v_coverage_counts")).mappings().one()
    statuses = [s.value for s in Status if s not in (Status.PASSED, Status.INFRA_ERROR)]
    total = sum(row[name] for name in [*statuses, "passed_all_flags", "unsettled"])
    assert (row["n"], row["passed"], row["passed_all_flags"], row["unsettled"]) == (4, 1, 2, 1)
    assert total == 4


def test_a_statement_gives_columns_rows_and_whether_there_is_more(database: Database) -> None:
    query = "-- numbers\nSELECT 1 AS a, 'x%' AS b UNION ALL SELECT 2, ':y' ORDER BY 1; "
    found = run_sql(database, query, limit=1)
    assert (found.columns, found.rows, found.truncated) == (("a", "b"), ((1, "x%"),), True)
    assert not run_sql(database, query, limit=2).truncated


def test_common_table_expressions_are_read(database: Database) -> None:
    found = run_sql(database, "WITH n AS (SELECT 7 AS x) SELECT x FROM n -- end")
    assert found.rows == ((7,),)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM attempts",
        "PRAGMA query_only = OFF",
        "",
        "/* SELECT */ DROP TABLE attempts",
        "SELECT 1; DROP TABLE attempts",
        "SELECT 1) AS q; DROP TABLE attempts; SELECT * FROM (SELECT 1",
        "WITH gone AS (DELETE FROM attempts RETURNING id) SELECT id FROM gone",
        "WITH x AS (SELECT 1) DELETE FROM attempts",
        "SELECT nonsense FROM nowhere",
        "SELECT FROM WHERE",
    ],
)
def test_what_does_not_read_is_refused_and_changes_nothing(
    database: Database, statement: str
) -> None:
    _, batch_ids = queued(database, ["good"])
    verify(database, batch_ids)
    with pytest.raises(UsageError):
        run_sql(database, statement)
    assert count(database, attempts) == 1


HISTORIES = st.lists(st.lists(st.sampled_from(list(Outcome)), max_size=9), max_size=6)
"""Outcomes of a solution's attempts under one condition."""


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(normal=HISTORIES, seeded=HISTORIES)
def test_flaky_checks_are_those_met_and_missed_under_equal_conditions(
    database: Database, normal: list[list[Outcome]], seeded: list[list[Outcome]]
) -> None:
    solution_id = new_solution(database)
    histories = {"normal": normal, "hashseed=7": seeded}
    for condition, history in histories.items():
        attempt(database, solution_id, history, condition)
    found = run_sql(
        database,
        "SELECT condition, check_ordinal, attempts, passed, missed FROM v_flaky_checks "
        f"WHERE solution_id = {solution_id}",
    )
    assert set(found.rows) == {
        (condition, at, len(history), seen[True], seen[False])
        for condition, history in histories.items()
        for at, seen in tallies(history).items()
        if seen[True] and seen[False]
    }


def tallies(history: list[list[Outcome]]) -> dict[int, Counter[bool]]:
    """How often each check was met (True) and missed, where it was run."""
    found: dict[int, Counter[bool]] = {}
    for outcomes in history:
        for at, outcome in enumerate(outcomes):
            if outcome is not Outcome.NOT_RUN:
                found.setdefault(at, Counter())[outcome is Outcome.PASSED] += 1
    return found


def test_other_verifiers_environments_and_failures_of_the_host_make_no_flaky_check(
    database: Database,
) -> None:
    solution_id = new_solution(database)
    passed, failed = [Outcome.PASSED], [Outcome.FAILED]
    attempt(database, solution_id, [passed])
    attempt(database, solution_id, [failed], verifier="w" * 64)
    attempt(database, solution_id, [failed], environment="f" * 64)
    attempt(database, solution_id, [failed], status=Status.INFRA_ERROR)
    assert run_sql(database, "SELECT * FROM v_flaky_checks").rows == ()


def test_a_flaky_check_has_its_name_its_times_and_whether_it_is_a_references(
    database: Database,
) -> None:
    solution_id = new_solution(database, engine="references")
    passed, failed = [Outcome.PASSED, Outcome.PASSED], [Outcome.PASSED, Outcome.ERROR]
    attempt(database, solution_id, [passed, failed, passed])
    query = "SELECT check_ordinal, check_name, is_reference, first_at, last_at FROM v_flaky_checks"
    assert run_sql(database, query).rows == (
        (1, "test 2", 1, "2026-01-01T00:00:00.000000+00:00", "2026-01-01T00:00:02.000000+00:00"),
    )


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], [(None, None)]),
        ([Outcome.PASSED] * 3, [(None, None)]),
        ([Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN], [(1, "test 2")]),
        (
            [Outcome.ERROR] + [Outcome.PASSED] * 8 + [Outcome.FAILED],
            [(0, "test 1"), (9, "test 10")],
        ),
    ],
)
def test_a_failing_reference_shows_the_checks_that_its_first_attempt_missed(
    database: Database, outcomes: list[Outcome], expected: list[tuple[object, object]]
) -> None:
    solution_id = new_solution(database, engine="references")
    settle(database, solution_id, outcomes, Status.FAILED)
    attempt(database, solution_id, [[Outcome.FAILED] * 3], start=1)
    query = "SELECT check_ordinal, check_name FROM v_false_negatives ORDER BY check_ordinal"
    assert list(run_sql(database, query).rows) == expected


@pytest.mark.parametrize(
    ("engine", "status", "rows"),
    [
        ("references", Status.PASSED, 0),
        ("references", Status.INFRA_ERROR, 0),
        ("references", Status.TIMED_OUT, 1),
        ("known-wrong", Status.FAILED, 0),
        ("vllm", Status.FAILED, 0),
    ],
)
def test_only_references_with_a_verdict_that_is_no_pass_are_false_negatives(
    database: Database, engine: str, status: Status, rows: int
) -> None:
    solution_id = new_solution(database, engine=engine)
    settle(database, solution_id, [Outcome.FAILED], status)
    assert run_sql(database, "SELECT COUNT(*) FROM v_false_negatives").rows == ((rows,),)


def test_the_cause_is_that_of_the_latest_audit_of_its_kind(database: Database) -> None:
    solution_id = new_solution(database, engine="references")
    settle(database, solution_id, [Outcome.FAILED], Status.FAILED)
    query = "SELECT cause, status, message FROM v_false_negatives"
    assert run_sql(database, query).rows == ((None, "failed", "wrong"),)
    found = [("false-negatives", "memory"), ("false-negatives", "flaky"), ("flaky", "clean")]
    for at, (kind, finding) in enumerate(found):
        with database.write() as conn:
            problem_id = conn.scalar(text("SELECT MAX(id) FROM problems")) or 0
            audit = open_audit(conn, f"{kind} {at}", kind, None, {})
            add_items(conn, audit, [AuditItem(problem_id, solution_id, finding)])
    assert run_sql(database, query).rows == (("flaky", "failed", "wrong"),)


def new_solution(database: Database, engine: str = "vllm") -> int:
    """A solution that one run of that engine has sampled and nobody has verified."""
    run = new_run(database, problems=1)
    with database.write() as conn:
        conn.execute(
            text("UPDATE runs SET engine = :e WHERE id = :id"), {"e": engine, "id": run.id}
        )
    [solution_id] = add(database, run, [candidate("p0", 0, "x"), candidate("p0", 1, "x")]).to_verify
    return solution_id


def settle(
    database: Database, solution_id: int, outcomes: Sequence[Outcome], status: Status
) -> None:
    """Give a solution its first normal attempt and its verdict, as a worker does."""
    with database.read() as conn:
        query = text("SELECT MAX(run_id) FROM candidates WHERE solution_id = :id")
        run_id = conn.scalar(query, {"id": solution_id})
    with database.read() as conn:
        run = load_run(conn, run_id)
    [batch_id] = put(database, run, [solution_id])
    claimed = held(database, batch_id)
    finish(database, claimed, results(claimed, judged(outcomes, status)), first)


def attempt(
    database: Database,
    solution_id: int,
    history: Sequence[Sequence[Outcome]],
    condition: str = "normal",
    *,
    verifier: str = VERIFIER,
    environment: str = ENVIRONMENT,
    status: Status = Status.FAILED,
    start: int = 0,
) -> None:
    """Write attempts with these outcomes, one a second."""
    context = Context(verifier, environment, condition)
    found = [
        Result(
            solution_id,
            start + at,
            judged(outcomes, status),
            datetime(2026, 1, 1, second=at, tzinfo=UTC),
            datetime(2026, 1, 1, second=at, tzinfo=UTC),
        )
        for at, outcomes in enumerate(history)
    ]
    with database.write() as conn:
        append_attempts(conn, context, found)


def judged(outcomes: Sequence[Outcome], status: Status) -> Attempt:
    evidence = tuple(
        CheckEvidence(at, f"test {at + 1}", outcome, "wrong", b"2", b"3")
        for at, outcome in enumerate(outcomes)
        if outcome in (Outcome.FAILED, Outcome.ERROR)
    )
    return Attempt(status, "c", outcomes=tuple(outcomes), evidence=evidence, message="wrong")
