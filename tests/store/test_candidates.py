"""Candidates are written once, equal solutions share a row, and the counts stay true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.store.world import add, candidate, count, held, judged, new_run, put, run_of, verify
from vervet.core.errors import CandidateError
from vervet.core.status import Status
from vervet.core.values import Candidate, Solution
from vervet.store.blobs import load_texts
from vervet.store.candidates import Added, existing_ordinals
from vervet.store.database import Database
from vervet.store.reads import coverage_counts, run_progress, status_counts
from vervet.store.runs import Run
from vervet.store.schema import attempts, batch_items, candidates, solutions


def test_equal_solutions_are_one_row_and_counted_as_often_as_sampled(database: Database) -> None:
    run = new_run(database)
    sampled = [candidate("p0", at, "good" if at < 3 else "bad") for at in range(5)]
    added = add(database, run, sampled)
    assert (added.inserted, added.new_solutions, len(added.to_verify)) == (5, 2, 2)
    verify(database, put(database, run, added.to_verify))
    assert count(database, attempts) == 2
    with database.read() as conn:
        head = coverage_counts(conn, run.id)[0]
        saved = status_counts(conn, run.id).duplicates_saved
    assert (head.n, head.passed, saved) == (5, 3, 3)


def test_equal_texts_of_two_problems_are_two_solutions(database: Database) -> None:
    run = new_run(database)
    added = add(database, run, [candidate("p0", 0, "x"), candidate("p1", 0, "x")])
    assert added.new_solutions == 2


def test_a_candidate_that_is_there_is_neither_doubled_nor_changed(database: Database) -> None:
    run = new_run(database)
    add(database, run, [candidate("p0", 0, "first")])
    again = add(database, run, [candidate("p0", 0, "second"), candidate("p0", 1, "third")])
    assert again.inserted == 1
    with database.read() as conn:
        query = select(candidates.c.completion_digest).where(candidates.c.ordinal == 0)
        digest = conn.execute(query).scalar_one()
        assert load_texts(conn, [digest])[digest] == "first"
    assert count(database, solutions) == 2


def test_the_same_ordinal_twice_in_one_call_is_written_once(database: Database) -> None:
    run = new_run(database)
    assert add(database, run, [candidate("p0", 0, "a"), candidate("p0", 0, "b")]).inserted == 1


def test_nothing_to_add_is_nothing_added(database: Database) -> None:
    assert add(database, new_run(database), []) == Added(0, 0, ())


def test_what_a_resumed_run_has_is_told_by_problem(database: Database) -> None:
    run = new_run(database)
    add(database, run, [candidate("p0", 0, "a"), candidate("p0", 3, "b"), candidate("p2", 1, "c")])
    with database.read() as conn:
        assert existing_ordinals(conn, run.id) == {"p0": {0, 3}, "p2": {1}}


def test_a_candidate_of_no_problem_is_named_and_nothing_is_written(database: Database) -> None:
    run = new_run(database)
    with pytest.raises(CandidateError, match="no problem 'nowhere'"):
        add(database, run, [candidate("p0", 0, "a"), candidate("nowhere", 0, "b")])
    assert count(database, candidates) == 0


def test_a_second_run_takes_over_verdicts_of_equal_solutions(database: Database) -> None:
    run = new_run(database)
    added = add(database, run, [candidate("p0", 0, "good")])
    verify(database, put(database, run, added.to_verify))
    second = run_of(database, run.suite_id)
    again = add(database, second, [candidate("p0", 0, "good"), candidate("p0", 1, "new")])
    assert (again.new_solutions, len(again.to_verify)) == (2, 1)
    with database.read() as conn:
        assert run_progress(conn, second.id).statuses == {Status.PASSED: 1}


def test_what_another_run_has_in_a_batch_is_not_to_be_verified_again(database: Database) -> None:
    run = new_run(database)
    put(database, run, add(database, run, [candidate("p0", 0, "x")]).to_verify)
    assert add(database, run_of(database, run.suite_id), [candidate("p0", 0, "x")]).to_verify == ()


def test_another_verifier_verifies_anew(database: Database) -> None:
    run = new_run(database)
    verify(database, put(database, run, add(database, run, [candidate("p0", 0, "x")]).to_verify))
    other = run_of(database, run.suite_id, verifier="w" * 64)
    assert len(add(database, other, [candidate("p0", 0, "x")]).to_verify) == 1


@pytest.mark.parametrize("text", ["", "\0", "\ud800 lone", "é 🐒", "a" * 200_000])
def test_any_text_comes_back_as_it_was(database: Database, text: str) -> None:
    run = new_run(database)
    odd = Candidate("p0", 0, text, Solution("program", text), claimed=Status.PASSED)
    [batch_id] = put(database, run, add(database, run, [odd]).to_verify)
    assert [item.solution for item in held(database, batch_id).items] == [odd.solution]


def test_thousands_at_once_are_within_a_statements_parameters(database: Database) -> None:
    run = new_run(database, problems=2, n=4500)
    many = [candidate(f"p{at % 2}", at // 2, f"x{at}") for at in range(4500)]
    added = add(database, run, many)
    assert (added.inserted, added.new_solutions, len(added.to_verify)) == (4500, 4500, 4500)
    put(database, run, added.to_verify, size=1000)
    assert count(database, batch_items) == 4500


TEXTS = st.sampled_from(["good", "bad", "good flagged", "good beside", "bad beside", "other"])
SAMPLED = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 6), TEXTS, st.booleans()), max_size=40
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=st.lists(SAMPLED, min_size=1, max_size=3), last_unverified=st.booleans())
def test_counts_equal_a_naive_recount(
    database: Database, rounds: list[list[tuple[int, int, str, bool]]], last_unverified: bool
) -> None:
    run = new_run(database)
    kept: dict[tuple[str, int], Candidate] = {}
    verified: set[tuple[str, str]] = set()
    for at, sampled in enumerate(rounds):
        made = [
            candidate(f"p{p}", ordinal, text, malformed="cut" if cut else "")
            for p, ordinal, text, cut in sampled
        ]
        for each in made:
            kept.setdefault((each.problem_id, each.ordinal), each)
        to_verify = add(database, run, made).to_verify
        if not (last_unverified and at == len(rounds) - 1):
            verify(database, put(database, run, to_verify, size=4))
            verified |= {(c.problem_id, c.solution.digest) for c in kept.values()}
    see_that_counts_are_true(database, run, list(kept.values()), verified)


def see_that_counts_are_true(
    database: Database, run: Run, kept: Sequence[Candidate], verified: set[tuple[str, str]]
) -> None:
    """Compare every count of the store with one made from the candidates themselves."""
    statuses: Counter[Status] = Counter()
    by_problem = {f"p{at}": [0, 0, 0, 0] for at in range(3)}
    for each in kept:
        numbers = by_problem[each.problem_id]
        numbers[0] += 1
        if (each.problem_id, each.solution.digest) not in verified:
            numbers[3] += 1
            continue
        attempt = judged(each.solution.text, each.solution.malformed)
        statuses[attempt.status] += 1
        numbers[1] += attempt.status is Status.PASSED and not attempt.flags
        numbers[2] += attempt.status is Status.PASSED
    with database.read() as conn:
        found = coverage_counts(conn, run.id)
        counted = status_counts(conn, run.id)
        progress = run_progress(conn, run.id)
        view = conn.exec_driver_sql(
            "SELECT problem, n, passed, passed_all_flags, unsettled FROM v_coverage_counts"
            f" WHERE run_id = {run.id}"
        ).all()
    assert {
        c.problem: [c.n, c.passed, c.passed_with_flags, c.unsettled] for c in found
    } == by_problem
    assert {row[0]: list(row[1:]) for row in view} == by_problem
    assert counted.statuses == progress.statuses == dict(statuses)
    assert counted.candidates == progress.candidates == len(kept)
    assert counted.unsettled == progress.unsettled == sum(n[3] for n in by_problem.values())
    assert progress.passed == sum(n[1] for n in by_problem.values())
    distinct = {(each.problem_id, each.solution.digest) for each in kept}
    assert counted.solutions == progress.solutions == len(distinct)


def test_labels_of_a_problem_come_with_its_counts(database: Database) -> None:
    run = new_run(database, problems=1)
    with database.read() as conn:
        [only] = coverage_counts(conn, run.id)
    assert replace(only, labels={}).n == 0
    assert only.labels == {"stratum": "easy"}
