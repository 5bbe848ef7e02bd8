"""Suites come back as they were saved, and are kept once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.world import count, problem, suite
from vervet.core.errors import ProblemError, StoreError
from vervet.core.values import Suite
from vervet.store.database import Database
from vervet.store.schema import problems, reference_solutions, suites
from vervet.store.suites import load_problems, load_suite, problem_ids, save_suite


def save(database: Database, saved: Suite) -> int:
    with database.write() as conn:
        return save_suite(conn, saved)


def load(database: Database, suite_id: int) -> Suite:
    with database.read() as conn:
        return load_suite(conn, suite_id)


def test_a_suite_comes_back_as_it_was_saved(database: Database) -> None:
    saved = suite(problems=12)
    assert load(database, save(database, saved)) == saved


def test_the_same_suite_is_kept_once(database: Database) -> None:
    saved = suite(problems=2)
    assert save(database, saved) == save(database, saved)
    assert [count(database, table) for table in (suites, problems, reference_solutions)] == [
        1,
        2,
        2,
    ]


def test_another_content_is_another_suite(database: Database) -> None:
    saved = suite(problems=2)
    shorter = replace(saved, problems=saved.problems[:1])
    assert save(database, saved) != save(database, shorter)


def test_labels_and_references_are_brought_up_to_date(database: Database) -> None:
    first = Suite("s", (problem(),))
    later = Suite("s", (replace(problem(), labels={"stratum": "hard"}, references=("a", "b")),))
    assert save(database, first) == save(database, later)
    [found] = load(database, save(database, later)).problems
    assert found.labels == {"stratum": "hard"}
    assert set(found.references) >= {"a", "b"}


def test_problems_keep_their_order(database: Database) -> None:
    saved = Suite("s", tuple(problem(name) for name in ("b", "c", "a")))
    with database.write() as conn:
        assert list(problem_ids(conn, save_suite(conn, saved))) == ["b", "c", "a"]


def test_a_worker_gets_problems_without_references(database: Database) -> None:
    with database.write() as conn:
        row_ids = problem_ids(conn, save_suite(conn, suite(1)))
        [loaded] = load_problems(conn, list(row_ids.values())).values()
    assert loaded == replace(problem("p0"), references=())


def test_any_text_that_json_can_hold_survives_in_a_spec(database: Database) -> None:
    odd = replace(problem(), spec={"input": "\0 \ud800 é 🐒 % : '", "n": 1 << 70}, prompt="é % 🐒")
    assert load(database, save(database, Suite("odd", (odd,)))).problems == (odd,)


@pytest.mark.parametrize("prompt", ["a\0b", "\ud800"])
def test_a_prompt_that_no_database_can_hold_is_refused(database: Database, prompt: str) -> None:
    with pytest.raises(ProblemError, match="prompt of problem 'p0'"):
        save(database, Suite("s", (replace(problem(), prompt=prompt),)))


def test_an_unknown_suite_is_an_error(database: Database) -> None:
    with pytest.raises(StoreError, match="no suite with id 404"):
        load(database, 404)
