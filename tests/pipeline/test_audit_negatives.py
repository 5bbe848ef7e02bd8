"""The audit for false negatives with real jails and databases, on a suite that is all planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.audit.planted import planted_suite
from tests.pipeline.test_audit_flaky import Watcher
from vervet.audit.effect import Row
from vervet.audit.false_negatives import Cause, FalseNegatives
from vervet.core.errors import ProblemError
from vervet.core.limits import Usage
from vervet.core.sampling import GeneratorInfo
from vervet.core.values import Candidate, Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.audit_loop import carry_through
from vervet.pipeline.audit_negatives import NegativesWork
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.references import open_references
from vervet.pipeline.session import open_session
from vervet.pipeline.verify_batch import Workplace
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.store.database import Database
from vervet.store.references import add_references
from vervet.store.runs import RunState
from vervet.store.schema import audit_items, audits, problems
from vervet.store.suites import save_suite
from vervet.verification.registry import verifier_for

ADD = "a, b = map(int, input().split())\nprint(a + b)\n"
SUM = "print(sum(map(int, input().split())))\n"
THREE, FOUR = ("1 2\n", "3\n"), ("2 2\n", "4\n")
BURN = "import time\nwhile time.process_time() < 0.5: pass\n"


def program(name: str, tests: list[tuple[str, str]], *references: str, **more: Any) -> Problem:
    spec = {"tests": [{"input": given, "output": out} for given, out in tests], **more}
    return Problem(name, "program", f"# {name}\n", spec, references=references)


def function(name: str, asserts: list[str], reference: str) -> Problem:
    spec = {"prompt": f"def {name}(x):\n", "entry_point": name, "setup": "", "asserts": asserts}
    return Problem(name, "function", spec["prompt"], spec, references=(reference,))


PROBLEMS: list[tuple[Problem, list[Cause]]] = [
    (program("clean", [THREE, FOUR], ADD, SUM), []),
    (
        program("wrong_expected", [THREE, ("2 2\n", "5\n")], ADD, SUM),
        [Cause.WRONG_LABEL, Cause.WRONG_LABEL],
    ),
    (
        program(
            "several",
            [("5\n", "1 4\n"), ("0\n", "0 0\n")],
            "n = int(input())\nprint(min(1, n), n - min(1, n))",
            "n = int(input())\nprint(n // 2, n - n // 2)",
            "n = int(input())\nprint(0, n)",
        ),
        [Cause.SEVERAL_OUTPUTS, Cause.SEVERAL_OUTPUTS],
    ),
    (
        program("violates", [THREE, ("x y\n", "0\n")], ADD, SUM),
        [Cause.INPUT_VIOLATES, Cause.INPUT_VIOLATES],
    ),
    (program("slow", [THREE], BURN + ADD, limits={"cpu_s": 0.3}), [Cause.TIME_LIMIT]),
    (
        program("large", [THREE], "x = bytearray(200 << 20)\n" + ADD, limits={"memory": 100 << 20}),
        [Cause.MEMORY],
    ),
    (
        program("spaces", [("1 2\n", "1  2\n")], "print(*input().split())"),
        [Cause.CHECKER_STRICT],
    ),
    (
        program("digits", [("1\n", "0.333333333\n")], "print(int(input()) / 3)"),
        [Cause.CHECKER_STRICT],
    ),
    (
        program("broken", [THREE, FOUR], ADD, SUM, "print(9)", "x = ("),
        [Cause.BROKEN_REFERENCE, Cause.BROKEN_REFERENCE],
    ),
    (
        program("flips", [THREE] * 16, "import os\nprint(3 + (os.urandom(1)[0] & 1))"),
        [Cause.FLAKY],  # two attempts agree on all 16 tests once in 65,536 times
    ),
    (function("third", ["assert third(1) == 0.3333333333", "assert third(3) == 1"],
              "    return x / 3\n"), [Cause.CHECKER_STRICT]),
    (function("inverse", ["assert inverse(2) == 0.5", "assert inverse(0) == 0"],
              "    return 1 / x\n"), [Cause.INPUT_VIOLATES]),
    (
        Problem("label", "answer", "?", {"answer": "3"}, references=("#### 3.5", "so #### 3.5")),
        [Cause.WRONG_LABEL],
    ),
    (program("none", [THREE]), []),
]  # fmt: skip
SUITE = Suite("planted", tuple(problem for problem, _ in PROBLEMS))


@dataclass
class World:
    database: Database
    config: RunConfig
    jail: JailSandbox

    def place(self, sandbox: JailSandbox | None = None) -> Workplace:
        return Workplace(self.database, sandbox or self.jail, JailSandbox, verifier_for, "w1")

    def audit(
        self,
        suite: Suite = SUITE,
        *,
        sandbox: JailSandbox | None = None,
        watcher: Watcher | None = None,
        wrong_labels: dict[str, str] | None = None,
    ) -> tuple[FalseNegatives, bool]:
        session = open_references(self.database, suite, self.config, self.jail)
        work = NegativesWork(session, wrong_labels or {})
        dispatcher = InlineDispatcher(self.place(sandbox))
        through = carry_through(self.database, work, dispatcher, watcher or Watcher())
        with self.database.write() as conn:
            return work.result(conn, finished=through), through

    def rows(self, statement: str) -> list[Any]:
        with self.database.read() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]


@pytest.fixture(scope="module")
def jail() -> Iterator[JailSandbox]:
    made = JailSandbox()
    yield made
    made.close()


@pytest.fixture
def world(migrated_url: str, tmp_path: Path, jail: JailSandbox) -> Iterator[World]:
    made = World(Database.open(migrated_url), RunConfig(state_dir=str(tmp_path)), jail)
    yield made
    made.database.close()


def test_each_planted_cause_is_named_and_written_and_a_second_audit_finds_the_same(
    world: World,
) -> None:
    found, through = world.audit()
    made = {each.problem: [one.cause for one in each.findings] for each in found.problems}

    assert through
    assert made == {problem.id: wanted for problem, wanted in PROBLEMS if wanted}
    assert (found.total_problems, found.with_references, found.unverified) == (14, 13, 0)
    assert (found.references, found.passing, found.failing) == (22, 5, 17)
    assert found.share == 12 / 13
    with world.database.read() as conn:
        query = select(problems.c.name, audit_items.c.finding).join(
            problems, problems.c.id == audit_items.c.problem_id
        )
        items = Counter(map(tuple, conn.execute(query)))
        row = conn.execute(select(audits)).mappings().one()
    assert items == Counter((name, cause) for name, some in made.items() for cause in some)
    assert (row["kind"], row["state"]) == ("false-negatives", RunState.FINISHED)
    assert row["summary"]["affected"] == 12

    attempts = world.rows("SELECT COUNT(*) FROM attempts")
    again, _ = world.audit()
    assert again == found
    assert world.rows("SELECT COUNT(*) FROM attempts") == attempts


ONE = Suite("one", (program("wrong", [THREE, ("2 2\n", "5\n")], ADD, SUM),))


def test_a_failure_is_repeated_before_it_is_believed_and_a_pass_is_not(world: World) -> None:
    suite = Suite("two", (PROBLEMS[0][0], *ONE.problems))
    world.audit(suite)

    assert world.rows("SELECT status, COUNT(*) FROM attempts GROUP BY status ORDER BY status") == [
        ("failed", 4),
        ("passed", 2),
    ]


def test_an_imported_reference_is_examined_with_the_suite_s_own(world: World) -> None:
    alone = Suite("one", (replace(ONE.problems[0], references=(ADD,)),))
    first, _ = world.audit(alone)
    with world.database.write() as conn:
        add_references(conn, save_suite(conn, alone), {"wrong": [SUM]}, "accepted.jsonl")
    second, _ = world.audit(alone)

    assert [list(each.causes) for each in (first, second)] == [
        [Cause.UNEXPLAINED],
        [Cause.WRONG_LABEL],
    ]
    assert second.origins == {"suite": 1, "accepted.jsonl": 1}


def test_a_suspicion_of_a_label_reaches_the_finding(world: World) -> None:
    answer = Problem("label", "answer", "?", {"answer": "3"}, references=("#### 4",))
    found, _ = world.audit(Suite("answers", (answer,)), wrong_labels={"label": "all say 4"})

    assert (found.problems[0].findings[0].cause, found.problems[0].findings[0].words) == (
        Cause.WRONG_LABEL,
        "all say 4",
    )


def test_a_suite_without_references_is_refused(world: World) -> None:
    with pytest.raises(ProblemError, match="has a reference"):
        world.audit(Suite("none", (program("none", [THREE]),)))


class Broken(JailSandbox):
    """Fails every program that is to add."""

    def run(self, job: Job, on_check: OnCheck) -> Report:
        if b"a + b" in job.program.files[0].data:
            return Report((), Usage(), (), infra="the guest is gone")
        return super().run(job, on_check)


def test_what_the_sandbox_failed_on_is_no_false_negative(world: World) -> None:
    broken = Broken()
    found, through = world.audit(Suite("clean", (PROBLEMS[0][0],)), sandbox=broken)
    broken.close()

    assert through
    assert (found.passing, found.failing, found.unverified) == (1, 0, 1)
    assert not found.complete
    assert "the guest is gone" in found.why_unverified


def test_an_audit_that_was_interrupted_goes_on_where_it_was(world: World) -> None:
    suite = Suite("several", tuple(problem for problem, _ in PROBLEMS[:4]))
    _, through = world.audit(suite, watcher=Watcher(interrupt_after=1))
    assert not through
    before = world.rows("SELECT COUNT(*) FROM attempts WHERE ordinal = 0")
    found, through = world.audit(suite)

    assert through
    assert before == world.rows("SELECT COUNT(*) FROM attempts WHERE ordinal = 0")
    assert len(found.problems) == 3
    assert len(world.rows("SELECT id FROM audits")) == 1


def test_runs_on_the_same_problems_are_counted_with_and_without_the_affected(
    world: World,
) -> None:
    clean, wrong = PROBLEMS[0][0], ONE.problems[0]
    # Another suite with the same two problems: they are the same by their digests.
    session = open_session(
        world.database,
        Suite("other", (wrong, clean)),
        world.config.model_copy(update={"n": 2}),
        model=GeneratorInfo("recorded", "nobody"),
        sandbox=world.jail,
    )
    extract = session.verifiers["program"].extract
    made = [
        Candidate(problem.id, at, each, extract(problem, each, cut=False))
        for problem in (wrong, clean)
        for at, each in enumerate([ADD, "print(0)"])
    ]  # fmt: skip
    Recorder(world.database, session.run, 8, InlineDispatcher(world.place())).record(made)
    found, _ = world.audit(Suite("both", (clean, wrong)))

    ((run, effect),) = [(each.run, each.effect) for each in found.effects]
    assert run == session.run.name
    assert (effect.ks, effect.affected) == ((1, 2), 1)
    # pass@1 and pass@2 of 1 of 2 are 1/2 and 1; the wrong problem has none of 2.
    assert {row.row: row.coverage for row in effect.rows} == {
        Row.ALL: (0.25, 0.5),
        Row.REMOVED: (0.5, 1.0),
        Row.LOWER: (0.25, 0.5),
        Row.UPPER: (0.75, 1.0),
    }


def test_the_planted_suite_of_audits_shows_its_wrong_tests_and_its_several_outputs(
    world: World,
) -> None:
    planted = planted_suite()
    steady = tuple(each for each in planted.suite.problems if each.id not in planted.flaky)
    found, _ = world.audit(Suite("planted", steady))
    causes = {each.problem: set(each.causes) for each in found.problems}

    assert {name for name, some in causes.items() if some == {Cause.WRONG_LABEL}} == set(
        planted.wrong
    )
    assert {name for name, some in causes.items() if some == {Cause.SEVERAL_OUTPUTS}} == set(
        planted.several
    )
    # Those that need more than their limit; near it a slower moment may cut off another one.
    slow = {name for name, some in causes.items() if some == {Cause.TIME_LIMIT}}
    assert {"speed/2", "speed/3"} <= slow <= set(planted.speed)
    assert not causes.keys() & set(planted.clean)
