"""References of suites: the data set's own and imported ones, and the evidence of attempts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.world import held, queued, results, suite
from vervet.core.errors import ProblemError
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.store.batches import finish
from vervet.store.database import Database
from vervet.store.evidence import load_evidence
from vervet.store.reads import history
from vervet.store.references import Reference, add_references, load_references
from vervet.store.suites import load_suite, save_suite


def test_a_suite_s_own_references_come_first_and_the_others_in_their_order(
    database: Database,
) -> None:
    with database.write() as conn:
        suite_id = save_suite(conn, suite(2))
        assert add_references(conn, suite_id, {"p0": ["b", "a"], "p1": ["c"]}, "x.jsonl") == 3
        assert add_references(conn, suite_id, {"p0": ["d"]}, "y.jsonl") == 1
        assert load_references(conn, suite_id) == {
            "p0": [
                Reference("print('p0')", "suite"),
                Reference("b", "x.jsonl"),
                Reference("a", "x.jsonl"),
                Reference("d", "y.jsonl"),
            ],
            "p1": [Reference("print('p1')", "suite"), Reference("c", "x.jsonl")],
        }


def test_what_is_there_already_is_not_written_again_whatever_its_origin(
    database: Database,
) -> None:
    with database.write() as conn:
        suite_id = save_suite(conn, suite(1))
        assert add_references(conn, suite_id, {"p0": ["a", "print('p0')", "a"]}, "x.jsonl") == 1
        assert add_references(conn, suite_id, {"p0": ["a"]}, "other.jsonl") == 0
        origins = [each.origin for each in load_references(conn, suite_id)["p0"]]
    assert origins == ["suite", "x.jsonl"]


def test_imported_references_are_no_part_of_the_suite_and_outlive_its_next_saving(
    database: Database,
) -> None:
    whole = suite(1)
    with database.write() as conn:
        suite_id = save_suite(conn, whole)
        add_references(conn, suite_id, {"p0": ["a\0\ud800"]}, "x.jsonl")
        assert save_suite(conn, whole) == suite_id
        assert load_suite(conn, suite_id).problems[0].references == ("print('p0')",)
        assert load_references(conn, suite_id)["p0"][1].completion == "a\0\ud800"


def test_a_problem_that_the_suite_does_not_have_is_refused_and_nothing_written(
    database: Database,
) -> None:
    with database.write() as conn:
        suite_id = save_suite(conn, suite(1))
        with pytest.raises(ProblemError, match="'p9'"):
            add_references(conn, suite_id, {"p0": ["a"], "p9": ["b"]}, "x.jsonl")
        assert len(load_references(conn, suite_id)["p0"]) == 1


def test_problems_without_references_are_left_out(database: Database) -> None:
    whole = suite(2)
    bare = replace(whole, problems=(replace(whole.problems[0], references=()), whole.problems[1]))
    with database.write() as conn:
        assert list(load_references(conn, save_suite(conn, bare))) == ["p1"]


def test_evidence_is_read_as_it_was_written(database: Database) -> None:
    evidence = (
        CheckEvidence(1, "test 2", Outcome.FAILED, "wrong output", b"3\n", b"\xff\x004\n"),
        CheckEvidence(3, "test 4", Outcome.ERROR, "ValueError: no", b"", None),
    )
    failed = Attempt(Status.FAILED, outcomes=(Outcome.PASSED,) * 4, evidence=evidence)
    _, (batch,) = queued(database, ["one", "two"])
    claimed = held(database, batch)
    made = results(claimed, failed)
    made[1] = replace(made[1], attempt=Attempt(Status.PASSED))
    finish(database, claimed, made, lambda _: None)
    with database.read() as conn:
        ids = [history(conn, item.solution_id).attempts[0].id for item in claimed.items]
        assert load_evidence(conn, ids) == {ids[0]: evidence}
