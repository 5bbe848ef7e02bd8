"""The SQL views say what the values say; `vervet sql` reads and cannot write."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.store.world import add, candidate, count, first, held, queued, results, verify
from vervet.core.errors import UsageError
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt
from vervet.store.batches import finish
from vervet.store.database import Database
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
