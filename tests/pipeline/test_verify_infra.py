"""Whose fault it is when a sandbox fails: the host's, unless controls on two workers say no."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.dispatch.obedient import Obedient
from tests.dispatch.world import (
    attempts_by_order,
    batches_of,
    die_with,
    new_run,
    said_once,
    workers_of,
)
from tests.pipeline.doubles import ENVIRONMENT, Answering, Broken, Lying, NoSandbox
from vervet.core.errors import SandboxError
from vervet.pipeline.control import control_failure
from vervet.pipeline.verify_batch import BatchEnding, BatchOutcome, Workplace, verify_batch
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.protocol import Sandbox
from vervet.store.database import Database
from vervet.store.runs import Run
from vervet.store.schema import checks, verdicts

Try = Callable[..., BatchOutcome]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "vervet.db")
    yield opened
    opened.close()


@pytest.fixture
def verify(database: Database) -> Try:
    """Enqueue what a run lacks, and have a worker verify it."""

    def one(run: Run, worker: str, sandbox: Sandbox, fresh: Callable[[], Sandbox]) -> BatchOutcome:
        (batch,) = batches_of(database, run)
        place = Workplace(database, sandbox, fresh, lambda _: Obedient(), worker)
        return verify_batch(place, batch)

    return one


def the_run(database: Database, *orders: str) -> Run:
    return new_run(database, orders, ENVIRONMENT)


def count_verdicts(database: Database) -> int:
    with database.read() as conn:
        return len(list(conn.execute(select(verdicts))))


def test_a_host_on_which_the_control_fails_is_to_blame(database: Database, verify: Try) -> None:
    run = the_run(database, "run 1", "run 2")
    for worker in ("w1", "w2", "w3"):
        outcome = verify(run, worker, Broken(), Broken)
        assert (outcome.ending, outcome.retire) == (BatchEnding.DONE, True)
    assert attempts_by_order(database) == {
        ("run 1", "infra_error", "control_failed"): 3,
        ("run 2", "infra_error", "control_failed"): 3,
    }
    assert count_verdicts(database) == 0


def test_a_candidate_that_fails_on_one_worker_alone_is_not_blamed(
    database: Database, verify: Try
) -> None:
    run = the_run(database, "run 1", "pass 1")
    assert verify(run, "w1", Broken(), Answering).retire
    assert not verify(run, "w2", Answering(), Answering).retire
    assert attempts_by_order(database) == {
        ("run 1", "infra_error", "suspected"): 1,
        ("run 1", "passed", ""): 1,
        ("pass 1", "passed", ""): 1,
    }
    said_once(database, ["run 1", "pass 1"])


def test_one_worker_never_blames_a_candidate_however_often_it_tries(
    database: Database, verify: Try
) -> None:
    run = the_run(database, "run 1", "run 2")
    for _ in range(4):
        verify(run, "w1", Broken(), Answering)
    assert attempts_by_order(database) == {
        ("run 1", "infra_error", "suspected"): 4,
        ("run 2", "infra_error", "suspected"): 4,
    }


def test_a_candidate_that_fails_on_two_workers_broke_its_sandbox(
    database: Database, verify: Try
) -> None:
    run = the_run(database, "run 1", "pass 1")
    verify(run, "w1", Broken(), Answering)
    verify(run, "w2", Broken(), Answering)
    assert attempts_by_order(database) == {
        ("run 1", "infra_error", "suspected"): 1,
        ("run 1", "crashed", "breaks_sandbox"): 1,
        ("pass 1", "passed", ""): 1,
    }
    with database.read() as conn:
        evidence = list(conn.execute(select(checks.c.name, checks.c.message)))
    assert [worker for worker, _ in evidence] == ["w1", "w2"]
    assert all("the guest did not answer" in message for _, message in evidence)
    assert all("the control passed" in message for _, message in evidence)


def test_an_error_of_the_verifier_is_never_held_against_a_candidate(
    database: Database, verify: Try
) -> None:
    run = the_run(database, "raise 1", "pass 1")
    for worker in ("w1", "w2", "w3"):
        verify(run, worker, NoSandbox(), Answering)
    assert attempts_by_order(database) == {
        ("raise 1", "infra_error", "verifier_error"): 3,
        ("pass 1", "passed", ""): 1,
    }


def alone(database: Database) -> list[str]:
    """The orders "kill" and "pass 1", each in a batch of its own that was split off."""
    (batch,) = batches_of(database, the_run(database, "kill", "pass 1"))
    for worker in ("w1", "w2"):
        die_with(database, worker, batch)
    place = Workplace(database, NoSandbox(), Answering, lambda _: Obedient(), "w3")
    return list(verify_batch(place, batch).publish)


def test_a_candidate_with_which_two_workers_died_is_not_run_again(database: Database) -> None:
    poison, _ = alone(database)
    for worker in ("w4", "w5"):
        die_with(database, worker, poison)
    place = Workplace(database, NoSandbox(), Answering, lambda _: Obedient(), "w6")
    assert verify_batch(place, poison).ending is BatchEnding.DONE  # and these tests live on
    assert attempts_by_order(database) == {
        ("kill", "infra_error", "worker_died"): 2,
        ("kill", "crashed", "breaks_sandbox"): 1,
    }
    assert workers_of(database, "kill") == {"w4", "w5", "w6"}


def test_workers_that_die_are_no_evidence_where_the_control_fails(database: Database) -> None:
    poison, _ = alone(database)
    for worker in ("w4", "w5"):
        die_with(database, worker, poison)
    place = Workplace(database, NoSandbox(), Broken, lambda _: Obedient(), "w6")
    verify_batch(place, poison)
    assert attempts_by_order(database) == {
        ("kill", "infra_error", "worker_died"): 2,
        ("kill", "infra_error", "control_failed"): 1,
    }


def test_workers_that_were_ended_with_their_producer_are_no_evidence(database: Database) -> None:
    _, harmless = alone(database)
    for worker in ("w4", "w5", "w6", "w7"):
        die_with(database, worker, harmless, died=False)
    place = Workplace(database, NoSandbox(), Answering, lambda _: Obedient(), "w8")
    verify_batch(place, harmless)
    assert attempts_by_order(database) == {("pass 1", "passed", ""): 1}


def test_the_control_passes_in_the_real_jail() -> None:
    assert control_failure(JailSandbox) == ""


def _no_sandbox() -> Sandbox:
    raise SandboxError("no namespace is left")


@pytest.mark.parametrize(
    ("fresh", "said"),
    [
        (Broken, "the guest did not answer"),
        (Lying, "wrong result"),
        (_no_sandbox, "no namespace is left"),
    ],
)
def test_the_control_fails_where_the_sandbox_does(fresh: Callable[[], Sandbox], said: str) -> None:
    assert said in control_failure(fresh)
