"""Prices by date and provider, and the view of what a run took, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.store.world import add, candidate, first, held, new_run, put, results, verify
from vervet.core.limits import Usage
from vervet.core.status import Status
from vervet.core.values import Attempt
from vervet.store.batches import finish
from vervet.store.database import Database
from vervet.store.prices import ALWAYS, CostRow, PriceRow, load_prices, run_costs, save_prices
from vervet.store.runs import Run

PAST = datetime(2024, 1, 1, tzinfo=UTC)


def costs(database: Database, run: Run) -> list[CostRow]:
    with database.read() as conn:
        return run_costs(conn, run.id)


@pytest.fixture
def run(database: Database) -> Run:
    """Two problems with candidates of 4, 3, 4 and 4 tokens, three solutions verified."""
    run = new_run(database)
    rows = [("p0", 0, "good"), ("p0", 1, "bad"), ("p1", 0, "good"), ("p1", 1, "good")]
    made = [replace(candidate(*row), prompt_tokens=11 if row[0] == "p0" else None) for row in rows]
    verify(database, put(database, run, add(database, run, made).to_verify))
    return run


def test_a_run_without_a_price_shows_what_it_took(database: Database, run: Run) -> None:
    first, second = costs(database, run)
    assert (first.problem, first.candidates, first.decoded_tokens) == ("p0", 2, 7)
    assert (first.prompt_tokens, first.attempts, first.provider) == (11, 2, None)
    assert (second.problem, second.candidates, second.decoded_tokens) == ("p1", 2, 8)
    assert (second.prompt_tokens, second.attempts, second.input_usd) == (None, 1, None)


def test_the_verifiers_time_is_counted_once_a_solution(database: Database) -> None:
    run = new_run(database, problems=1)
    made = [candidate("p0", at, text) for at, text in enumerate(["good", "good", "bad"])]
    [batch_id] = put(database, run, add(database, run, made).to_verify)
    claimed = held(database, batch_id)
    usage = Usage(wall_s=4.0, cpu_user_s=1.0, cpu_system_s=0.5)
    finish(database, claimed, results(claimed, Attempt(Status.PASSED, usage=usage)), first)
    [row] = costs(database, run)
    assert (row.candidates, row.attempts) == (3, 2)
    assert (row.verifier_cpu_s, row.verifier_wall_s) == (3.0, 8.0)


def test_the_price_is_the_one_that_held_when_the_run_was_made(database: Database, run: Run) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    rows = [
        PriceRow("nobody", "here", 1.0, 2.0, ALWAYS),
        PriceRow("nobody", "here", 3.0, 4.0, PAST),
        PriceRow("nobody", "here", 5.0, 6.0, later),
        PriceRow("recorded:nobody", "there", 7.0, 8.0, PAST),
        PriceRow("somebody", "here", 9.0, 9.0, PAST),
    ]
    with database.write() as conn:
        assert save_prices(conn, rows) == 5
    found = {(row.problem, row.provider): (row.input_usd, row.output_usd)
             for row in costs(database, run)}  # fmt: skip
    assert found == {
        ("p0", "here"): (3.0, 4.0),
        ("p1", "here"): (3.0, 4.0),
        ("p0", "there"): (7.0, 8.0),
        ("p1", "there"): (7.0, 8.0),
    }


def test_a_price_is_kept_once_and_can_be_corrected(database: Database) -> None:
    row = PriceRow("m", "p", 1.0, 2.0, PAST, "a page")
    with database.write() as conn:
        assert save_prices(conn, [row]) == 1
        assert save_prices(conn, [row]) == 0
        assert save_prices(conn, [replace(row, output_usd=2.5)]) == 0
        assert load_prices(conn) == [replace(row, output_usd=2.5)]
