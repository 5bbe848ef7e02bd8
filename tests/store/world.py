"""Small worlds for the tests of the store: suites, runs, candidates and what workers find."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Table, func, select

from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.core.status import Flag, Settlement, Status
from vervet.core.values import Attempt, Candidate, Problem, Solution, Suite, Verdict
from vervet.store.batches import Claim, Finished, Result, claim, enqueue, finish
from vervet.store.candidates import Added, add_candidates
from vervet.store.database import Database
from vervet.store.runs import Run, RunSpec, create_run
from vervet.store.suites import save_suite

VERIFIER = "v" * 64
ENVIRONMENT = "e" * 64
_names = itertools.count()


def problem(name: str = "p0") -> Problem:
    return Problem(
        id=name,
        kind="program",
        prompt=f"Solve {name}.\n",
        spec={"tests": [[1, 2]], "name": name},
        stop=("\n\n",),
        labels={"stratum": "easy"},
        references=(f"print('{name}')",),
    )


def suite(problems: int = 3) -> Suite:
    """A suite of its own name, so that its solutions belong to one test alone."""
    found = tuple(problem(f"p{at}") for at in range(problems))
    return Suite(f"suite{next(_names)}", found, "made for a test")


def run_of(database: Database, suite_id: int, *, n: int = 4, verifier: str = VERIFIER) -> Run:
    with database.write() as conn:
        return create_run(
            conn,
            RunSpec(
                name=f"run{next(_names)}",
                suite_id=suite_id,
                generator=GeneratorInfo("recorded", "nobody", "r1", "d1"),
                sampling=Sampling(temperature=0.8, stop=("\n\n",)),
                code_digest="c" * 64,
                verifier_digest=verifier,
                environment_digest=ENVIRONMENT,
                n=n,
                seed=7,
                config={"n": n},
                verifier={"kind": "program"},
                environment={"python": "3.11"},
            ),
        )


def new_run(database: Database, problems: int = 3, n: int = 4) -> Run:
    with database.write() as conn:
        suite_id = save_suite(conn, suite(problems))
    return run_of(database, suite_id, n=n)


def candidate(name: str, ordinal: int, text: str, malformed: str = "") -> Candidate:
    solution = Solution("program", "" if malformed else text, malformed)
    return Candidate(name, ordinal, text, solution, tokens=len(text), mean_logprob=-0.25)


def add(database: Database, run: Run, candidates: Sequence[Candidate]) -> Added:
    with database.write() as conn:
        return add_candidates(conn, run, candidates)


def put(database: Database, run: Run, solution_ids: Iterable[int], **options: object) -> list[str]:
    with database.write() as conn:
        return enqueue(
            conn,
            run_id=run.id,
            kind="program",
            verifier_digest=run.verifier_digest,
            environment_digest=run.environment_digest,
            solution_ids=list(solution_ids),
            **options,  # type: ignore[arg-type]
        )


def queued(database: Database, texts: Sequence[str], size: int = 64) -> tuple[Run, list[str]]:
    """A run of one problem with these completions, in batches that wait for a worker."""
    run = new_run(database, problems=1, n=len(texts))
    added = add(database, run, [candidate("p0", at, text) for at, text in enumerate(texts)])
    return run, put(database, run, added.to_verify, size=size)


def held(database: Database, batch_id: str, worker: str = "w1", lease_s: float = 60) -> Claim:
    found = claim(database, batch_id, worker, lease_s)
    assert found is not None
    return found


def results(claimed: Claim, attempt: Attempt | None = None) -> list[Result]:
    """One result per item; without an attempt, whatever contains "good" passes."""
    now = datetime.now(UTC)
    return [
        Result(
            item.solution_id,
            item.ordinal,
            attempt or judged(item.solution.text, item.solution.malformed),
            now,
            now,
            host="here",
        )
        for item in claimed.items
    ]


def judged(text: str, malformed: str = "") -> Attempt:
    """The verdict of these tests' verifier: it reads the text as an order."""
    if malformed:
        return Attempt(Status.MALFORMED, code=malformed)
    flags = frozenset(flag for flag in (Flag.FLAGGED, Flag.BESIDE) if flag in text)
    return Attempt(Status.PASSED if "good" in text else Status.FAILED, flags=flags)


def first(attempts: Sequence[Attempt]) -> Verdict | None:
    """The settlement `first`."""
    head = attempts[0]
    return Verdict(head.status, head.code, head.flags, Settlement.FIRST, len(attempts))


def verify(database: Database, batch_ids: Iterable[str]) -> list[Finished]:
    """Do a worker's work on each batch."""
    finished = []
    for batch_id in batch_ids:
        claimed = held(database, batch_id)
        finished.append(finish(database, claimed, results(claimed), first))
    return finished


def count(database: Database, table: Table) -> int:
    with database.read() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0
