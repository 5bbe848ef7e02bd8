"""Several processes on one database: one claim wins, a killed writer leaves nothing half done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from tests.store.world import (
    add,
    candidate,
    count,
    first,
    held,
    new_run,
    put,
    queued,
    results,
    run_of,
)
from vervet.store.batches import finish, missing_solutions
from vervet.store.candidates import existing_ordinals
from vervet.store.database import Database
from vervet.store.reads import run_progress, status_counts
from vervet.store.schema import attempts, batches, candidates, solutions

PRELUDE = """
import sys, time
from datetime import UTC, datetime
from vervet.core.status import Settlement, Status
from vervet.core.values import Attempt, Candidate, Solution, Verdict
from vervet.store.batches import Result, claim, enqueue, finish
from vervet.store.candidates import add_candidates
from vervet.store.database import Database
from vervet.store.runs import find_run
database = Database.open(sys.argv[1])

def results(held):
    now = datetime.now(UTC)
    made = Attempt(Status.PASSED)
    return [Result(item.solution_id, item.ordinal, made, now, now) for item in held.items]

def settle(made):
    return Verdict(made[0].status)
"""

CLAIM_ALL = """
print("ready", flush=True)
sys.stdin.readline()
for batch_id in sys.argv[3:]:
    if (held := claim(database, batch_id, sys.argv[2], 60)) is not None:
        finish(database, held, results(held), settle)
        print(batch_id, flush=True)
"""

HANG_WHILE_WRITING = """
def hang(made):
    print("writing", flush=True)
    time.sleep(600)

held = claim(database, sys.argv[2], "victim", 1.0)
finish(database, held, results(held), hang)
"""

HANG_WHILE_ADDING = """
with database.read() as conn:
    run = find_run(conn, sys.argv[2])

def some(start):
    texts = [f"x{at}" for at in range(start, start + 10)]
    return [
        Candidate("p0", start + at, text, Solution("program", text))
        for at, text in enumerate(texts)
    ]

with database.write() as conn:
    add_candidates(conn, run, some(0))
with database.write() as conn:
    add_candidates(conn, run, some(10))
    print("adding", flush=True)
    time.sleep(600)
"""

ADD_AND_ENQUEUE = """
with database.read() as conn:
    run = find_run(conn, sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, 60, 6):
    texts = [f"x{at % 17}" for at in range(start, start + 6)]
    made = [
        Candidate("p0", start + at, text, Solution("program", text))
        for at, text in enumerate(texts)
    ]
    with database.write() as conn:
        added = add_candidates(conn, run, made)
        ids = enqueue(
            conn,
            run_id=run.id,
            kind="program",
            verifier_digest=run.verifier_digest,
            environment_digest=run.environment_digest,
            solution_ids=added.to_verify,
            size=2,
        )
    for batch_id in ids:
        held = claim(database, batch_id, "w", 60)
        finish(database, held, results(held), settle)
"""


def process(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PRELUDE + script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_together(started: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Let processes that said "ready" go at once; what each said until its end."""
    for each in started:
        assert each.stdout
        assert each.stdin
        assert each.stdout.readline() == "ready\n", each.communicate()
    for each in started:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120) for each in started]
    assert [each.returncode for each in started] == [0] * len(started), said
    return [output.split() for output, _ in said]


def kill_once_it_says(started: subprocess.Popen[str], word: str) -> None:
    assert started.stdout
    assert started.stdout.readline() == f"{word}\n", started.communicate()
    started.send_signal(signal.SIGKILL)
    started.communicate(timeout=30)


def test_each_batch_goes_to_exactly_one_of_several_processes(database: Database) -> None:
    _, batch_ids = queued(database, [f"x{at}" for at in range(24)], size=1)
    workers = [process(CLAIM_ALL, database.url, f"w{at}", *batch_ids) for at in range(3)]
    taken = Counter(batch for said in start_together(workers) for batch in said)
    assert taken == dict.fromkeys(batch_ids, 1)
    assert count(database, attempts) == 24


def test_a_worker_killed_in_its_transaction_leaves_nothing_of_it(database: Database) -> None:
    _, [batch_id] = queued(database, ["a", "b"])
    kill_once_it_says(process(HANG_WHILE_WRITING, database.url, batch_id), "writing")
    assert count(database, attempts) == 0
    time.sleep(1.0)
    second = held(database, batch_id, "w2")
    assert second.deaths == 1
    assert finish(database, second, results(second), first).attempts == 2


def test_a_producer_killed_in_its_transaction_keeps_what_it_committed(
    database: Database,
) -> None:
    run = new_run(database)
    kill_once_it_says(process(HANG_WHILE_ADDING, database.url, run.name), "adding")
    with database.read() as conn:
        assert existing_ordinals(conn, run.id) == {"p0": set(range(10))}
        assert run_progress(conn, run.id).candidates == 10
    again = [candidate("p0", at, f"x{at}") for at in range(20)]
    assert add(database, run, again).inserted == 10


def test_two_runs_at_once_share_solutions_and_count_each_their_own(database: Database) -> None:
    one = new_run(database, problems=1, n=60)
    two = run_of(database, one.suite_id, n=60)
    start_together([process(ADD_AND_ENQUEUE, database.url, run.name) for run in (one, two)])
    assert count(database, solutions) == 17
    assert count(database, attempts) == 17
    assert count(database, candidates) == 120
    with database.read() as conn:
        for run_id in conn.scalars(select(candidates.c.run_id).distinct()):
            progress, counted = run_progress(conn, run_id), status_counts(conn, run_id)
            assert progress.statuses == counted.statuses == {"passed": 60}
            assert progress.solutions == counted.solutions == 17
            assert missing_solutions(conn, run_id) == []


def test_a_writer_waits_for_another_instead_of_failing(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "vervet.db")
    run, [batch_id] = queued(database, ["a"])
    waiting = process(CLAIM_ALL, database.url, "w", batch_id)
    with database.write() as conn:
        conn.execute(select(func.count()).select_from(batches))
        assert waiting.stdout
        assert waiting.stdin
        assert waiting.stdout.readline() == "ready\n"
        waiting.stdin.write("go\n")
        waiting.stdin.flush()
        time.sleep(0.5)
        assert waiting.poll() is None
    output, errors = waiting.communicate(timeout=60)
    assert output.split() == [batch_id], errors
    assert put(database, run, [1]) == []
    database.close()
