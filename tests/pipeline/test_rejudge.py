"""Re-judging in reference mode, with real sandboxes: what differs, what only seems to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update

from tests.dispatch.world import die_with
from vervet.core.errors import JobError, NoIsolationError
from vervet.core.limits import Usage
from vervet.core.sampling import GeneratorInfo
from vervet.core.status import REFERENCE, Status
from vervet.core.values import Candidate, Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.rejudge import Rejudging
from vervet.pipeline.session import Session, open_session
from vervet.pipeline.verify_batch import Workplace
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.reference import ReferenceSandbox
from vervet.store.audits import summary_of
from vervet.store.database import Database
from vervet.store.rejudging import chosen
from vervet.store.schema import attempts, batches, environments, verdicts
from vervet.verification.registry import verifier_for

TESTS = [{"input": "3 4\n", "output": "7\n"}, {"input": "1 1\n", "output": "2\n"}]
SUM = Problem("sum", "program", "# Print the sum.\n", {"tests": TESTS})
SEVENS = Problem("7", "program", "# Print 7.\n", {"tests": [{"input": "", "output": "7\n"}] * 16})
ANSWER = Problem("answer", "answer", "2 + 2?\n", {"answer": "4"})

HONEST = (
    "print(sum(map(int, input().split())))",
    "import sys, json, re\nprint(sum(json.loads('[%s]' % re.sub(r'\\s+', ',', input()))))",
    "import threading as t\na, b = map(int, input().split())\nt.Timer(0, print, [a + b]).start()",
    "print(sorted({int(x) for x in input().split()}))",
    "import heapq, collections, itertools, functools\nprint(eval(input().replace(' ', '+')))",
    "x = (",
    "print(1 // 0)",
    "raise SystemExit(3)",
    "import os\nprint(os.listdir('.'), os.getcwd(), dict(os.environ) == {})",
    "import sys\nprint(sys.argv, __name__, __file__)",
    "print(hash('a'), hash('b'), {'x', 'y', 'z'})",
    "import time\ntime.sleep(0.01)\nprint(7 if input()[0] == '3' else 2)",
    "def f(n): return n and f(n - 1)\nprint(f(10 ** 5))",
)
TELLS_THEM_APART = (
    "import sys\n"
    "fresh = sys.orig_argv[-1:] == ['solution.py'] and 'resource' not in sys.modules\n"
    "a, b = map(int, input().split())\n"
    "print(a - b if fresh else a + b)\n"
)
"""Passes where an interpreter was forked that somebody had used, fails in one of its own."""
BY_CHANCE = "import os\nprint(7 if os.urandom(1)[0] < 128 else 8)\n"
"""Two attempts fail at the same test once in three times: the sum of 1/4, 1/16, 1/64, ..."""


@dataclass
class World:
    """One run with its workers; each call of `rejudge` is one producer's whole work on it."""

    session: Session
    place: Workplace
    dispatcher: InlineDispatcher

    @property
    def database(self) -> Database:
        return self.session.database

    def record(
        self,
        completions: Sequence[str],
        problem: Problem = SUM,
        place: Workplace | None = None,
    ) -> None:
        verifier = self.session.verifiers[problem.kind]
        made = [
            Candidate(problem.id, at, each, verifier.extract(problem, each, cut=False))
            for at, each in enumerate(completions)
        ]
        dispatcher = InlineDispatcher(place) if place else self.dispatcher
        Recorder(self.database, self.session.run, 8, dispatcher).record(made)

    def rejudge(self, share: float = 1.0, place: Workplace | None = None) -> dict[str, Any]:
        dispatcher = InlineDispatcher(place) if place else self.dispatcher
        rejudging = Rejudging(self.session, share, dispatcher)
        for _ in range(12):
            if not rejudging.go_on():
                return self.summary()
        raise AssertionError("re-judging does not come to an end")

    def with_reference(self, make: Callable[[], Sandbox]) -> Workplace:
        return replace(self.place, reference=make)

    def summary(self) -> dict[str, Any]:
        with self.database.read() as conn:
            return dict(summary_of(conn, self.session.run.id, "reference") or {})

    def rows(self, query: str) -> list[Any]:
        with self.database.read() as conn:
            return [tuple(row) for row in conn.execute(text(query))]

    def made(self) -> Counter[tuple[str, str]]:
        """Attempts by condition and status."""
        with self.database.read() as conn:
            return Counter(
                (condition, status)
                for condition, status in conn.execute(
                    select(attempts.c.condition, attempts.c.status)
                )
            )


@pytest.fixture(scope="module")
def jail() -> Iterator[JailSandbox]:
    made = JailSandbox()
    yield made
    made.close()


@pytest.fixture
def world(migrated_url: str, jail: JailSandbox) -> Iterator[World]:
    database = Database.open(migrated_url)
    place = Workplace(database, jail, JailSandbox, verifier_for, "w1")
    session = open_session(
        database,
        Suite("sums", (SUM, SEVENS, ANSWER)),
        RunConfig(n=20),
        model=GeneratorInfo("recorded", "nobody"),
        sandbox=jail,
    )
    yield World(session, place, InlineDispatcher(place))
    database.close()


def verdicts_of(conn: Connection) -> list[Any]:
    query = select(verdicts).order_by(verdicts.c.solution_id)
    return [tuple(row) for row in conn.execute(query)]


def test_honest_programs_are_judged_alike_and_no_verdict_is_touched(world: World) -> None:
    world.record(HONEST)
    with world.database.read() as conn:
        before = verdicts_of(conn)
    found = world.rejudge()
    assert (found["rejudged"], found["differs"], found["flaky"]) == (len(HONEST), 0, 0)
    assert world.rows("SELECT * FROM v_reference_differences") == []
    with world.database.read() as conn:
        assert verdicts_of(conn) == before


def test_a_program_that_tells_the_fork_server_gives_an_item_with_both_attempts(
    world: World,
) -> None:
    world.record([HONEST[0], TELLS_THEM_APART])
    found = world.rejudge()
    assert (found["rejudged"], found["differs"], found["problems"]) == (2, 1, ["sum"])
    columns = "finding, normal_status, normal_code, reference_status, reference_code"
    assert world.rows(f"SELECT {columns} FROM v_reference_differences") == [
        ("differs", "passed", "", "failed", "wrong_output")
    ]
    # The difference was repeated under both conditions before it was believed.
    assert world.made() == {
        ("normal", "passed"): 3,
        ("reference", "passed"): 1,
        ("reference", "failed"): 2,
    }
    assert world.rows("SELECT status, flags, attempts FROM verdicts ORDER BY attempts") == [
        ("passed", "", 1),
        ("passed", "", 2),
    ]


def test_going_over_it_again_makes_and_finds_nothing_more(world: World) -> None:
    world.record([TELLS_THEM_APART, HONEST[0]])
    found, made = world.rejudge(), world.made()
    assert world.rejudge() == found
    assert world.made() == made
    assert len(world.rows("SELECT * FROM v_reference_differences")) == 1


def test_what_ends_by_chance_is_flaky_and_no_difference(world: World) -> None:
    world.record([f"{BY_CHANCE}# {at}" for at in range(20)], SEVENS)
    found = world.rejudge()
    assert found["rejudged"] == 20
    # Of each 2/3 x 8/9 are found out; that none of 20 is, happens once in 10^7 times.
    assert found["flaky"] >= 1
    items = world.rows("SELECT finding FROM v_reference_differences ORDER BY finding DESC")
    assert items == [("flaky",)] * found["flaky"] + [("differs",)] * found["differs"]


def test_attempts_that_disagree_are_re_judged_whatever_the_share(world: World) -> None:
    world.record(["print(8)", HONEST[0]])
    with world.database.write() as conn:
        conn.execute(text("UPDATE verdicts SET flags = 'flaky' WHERE status = 'failed'"))
    assert world.rejudge(share=1e-12)["rejudged"] == 1


def test_kinds_that_run_nothing_are_skipped(world: World) -> None:
    world.record(["#### 4", "#### 5"], ANSWER)
    world.record(HONEST[:1])
    found = world.rejudge()
    assert (found["rejudged"], found["skipped"], found["failed"]) == (1, 2, 0)
    assert world.made()["reference", "infra_error"] == 0


class Refusing(ReferenceSandbox):
    def run(self, job: Job, on_check: OnCheck) -> Report:
        if job.program.argv == ("solution.py",):
            raise JobError("no such profile here")
        return super().run(job, on_check)


def test_a_job_that_is_refused_there_is_tried_once_and_skipped(world: World) -> None:
    world.record(HONEST[:2])
    found = world.rejudge(place=world.with_reference(Refusing))
    assert (found["rejudged"], found["skipped"], found["failed"]) == (0, 2, 0)
    assert world.made()["reference", "infra_error"] == 2


def _none() -> Sandbox:
    raise NoIsolationError("reference mode does not work here (none is installed)")


def test_where_no_reference_mode_works_the_run_goes_on_and_says_so(world: World) -> None:
    world.record(HONEST[:2])
    place = world.with_reference(_none)
    found = world.rejudge(place=place)
    assert (found["rejudged"], found["failed"]) == (0, 2)
    assert found["why"] == "reference mode does not work here (none is installed)"
    assert world.made()["normal", "infra_error"] == 0
    assert len(world.rows("SELECT * FROM verdicts")) == 2


def test_a_failure_of_the_reference_sandbox_is_tried_again_and_never_an_item(
    world: World,
) -> None:
    world.record(HONEST[:2])
    left = [2]

    class Failing(ReferenceSandbox):
        def run(self, job: Job, on_check: OnCheck) -> Report:
            if job.program.argv[0] == "solution.py" and left[0]:
                left[0] -= 1
                return Report((), Usage(), (), infra="it broke")
            return super().run(job, on_check)

    found = world.rejudge(place=world.with_reference(Failing))
    assert (found["rejudged"], found["differs"], found["failed"]) == (2, 0, 0)
    assert world.made()["reference", "infra_error"] == 2
    assert world.rows("SELECT * FROM v_reference_differences") == []


def test_what_breaks_reference_mode_on_two_workers_is_no_difference(world: World) -> None:
    class Broken(ReferenceSandbox):
        def run(self, job: Job, on_check: OnCheck) -> Report:
            if job.program.argv[0] == "solution.py":
                return Report((), Usage(), (), infra="it broke")
            return super().run(job, on_check)

    world.record(HONEST[:1])
    for worker in ("w1", "w2", "w1"):
        place = replace(world.with_reference(Broken), worker=worker)
        Rejudging(world.session, 1.0, InlineDispatcher(place)).go_on()
    assert world.made() == {
        ("normal", "passed"): 1,
        ("reference", "infra_error"): 1,
        ("reference", "crashed"): 1,
    }
    found = world.summary()
    assert (found["rejudged"], found["differs"], found["failed"]) == (0, 0, 1)
    assert found["why"].startswith("it broke")


def test_what_breaks_the_sandbox_itself_is_not_sent_into_another(world: World) -> None:
    class Broken(JailSandbox):
        def run(self, job: Job, on_check: OnCheck) -> Report:
            if b"break" in job.program.files[0].data:
                return Report((), Usage(), (), infra="it broke")
            return super().run(job, on_check)

    broken = Broken()
    for worker in ("w1", "w2"):
        place = replace(world.place, sandbox=broken, worker=worker)
        world.record(["break", HONEST[0]], place=place)
        Recorder(world.database, world.session.run, 8, InlineDispatcher(place)).enqueue_missing()
    broken.close()
    assert world.made()["normal", "crashed"] == 1
    found = world.rejudge()
    assert (found["rejudged"], found["skipped"]) == (1, 1)


def test_what_another_interpreter_judged_is_not_compared(world: World) -> None:
    world.record(HONEST[:2])
    with world.database.write() as conn:
        conn.execute(update(environments).values(content={"kind": "docker"}))
    found = world.rejudge()
    assert (found["rejudged"], found["skipped"], found["failed"]) == (0, 2, 0)
    assert set(world.made()) == {("normal", "passed")}


def test_a_worker_that_dies_with_a_re_judgement_leaves_it_to_another(world: World) -> None:
    world.record(HONEST[:1])
    quiet = InlineDispatcher(world.place)
    quiet.publish = lambda *_: None  # type: ignore[method-assign]
    assert Rejudging(world.session, 1.0, quiet).go_on() == 1
    with world.database.read() as conn:
        query = select(batches.c.id).where(batches.c.condition == REFERENCE)
        (batch,) = conn.scalars(query)
    for worker in ("w7", "w8"):
        die_with(world.database, worker, batch)
    world.dispatcher.publish("program", [batch])
    assert world.rejudge()["rejudged"] == 1
    with world.database.read() as conn:
        (each,) = chosen(conn, world.session.run, 1.0)
    assert each.history.failures("normal") == 0
    assert [made.status for made in each.attempts(REFERENCE)] == [Status.PASSED]


def test_two_producers_at_once_ask_for_nothing_twice(world: World) -> None:
    world.record([TELLS_THEM_APART])
    quiet = InlineDispatcher(world.place)
    quiet.publish = lambda *_: None  # type: ignore[method-assign]
    for _ in range(2):
        assert Rejudging(world.session, 1.0, quiet).go_on() == 1
    assert len(world.rows("SELECT id FROM batches WHERE condition = 'reference'")) == 1
