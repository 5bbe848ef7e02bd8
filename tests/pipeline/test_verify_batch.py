"""A batch on one worker: what is written, what goes back, what is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.dispatch.obedient import Obedient
from tests.dispatch.world import (
    attempts_by_order,
    batches_of,
    deaths,
    die_with,
    is_done,
    new_run,
    open_batches,
    said_once,
)
from tests.pipeline.doubles import ENVIRONMENT, Answering, NoSandbox
from vervet.core.errors import DiskFullError
from vervet.core.limits import Usage
from vervet.core.values import Problem, Solution
from vervet.pipeline import verify_batch as module
from vervet.pipeline import verify_write
from vervet.pipeline.verify_batch import BatchEnding, Workplace, verify_batch
from vervet.sandbox.jail import JailSandbox
from vervet.store.database import Database
from vervet.store.leases import claim
from vervet.store.takeover import leased, take_back


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "vervet.db")
    yield opened
    opened.close()


@pytest.fixture
def place(database: Database) -> Workplace:
    return Workplace(database, NoSandbox(), JailSandbox, lambda _: Obedient(), "w1")


def queued(database: Database, *orders: str, size: int = 64) -> list[str]:
    return batches_of(database, new_run(database, orders, ENVIRONMENT), size)


def test_each_item_gets_its_attempt_and_its_verdict(database: Database, place: Workplace) -> None:
    (batch,) = queued(database, "pass 1", "fail 1", "pass 2")
    outcome = verify_batch(place, batch)
    assert (outcome.ending, outcome.attempts) == (BatchEnding.DONE, 3)
    assert attempts_by_order(database) == {
        ("pass 1", "passed", ""): 1,
        ("fail 1", "failed", ""): 1,
        ("pass 2", "passed", ""): 1,
    }
    said_once(database, ["pass 1", "fail 1", "pass 2"])


def test_a_batch_that_is_done_is_left_alone(database: Database, place: Workplace) -> None:
    (batch,) = queued(database, "pass 1", "pass 2")
    verify_batch(place, batch)
    assert verify_batch(place, batch).ending is BatchEnding.NOT_OURS
    said_once(database, ["pass 1", "pass 2"])


def test_an_unknown_batch_is_left_alone(place: Workplace) -> None:
    assert verify_batch(place, "f" * 32).ending is BatchEnding.NOT_OURS


class _Other(Obedient):
    def digest(self) -> str:
        return "0c" * 32


class _Elsewhere(NoSandbox):
    def environment(self) -> dict[str, str]:
        return {"kind": "another"}


@pytest.mark.parametrize(
    "change", [{"verifier_for": lambda _: _Other()}, {"sandbox": _Elsewhere()}]
)
def test_a_worker_of_another_version_gives_the_batch_back(
    database: Database, place: Workplace, change: dict[str, Any]
) -> None:
    (batch,) = queued(database, "pass 1", "pass 2")
    assert verify_batch(replace(place, **change), batch).ending is BatchEnding.REFUSED
    assert attempts_by_order(database) == {}
    assert open_batches(database) == [(batch, "queued")]


def test_the_lease_is_renewed_while_an_item_takes_long(
    database: Database, place: Workplace
) -> None:
    (batch,) = queued(database, "sleep 1.2", "pass 1")
    other = replace(place, worker="w2")

    class Nosy(Obedient):
        def steps(self, problem: Problem, solution: Solution) -> Any:
            found = yield from super().steps(problem, solution)
            assert verify_batch(other, batch).ending is BatchEnding.NOT_OURS
            return found

    mine = replace(place, lease_s=0.6, verifier_for=lambda _: Nosy())
    assert verify_batch(mine, batch).ending is BatchEnding.DONE
    said_once(database, ["sleep 1.2", "pass 1"])


def test_nothing_is_written_when_another_worker_has_the_batch(
    database: Database, place: Workplace
) -> None:
    (batch,) = queued(database, "pass 1", "pass 2", "pass 3")

    class Robbed(Obedient):
        def steps(self, problem: Problem, solution: Solution) -> Any:
            if solution.text == "pass 2":
                (held,) = leased(database)
                take_back(database, held, died=False)
                assert verify_batch(replace(place, worker="w2"), batch).attempts == 3
            return super().steps(problem, solution)

    outcome = verify_batch(replace(place, verifier_for=lambda _: Robbed()), batch)
    assert (outcome.ending, outcome.attempts) == (BatchEnding.LOST, 0)
    said_once(database, ["pass 1", "pass 2", "pass 3"])


def test_a_slow_batch_writes_as_it_goes(database: Database, place: Workplace) -> None:
    orders = [f"sleep 0.06 {at}" for at in range(5)]
    (batch,) = queued(database, *orders)
    seen: list[int] = []

    class Counting(Obedient):
        def steps(self, problem: Problem, solution: Solution) -> Any:
            seen.append(sum(attempts_by_order(database).values()))
            return super().steps(problem, solution)

    mine = replace(place, write_every_s=0.1, verifier_for=lambda _: Counting())
    outcome = verify_batch(mine, batch)
    assert (outcome.ending, outcome.attempts) == (BatchEnding.DONE, 5)
    assert 0 < seen[-1] < 5
    said_once(database, orders)


def after(calls: int) -> Callable[[], bool]:
    """False for the first `calls` times it is asked."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


def test_a_worker_that_is_to_end_writes_what_is_done(database: Database, place: Workplace) -> None:
    orders = [f"pass {at}" for at in range(5)]
    (batch,) = queued(database, *orders)
    outcome = verify_batch(replace(place, stopping=after(3)), batch)
    assert (outcome.ending, outcome.attempts) == (BatchEnding.STOPPED, 3)
    assert open_batches(database) == [(outcome.publish[0], "queued")]
    verify_batch(place, outcome.publish[0])
    said_once(database, orders)


def test_a_worker_that_is_to_end_at_once_gives_the_batch_back(
    database: Database, place: Workplace
) -> None:
    (batch,) = queued(database, "pass 1", "pass 2")
    outcome = verify_batch(replace(place, stopping=lambda: True), batch)
    assert (outcome.ending, outcome.publish) == (BatchEnding.STOPPED, (batch,))
    assert open_batches(database) == [(batch, "queued")]
    assert deaths(database) == 0


def test_half_a_job_is_no_attempt(database: Database, place: Workplace) -> None:
    sandbox = JailSandbox()
    run = new_run(database, ["pass 1", "run 9"], sandbox.environment())
    (batch,) = batches_of(database, run)
    # Asked before each item, and after each check: it is to end after the second one.
    mine = replace(place, sandbox=sandbox, stopping=after(3))
    outcome = verify_batch(mine, batch)
    sandbox.close()
    assert (outcome.ending, outcome.attempts) == (BatchEnding.STOPPED, 1)
    assert attempts_by_order(database) == {("pass 1", "passed", ""): 1}


def test_a_batch_of_one_is_left_out_of_no_count_before_its_third_death(
    database: Database, place: Workplace
) -> None:
    (batch,) = queued(database, "pass 1")
    for worker in ("w2", "w3"):  # the first of them had not run a control before
        die_with(database, worker, batch)
    verify_batch(place, batch)
    assert attempts_by_order(database) == {
        ("pass 1", "infra_error", "worker_died"): 2,
        ("pass 1", "passed", ""): 1,
    }


def test_a_batch_that_died_twice_goes_on_in_halves(database: Database, place: Workplace) -> None:
    orders = [f"pass {at}" for at in range(5)]
    (batch,) = queued(database, *orders)
    for worker in ("w2", "w3"):
        die_with(database, worker, batch)
    outcome = verify_batch(place, batch)
    assert (outcome.ending, len(outcome.publish)) == (BatchEnding.SPLIT, 2)
    for half in outcome.publish:
        assert verify_batch(place, half).ending is BatchEnding.DONE
    said_once(database, orders)


def test_results_are_kept_while_the_disk_is_full(
    database: Database, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = queued(database, "pass 1", "pass 2")
    finish, full = verify_write.finish, iter(range(2))

    def sometimes(*arguments: Any) -> Any:
        if next(full, None) is not None:
            raise DiskFullError("no space is left")
        return finish(*arguments)

    monkeypatch.setattr(verify_write, "finish", sometimes)
    assert verify_batch(replace(place, lease_s=0.3), batch).ending is BatchEnding.DONE
    said_once(database, ["pass 1", "pass 2"])


def test_a_result_that_the_database_does_not_take_costs_no_other(
    database: Database, place: Workplace
) -> None:
    class Odd(Obedient):
        def steps(self, problem: Problem, solution: Solution) -> Any:
            attempt = yield from super().steps(problem, solution)
            odd = Usage(peak_memory=1 << 70)  # more than the column holds
            return replace(attempt, usage=odd) if solution.text == "pass 3" else attempt

    orders = [f"pass {at}" for at in range(6)]
    (batch,) = queued(database, *orders)
    outcome = verify_batch(replace(place, verifier_for=lambda _: Odd()), batch)
    assert outcome.ending is BatchEnding.DONE
    expected = {(order, "passed", ""): 1 for order in orders if order != "pass 3"}
    expected["pass 3", "infra_error", "not_recorded"] = 1
    assert attempts_by_order(database) == expected


def test_an_error_of_our_own_gives_the_batch_back(
    database: Database, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (batch,) = queued(database, "pass 1", "pass 2")

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(module, "infra_tries_of", broken)
        with pytest.raises(RuntimeError):
            verify_batch(place, batch)
    assert verify_batch(place, batch).ending is BatchEnding.DONE
    assert deaths(database) == 0


Event = tuple[str, int, int]
EVENTS = st.tuples(
    st.sampled_from(["deliver", "stop", "die", "sleep"]), st.integers(0, 5), st.integers(1, 4)
)


@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(EVENTS, max_size=12), st.integers(1, 9), st.integers(1, 4))
def test_whatever_happens_each_candidate_has_one_verdict(
    tmp_path: Path, events: list[Event], count: int, size: int
) -> None:
    path = tmp_path / f"{time.monotonic_ns()}.db"
    database = Database.open(path)
    place = Workplace(database, NoSandbox(), Answering, lambda _: Obedient(), "w1")
    orders = [f"pass {at}" for at in range(count)]
    run = new_run(database, orders, ENVIRONMENT)
    known = batches_of(database, run, size)
    for kind, which, how in events:
        batch = known[which % len(known)]
        worker = replace(place, worker=f"w{how}")
        if kind in ("die", "sleep"):
            if claim(database, batch, worker.worker, 60) is None:
                continue
            for held in leased(database):
                take_back(database, held, died=kind == "die")
        else:
            stopping = after(how) if kind == "stop" else lambda: False
            known += verify_batch(replace(worker, stopping=stopping), batch).publish
    while not is_done(database, run):
        known += [
            published
            for batch, _ in open_batches(database)
            for published in verify_batch(place, batch).publish
        ]
    said = attempts_by_order(database)
    verdicts = {key: count for key, count in said.items() if key[1] != "infra_error"}
    assert {order for order, *_ in verdicts} == set(orders)
    assert set(verdicts.values()) == {1}
    database.close()
