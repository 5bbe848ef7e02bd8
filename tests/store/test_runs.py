"""Runs come back as they were made; their state and stages are recorded."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import pytest

from tests.store.world import ENVIRONMENT, VERIFIER, add, candidate, new_run, run_of
from vervet.core.errors import UsageError
from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.store.database import Database
from vervet.store.reads import run_progress
from vervet.store.runs import (
    RunSpec,
    RunState,
    create_run,
    find_run,
    list_runs,
    load_run,
    set_run_state,
)


def test_a_run_comes_back_as_it_was_made(database: Database) -> None:
    run = new_run(database)
    assert (run.sampling.stop, run.generator) == (
        ("\n\n",),
        GeneratorInfo("recorded", "nobody", "r1", "d1"),
    )
    assert (run.state, run.pid, run.config, run.n) == (RunState.RUNNING, os.getpid(), {"n": 4}, 4)
    assert abs((run.created_at - datetime.now(UTC)).total_seconds()) < 60
    with database.read() as conn:
        assert find_run(conn, run.name) == load_run(conn, run.id) == run
        assert find_run(conn, "no such run") is None


def test_the_newest_run_is_listed_first(database: Database) -> None:
    first = new_run(database)
    second = run_of(database, first.suite_id)
    with database.read() as conn:
        assert list_runs(conn) == [second, first]


def test_a_name_is_taken_once(database: Database) -> None:
    run = new_run(database)
    again = RunSpec(
        run.name, run.suite_id, run.generator, Sampling(), "c", VERIFIER, ENVIRONMENT, 1, 0
    )
    with pytest.raises(UsageError, match="exists already"), database.write() as conn:
        create_run(conn, again)


def test_the_end_of_a_run_is_recorded_and_a_resumed_one_runs_again(database: Database) -> None:
    run = new_run(database)
    with database.write() as conn:
        set_run_state(conn, run.id, RunState.INTERRUPTED, {"sample": 1.5})
        ended = load_run(conn, run.id)
        set_run_state(conn, run.id, RunState.RUNNING)
        resumed = load_run(conn, run.id)
    assert (ended.state, ended.stages) == (RunState.INTERRUPTED, {"sample": 1.5})
    assert ended.finished_at is not None
    assert (resumed.state, resumed.finished_at) == (RunState.RUNNING, None)
    assert resumed.stages == {"sample": 1.5}


def test_progress_expects_n_candidates_of_every_problem(database: Database) -> None:
    run = new_run(database, problems=3, n=4)
    with database.read() as conn:
        assert run_progress(conn, run.id).expected == 12


def test_a_poll_of_the_progress_costs_the_same_however_large_the_run(database: Database) -> None:
    run = new_run(database, problems=1, n=3000)

    def fastest() -> float:
        times = []
        with database.read() as conn:
            for _ in range(7):
                start = time.perf_counter()
                run_progress(conn, run.id)
                times.append(time.perf_counter() - start)
        return min(times)

    add(database, run, [candidate("p0", 0, "x")])
    small = fastest()
    add(database, run, [candidate("p0", at, f"x{at}") for at in range(3000)])
    assert fastest() < 5 * small + 0.002
