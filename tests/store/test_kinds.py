"""Solutions go to the queue of their problem's kind."""

from __future__ import annotations

from dataclasses import replace

from tests.store.world import add, candidate, problem, run_of
from vervet.core.values import Suite
from vervet.store.database import Database
from vervet.store.kinds import by_kind
from vervet.store.suites import save_suite


def test_solutions_are_told_apart_by_kind(database: Database) -> None:
    mixed = Suite("mixed", (problem("p0"), replace(problem("p1"), kind="answer")))
    with database.write() as conn:
        suite_id = save_suite(conn, mixed)
    run = run_of(database, suite_id)
    programs = add(database, run, [candidate("p0", 0, "a"), candidate("p0", 1, "b")]).to_verify
    answers = add(database, run, [candidate("p1", 0, "a")]).to_verify
    with database.read() as conn:
        found = by_kind(conn, [*answers, *programs, *programs])
    assert found == {"program": sorted(programs), "answer": list(answers)}
