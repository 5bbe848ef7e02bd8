"""A starved attempt is nobody's fault: no control, no suspicion, no verdict, another try."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from tests.pipeline.doubles import NoSandbox
from tests.pipeline.test_verify_infra import count_verdicts
from vervet.core.digests import digest_json
from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.core.values import Candidate, Problem, Suite
from vervet.pipeline.verify_batch import BatchEnding, Workplace, verify_batch
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.scripted import ScriptedSandbox, Starved, prints
from vervet.store.batches import enqueue, missing_solutions
from vervet.store.candidates import add_candidates
from vervet.store.database import Database
from vervet.store.runs import Run, RunSpec, create_run
from vervet.store.schema import attempts
from vervet.store.suites import save_suite
from vervet.verification.programs import ProgramVerifier

VERIFIER = ProgramVerifier()
PROBLEM = Problem("p", "program", "", {"tests": [{"input": "", "output": "1\n"}]})
TRIES = 3


def a_run(database: Database) -> Run:
    content = {"program": VERIFIER.digest()}
    environment = {"kind": "scripted"}
    solution = VERIFIER.extract(PROBLEM, "print(1)", cut=False)
    with database.write() as conn:
        run = create_run(
            conn,
            RunSpec(
                name="starving",
                suite_id=save_suite(conn, Suite("starving", (PROBLEM,))),
                generator=GeneratorInfo("recorded", "nobody"),
                sampling=Sampling(),
                code_digest="c" * 64,
                verifier_digest=digest_json(content),
                environment_digest=digest_json(environment),
                n=1,
                seed=0,
                verifier=content,
                environment=environment,
            ),
        )
        add_candidates(conn, run, [Candidate("p", 0, "print(1)", solution)])
    return run


def missing(database: Database, run: Run) -> list[int]:
    with database.read() as conn:
        return missing_solutions(conn, run.id, max_infra_tries=TRIES)


def try_once(database: Database, run: Run, worker: str, sandbox: Sandbox) -> bool:
    """Whether the worker was asked to make room for another after verifying what is missing."""
    with database.write() as conn:
        (batch,) = enqueue(
            conn,
            run_id=run.id,
            kind="program",
            verifier_digest=run.verifier_digest,
            environment_digest=run.environment_digest,
            solution_ids=missing_solutions(conn, run.id, max_infra_tries=TRIES),
        )
    place = Workplace(database, sandbox, NoSandbox, lambda _: VERIFIER, worker)
    outcome = verify_batch(place, batch)
    assert outcome.ending is BatchEnding.DONE
    return outcome.retire


def test_a_starved_candidate_is_never_blamed_on_however_many_workers(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "vervet.db")
    run = a_run(database)
    starving = ScriptedSandbox(lambda *_: Starved("it waited 5 of 8 s for a processor"))

    retired = [try_once(database, run, f"w{at}", starving) for at in range(TRIES)]

    with database.read() as conn:
        columns = (attempts.c.status, attempts.c.code, attempts.c.flags, attempts.c.layers)
        found = [tuple(row) for row in conn.execute(select(*columns))]
    assert found == [("infra_error", "starved", "starved", "script")] * TRIES
    assert not any(retired)  # another process on a busy host would fare no better
    assert count_verdicts(database) == 0
    assert missing(database, run) == []  # tries are bounded
    database.close()


def test_a_starved_candidate_that_runs_on_a_quieter_moment_gets_its_verdict(
    tmp_path: Path,
) -> None:
    database = Database.open(tmp_path / "vervet.db")
    run = a_run(database)
    try_once(database, run, "w1", ScriptedSandbox(lambda *_: Starved("it waited")))
    try_once(database, run, "w1", ScriptedSandbox(lambda *_: prints(b"1\n")))
    assert count_verdicts(database) == 1
    database.close()
