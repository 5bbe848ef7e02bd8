"""The small store that docs/sql.md tells of: two models, their references, and what went wrong.

Written by the store's own functions, as workers write; the text of a solution says what the
verifier finds. Everything that the document prints follows from the tables in this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tests.store.world import first
from vervet.core.limits import Usage
from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, Candidate, CheckEvidence, Problem, Solution, Suite
from vervet.store.audits import AuditItem, add_items, open_audit, save_summary
from vervet.store.batches import Result, claim, enqueue, finish
from vervet.store.candidates import add_candidates
from vervet.store.database import Database
from vervet.store.prices import PriceRow, save_prices
from vervet.store.runs import Run, RunSpec, create_run
from vervet.store.schema import problems, solutions
from vervet.store.suites import problem_ids, save_suite

__all__ = ["fill"]

VERIFIER, THOROUGH = "be57" * 16, "7e57" * 16
OLD, NEW = "3a11" * 16, "3b12" * 16
LETTERS = {
    "+": Outcome.PASSED,
    "-": Outcome.FAILED,
    "!": Outcome.ERROR,
    ".": Outcome.NOT_RUN,
}

PROBLEMS = {"gcd": "easy", "median": "easy", "clock": "hard", "knapsack": "hard", "anagram": "hard"}

SAMPLED = {
    "small": {
        "gcd": ["g1", "g1", "g1", "g-bad"],
        "median": ["m1", "m-bad", "m-bad", "m-slow"],
        "clock": ["c1", "c1", "c-bad", "c-cheat"],
        "knapsack": ["k1", "k-slow", "k-slow", "k-fat"],
        "anagram": ["a1", "a2", "a-bad", ""],
    },
    "large": {
        "gcd": ["g1", "g1", "g1", "g1"],
        "median": ["m1", "m1", "m2", "m-slow"],
        "clock": ["c2", "c2", "c-bad", "c1"],
        "knapsack": ["k2", "k-slow", "k1", "k1"],
        "anagram": ["a1", "a1", "a-open", "a-bad"],
    },
    "references": {
        "gcd": ["g1"],
        "median": ["m1", "m-ref"],
        "clock": ["c-ref"],
        "knapsack": ["k-ref"],
        "anagram": ["a-ref", "a-ref-2"],
    },
    "known-wrong": {"gcd": ["g-bad", "g-empty"], "median": ["m-mutant"]},
}
ORIGINS = {"g-bad": "incorrect", "g-empty": "empty", "m-mutant": "mutant:arithmetic:2"}


@dataclass(frozen=True)
class Seen:
    """What the verifier finds: one letter a check."""

    status: Status
    checks: str
    code: str = ""
    cpu_s: float = 0.25
    flags: frozenset[Flag] = frozenset()
    message: str = "wrong output"
    expected: bytes | None = b"2\n"
    actual: bytes | None = b"3\n"


SLOW = Seen(Status.TIMED_OUT, "++!.", "cpu_time", 2.0, message="2 s of CPU time", actual=None)
SEEN = {
    "g1": Seen(Status.PASSED, "++"),
    "g-bad": Seen(Status.FAILED, "+-", "wrong_output"),
    "g-empty": Seen(Status.FAILED, "--", "wrong_output"),
    "m1": Seen(Status.PASSED, "+++"),
    "m2": Seen(Status.PASSED, "+++", cpu_s=0.5),
    "m-bad": Seen(Status.FAILED, "-..", "wrong_output"),
    "m-slow": Seen(Status.TIMED_OUT, "+!.", "cpu_time", 2.0, frozenset({Flag.SPEED_DEPENDENT})),
    "m-ref": Seen(Status.FAILED, "++-", "wrong_output", actual=b"2.0\n"),
    "m-mutant": Seen(Status.PASSED, "+++"),
    "c1": Seen(Status.FAILED, "+-.", "wrong_output"),
    "c2": Seen(Status.PASSED, "+++"),
    "c-bad": Seen(Status.CRASHED, "!..", "exit_status", message="KeyError: 'noon'", actual=b""),
    "c-cheat": Seen(Status.PASSED, "+++", flags=frozenset({Flag.FLAGGED})),
    "c-ref": Seen(Status.PASSED, "+++"),
    "k1": Seen(Status.FAILED, "++-.", "wrong_output"),
    "k2": Seen(Status.PASSED, "++++", cpu_s=1.5),
    "k-slow": SLOW,
    "k-fat": Seen(Status.MEMORY_EXCEEDED, "!...", "memory", 0.75, message="256 MiB"),
    "k-ref": Seen(Status.TIMED_OUT, "++!+", "cpu_time", 2.5, message="2 s of CPU time"),
    "a1": Seen(Status.PASSED, "++"),
    "a2": Seen(Status.PASSED, "++"),
    "a-bad": Seen(Status.FAILED, "-.", "wrong_output"),
    "a-open": Seen(Status.INFRA_ERROR, "", "no_sandbox", message="cannot start a sandbox"),
    "a-ref": Seen(Status.PASSED, "++"),
    "a-ref-2": Seen(Status.FAILED, "--", "wrong_output", expected=b"eat\n", actual=b"tea\n"),
    "": Seen(Status.MALFORMED, "", "nothing_extracted", 0.0),
}
FLIPPED = Seen(Status.FAILED, "++-", "wrong_output")
"""What `c2` comes to now and then."""


def fill(database: Database) -> None:
    """Write the store: what two days of work would have left."""
    runs = _runs(database)
    ant, bee, cow = _Worker("ant", 20), _Worker("bee", 21), _Worker("cow", 21)
    ant.verify(database, runs["small"], _ids(database, runs["small"]))
    large = _ids(database, runs["large"])
    cow.verify(database, runs["large"], {"a-open": large.pop("a-open")})
    for _ in range(2):
        cow.verify(database, runs["large"], _ids(database, runs["large"], "a-open"), again=True)
    bee.verify(database, runs["large"], large)
    _another_python(database, runs["small"], bee)
    _audits(database, runs, bee)
    with database.write() as conn:
        save_prices(conn, [PriceRow("llama-8b", "lab", 0.1, 0.2)])
        save_prices(conn, [PriceRow("llama-70b", "lab", 0.6, 0.9)])


class _Worker:
    """Does what is queued, one solution a second from ten o'clock of a day in November 2026."""

    def __init__(self, host: str, day: int) -> None:
        self._host = host
        self._now = datetime(2026, 11, day, 10, tzinfo=UTC)

    def verify(
        self,
        database: Database,
        run: Run,
        ids: dict[str, int],
        seen: Callable[[str, int], Seen] = lambda text, _: SEEN[text],
        *,
        environment: str = OLD,
        condition: str = "normal",
        again: bool = False,
    ) -> None:
        """Verify solutions, by text, that nobody has; all of them with `again`."""
        with database.write() as conn:
            batch_ids = enqueue(
                conn,
                run_id=run.id,
                kind="program",
                verifier_digest=run.verifier_digest,
                environment_digest=environment,
                solution_ids=list(ids.values()),
                condition=condition,
                again=again,
            )
        for batch_id in batch_ids:
            claimed = claim(database, batch_id, f"{self._host}-1", 60)
            assert claimed is not None
            found = []
            for item in claimed.items:
                said = seen(item.solution.text, item.ordinal)
                started, self._now = self._now, self._now + timedelta(seconds=1)
                found.append(
                    Result(
                        item.solution_id,
                        item.ordinal,
                        _attempt(said),
                        started,
                        self._now,
                        host=self._host,
                    )
                )
            finish(database, claimed, found, first)


def _attempt(seen: Seen) -> Attempt:
    outcomes = tuple(LETTERS[letter] for letter in seen.checks)
    evidence = tuple(
        CheckEvidence(at, f"test {at + 1}", outcome, seen.message, seen.expected, seen.actual)
        for at, outcome in enumerate(outcomes)
        if outcome in (Outcome.FAILED, Outcome.ERROR)
    )
    message = "" if seen.status is Status.PASSED else seen.message
    usage = Usage(wall_s=seen.cpu_s, cpu_user_s=seen.cpu_s)
    return Attempt(seen.status, seen.code, seen.flags, outcomes, evidence, usage, message)


def _runs(database: Database) -> dict[str, Run]:
    made = tuple(
        Problem(name, "program", f"Solve {name}.\n", {"tests": []}, labels={"stratum": stratum})
        for name, stratum in PROBLEMS.items()
    )
    with database.write() as conn:
        suite_id = save_suite(conn, Suite("puzzles", made, "made for a test"))
        runs = {}
        for name, engine, model, tokens in (
            ("small", "vllm", "llama-8b", 1000),
            ("large", "vllm", "llama-70b", 1500),
            ("references", "references", "puzzles", 0),
            ("known-wrong", "known-wrong", "puzzles", 0),
        ):
            runs[name] = create_run(conn, _spec(name, engine, model, suite_id))
            add_candidates(conn, runs[name], _candidates(name, tokens))
    return runs


def _spec(name: str, engine: str, model: str, suite_id: int) -> RunSpec:
    return RunSpec(
        name=name,
        suite_id=suite_id,
        generator=GeneratorInfo(engine, model, None, None),
        sampling=Sampling(temperature=0.8),
        code_digest="c0de" * 16,
        verifier_digest=VERIFIER if engine == "vllm" else THOROUGH,
        environment_digest=OLD,
        n=4,
        seed=1,
        config={},
        verifier={"kind": "program"},
        environment={"python": "3.11"},
    )


def _candidates(run: str, tokens: int) -> list[Candidate]:
    return [
        Candidate(
            name,
            at,
            f"```\n{text}\n```",
            Solution("program", text, "" if text else "nothing_extracted"),
            finish_reason=ORIGINS[text] if run == "known-wrong" else "stop",
            tokens=tokens,
            claimed=Status.FAILED if text == "m2" else None,
            prompt_tokens=100 if tokens else None,
        )
        for name, texts in SAMPLED[run].items()
        for at, text in enumerate(texts)
    ]


def _ids(database: Database, run: Run, *only: str) -> dict[str, int]:
    """Row ids of the solutions that a run sampled, by text."""
    found = {}
    with database.read() as conn:
        rows = select(problems.c.name, solutions.c.digest, solutions.c.id).join(
            problems, problems.c.id == solutions.c.problem_id
        )
        by_key = {(name, digest): row_id for name, digest, row_id in conn.execute(rows)}
    for candidate in _candidates(run.name, 0):
        text = candidate.solution.text
        if not only or text in only:
            found[text] = by_key[candidate.problem_id, candidate.solution.digest]
    return found


def _another_python(database: Database, run: Run, worker: _Worker) -> None:
    """Four solutions under another environment, where one is fast enough and one crashes."""

    def seen(text: str, _: int) -> Seen:
        if text == "m-slow":
            return Seen(Status.PASSED, "+++", cpu_s=1.5)
        if text == "a2":
            return Seen(Status.CRASHED, "!.", "exit_status", message="ImportError", actual=b"")
        return SEEN[text]

    ids = _ids(database, run, "g1", "m-slow", "a2", "k-slow")
    worker.verify(database, run, ids, seen, environment=NEW, again=True)


def _audits(database: Database, runs: dict[str, Run], worker: _Worker) -> None:
    _repeat(database, runs["large"], worker)
    references = _ids(database, runs["references"])
    worker.verify(database, runs["references"], references)
    worker.verify(database, runs["known-wrong"], _ids(database, runs["known-wrong"]))
    clock = _ids(database, runs["large"], "c2")
    causes = [("m-ref", "checker_strict"), ("k-ref", "time_limit"), ("a-ref-2", "several_outputs")]
    _audit(database, runs["large"], "flaky", clock, [("c2", "condition_dependent")])
    _audit(database, runs["references"], "false-negatives", references, causes)


def _repeat(database: Database, run: Run, worker: _Worker) -> None:
    """`c2` ten times more, of which two fail, and twice with another hash seed, which fail."""
    ids = _ids(database, run, "c2")

    def seen(_: str, ordinal: int) -> Seen:
        return FLIPPED if ordinal in (4, 7) else SEEN["c2"]

    for _ in range(10):
        worker.verify(database, run, ids, seen, again=True)
    for _ in range(2):
        worker.verify(database, run, ids, lambda *_: FLIPPED, condition="hashseed=7", again=True)


def _audit(
    database: Database, run: Run, kind: str, ids: dict[str, int], found: Sequence[tuple[str, str]]
) -> None:
    with database.write() as conn:
        known = problem_ids(conn, run.suite_id)
        by_letter = {name[0]: row_id for name, row_id in known.items()}
        audit = open_audit(conn, f"{kind} {run.name}", kind, run.id, {})
        items = [AuditItem(by_letter[text[0]], ids[text], finding) for text, finding in found]
        add_items(conn, audit, items)
        save_summary(conn, audit, {}, finished=True)
