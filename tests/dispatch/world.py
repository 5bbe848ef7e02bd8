"""Runs whose candidates are orders to the obedient verifier, and what became of them."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select

from tests.dispatch.obedient import KIND, Obedient
from vervet.core.digests import digest_json
from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.core.values import Candidate, Problem, Solution, Suite
from vervet.store.batches import claim, enqueue, unfinished
from vervet.store.blobs import load_texts
from vervet.store.candidates import add_candidates
from vervet.store.database import Database
from vervet.store.runs import Run, RunSpec, create_run
from vervet.store.schema import attempts, batches, blobs, candidates, solutions, verdicts
from vervet.store.suites import save_suite
from vervet.store.takeover import leased, take_back

PROBLEM = "obey"
MARKER = "VERVET_TEST_MARKER"
_names = itertools.count()


def new_run(database: Database, orders: Sequence[str], environment: dict[str, str]) -> Run:
    """A run of one problem whose candidates are these orders; nothing is enqueued yet."""
    name = f"run{next(_names)}"
    content = {KIND: Obedient().digest()}
    suite = Suite(name, (Problem(PROBLEM, KIND, "Obey.\n", {}),))
    with database.write() as conn:
        run = create_run(
            conn,
            RunSpec(
                name=name,
                suite_id=save_suite(conn, suite),
                generator=GeneratorInfo("recorded", "nobody"),
                sampling=Sampling(),
                code_digest="c" * 64,
                verifier_digest=digest_json(content),
                environment_digest=digest_json(environment),
                n=len(orders),
                seed=0,
                verifier=content,
                environment=environment,
            ),
        )
    sampled = [
        Candidate(PROBLEM, at, order, Solution(KIND, order)) for at, order in enumerate(orders)
    ]
    with database.write() as conn:
        add_candidates(conn, run, sampled)
    return run


def batches_of(database: Database, run: Run, size: int = 64) -> list[str]:
    """Enqueue all solutions of a run; the ids of its batches."""
    with database.write() as conn:
        query = select(candidates.c.solution_id).where(candidates.c.run_id == run.id)
        return enqueue(
            conn,
            run_id=run.id,
            kind=KIND,
            verifier_digest=run.verifier_digest,
            environment_digest=run.environment_digest,
            solution_ids=sorted(set(conn.scalars(query))),
            size=size,
        )


def is_done(database: Database, run: Run) -> bool:
    """Whether no batch of the run is open."""
    with database.read() as conn:
        return unfinished(conn, run.id).total == 0


def wait_for(what: Callable[[], object], seconds: float = 30.0, message: str = "") -> None:
    """Return as soon as `what` is true. Fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, message or f"{what} was not true in {seconds} s"
        time.sleep(0.02)


def attempts_by_order(database: Database) -> Counter[tuple[str, str, str]]:
    """How many attempts there are by (order, status, code)."""
    query = select(solutions.c.text_digest, attempts.c.status, attempts.c.code).join(
        solutions, solutions.c.id == attempts.c.solution_id
    )
    with database.read() as conn:
        texts = load_texts(conn, set(conn.scalars(select(blobs.c.digest))))
        return Counter(
            (texts[digest], status, code) for digest, status, code in conn.execute(query)
        )


def said_once(database: Database, orders: Sequence[str]) -> None:
    """Fail unless each distinct order has one attempt that says something, and one verdict."""
    said = Counter(
        order
        for (order, status, _), count in attempts_by_order(database).items()
        if status != "infra_error"
        for _ in range(count)
    )
    assert said == Counter(set(orders))
    with database.read() as conn:
        assert len(list(conn.execute(select(verdicts)))) == len(set(orders))


def deaths(database: Database) -> int:
    """How often batches were found dead."""
    with database.read() as conn:
        return sum(conn.scalars(select(batches.c.deaths)))


def marked(marker: str) -> set[int]:
    """Processes whose environment carries the marker, this one excepted."""
    found = set()
    needle = f"{MARKER}={marker}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                held = needle in (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if held:
                found.add(int(entry.name))
    return found


def below(pid: int) -> list[int]:
    """All descendants of a process, nearest first; those of its threads, too."""
    try:
        listings = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    children = [int(word) for listing in listings for word in listing.split()]
    return children + [found for child in children for found in below(child)]


def workers_of(database: Database, order: str) -> set[str]:
    """The workers that made attempts at one order."""
    query = (
        select(attempts.c.worker)
        .join(solutions, solutions.c.id == attempts.c.solution_id)
        .where(solutions.c.digest == Solution(KIND, order).digest)
    )
    with database.read() as conn:
        return set(conn.scalars(query))


def open_batches(database: Database) -> list[tuple[str, str]]:
    """(id, state) of the batches that are not done."""
    query = select(batches.c.id, batches.c.state).where(batches.c.state.in_(["queued", "leased"]))
    with database.read() as conn:
        return [(batch_id, state) for batch_id, state in conn.execute(query)]


def die_with(database: Database, worker: str, batch: str, *, died: bool = True) -> None:
    """Have a worker claim the batch and end; with `died`, that counts."""
    assert claim(database, batch, worker, 60)
    (held,) = leased(database)
    assert take_back(database, held, died=died)
