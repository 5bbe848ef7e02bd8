"""The audit for flaky tests through store and pipeline, with sandboxes that flip by a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select, text

from vervet.audit.flaky import Finding, Plan
from vervet.audit.repetition import miss_chance
from vervet.core.conditions import Condition
from vervet.core.sampling import GeneratorInfo
from vervet.core.status import NORMAL
from vervet.core.values import Candidate, Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.audit_effect import effects_on
from vervet.pipeline.audit_flaky import FlakySearch, Target
from vervet.pipeline.audit_loop import AuditProgress, carry_through
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.references import open_references
from vervet.pipeline.session import Session, open_session
from vervet.pipeline.verify_batch import Workplace
from vervet.sandbox.job import CheckReport
from vervet.sandbox.perturbed import MakeSandbox
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.scripted import ScriptedSandbox, prints
from vervet.store.database import Database
from vervet.store.runs import RunState, load_run
from vervet.store.schema import attempts, audit_items, audits, verdicts
from vervet.verification.registry import verifier_for

EQUAL = Plan(varied=0, loaded=0, factors=())
"""Equal conditions alone."""


@dataclass
class Watcher:
    """Keeps what it is shown; interrupts after so many times."""

    interrupt_after: int = -1
    shown: list[AuditProgress] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def show(self, progress: AuditProgress) -> None:
        self.shown.append(progress)
        if len(self.shown) == self.interrupt_after:
            raise KeyboardInterrupt

    def note(self, message: str) -> None:
        self.notes.append(message)


class Flipping:
    """Programs are numbers: each fails with the chance that its problem's id says."""

    def __init__(self) -> None:
        self.runs: Counter[bytes] = Counter()
        self.broken: set[bytes] = set()

    def sandbox(self) -> Sandbox:
        return ScriptedSandbox(self._play)

    @contextmanager
    def perturbed(self, _condition: Condition) -> Iterator[MakeSandbox]:
        yield self.sandbox

    def _play(self, program: bytes, _given: bytes) -> CheckReport | str:
        program = program.strip()  # extraction ends a program with a newline
        if program in self.broken:
            return "the guest is gone"
        if b"control" in program or not program.startswith(b"p="):
            return prints(b"42\n")
        at = self.runs[program]
        self.runs[program] += 1
        p = float(program.split()[0].removeprefix(b"p="))
        flips = random.Random(f"{program.decode()} {at}").random() < p
        return prints(b"no\n" if flips else b"yes\n")


@dataclass
class World:
    database: Database
    flipping: Flipping
    config: RunConfig
    suite: Suite

    @property
    def place(self) -> Workplace:
        return Workplace(
            self.database,
            self.flipping.sandbox(),
            self.flipping.sandbox,
            verifier_for,
            "w1",
            perturbing=self.flipping.perturbed,
        )

    def references(self, *, every_check: bool = True) -> Session:
        return open_references(
            self.database,
            self.suite,
            self.config,
            self.flipping.sandbox(),
            every_check=every_check,
        )

    def sampled(self, completions: Sequence[str]) -> Session:
        """A run with these candidates of the first problem, verified once each."""
        session = open_session(
            self.database,
            self.suite,
            self.config.model_copy(update={"n": len(completions)}),
            model=GeneratorInfo("recorded", "nobody"),
            sandbox=self.flipping.sandbox(),
        )
        problem = session.suite.problems[0]
        verifier = session.verifiers[problem.kind]
        made = [
            Candidate(problem.id, at, each, verifier.extract(problem, each, cut=False))
            for at, each in enumerate(completions)
        ]
        dispatcher = InlineDispatcher(self.place)
        Recorder(self.database, session.run, 8, dispatcher).record(made)
        return session

    def audit(
        self, targets: Sequence[Target], plan: Plan, watcher: Watcher | None = None
    ) -> tuple[FlakySearch, bool]:
        search = FlakySearch(self.database, targets, plan, audited=targets[-1].session.run, seed=0)
        dispatcher = InlineDispatcher(self.place)
        return search, carry_through(self.database, search, dispatcher, watcher or Watcher())

    def count(self, statement: str) -> int:
        with self.database.read() as conn:
            return int(conn.scalar(text(statement)) or 0)


def suite_of(rates: Sequence[float]) -> Suite:
    tests = {"tests": [{"input": "", "output": "yes\n"}]}
    return Suite(
        "flips",
        tuple(
            Problem(f"p/{at}", "program", f"# {at}\n", tests, references=(f"p={p} # {at}",))
            for at, p in enumerate(rates)
        ),
    )


def world_of(url: str, folder: Path, rates: Sequence[float]) -> World:
    config = RunConfig(state_dir=str(folder))
    return World(Database.open(url), Flipping(), config, suite_of(rates))


@pytest.fixture
def world(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    made = world_of(migrated_url, tmp_path, [0.0, 0.5, 1.0])
    yield made
    made.database.close()


def test_the_share_found_over_two_hundred_seeds_is_the_chance_of_finding(tmp_path: Path) -> None:
    # Each problem is a seed of its own: 200 for each flip rate, all through the store.
    for p in (0.1, 0.25):
        world = world_of(f"sqlite:///{tmp_path / f'{p}.db'}", tmp_path, [p] * 200)
        plan = Plan(varied=0, loaded=0, factors=(), settle=False)
        search, through = world.audit([Target(world.references(), reference=True)], plan)
        assert through
        found = search.result().findings[Finding.FLAKY] / 200
        expected = 1 - miss_chance(p, 11)
        assert abs(found - expected) < 4 * (expected * (1 - expected) / 200) ** 0.5
        world.database.close()


def test_every_repetition_is_an_attempt_of_its_own_and_one_item_says_what_it_came_to(
    world: World,
) -> None:
    search, _ = world.audit([Target(world.references(), reference=True)], EQUAL)
    result = search.result()
    assert result.findings == {
        "clean": 2, "flaky": 1, "condition_dependent": 0, "speed_dependent": 0, "unknown": 0,
    }  # fmt: skip
    (item,) = result.items
    assert (item.problem, item.reference) == ("p/1", True)
    assert world.count("SELECT COUNT(*) FROM audit_items") == 3
    assert result.attempts == world.count("SELECT COUNT(*) FROM attempts")
    with world.database.read() as conn:
        row = conn.execute(select(audits)).mappings().one()
        assert (row["kind"], row["state"], row["summary"]["through"]) == ("flaky", "finished", 3)
        flaky = conn.execute(
            select(audit_items).where(audit_items.c.finding == "flaky")
        ).mappings().one()  # fmt: skip
        statuses = [
            conn.scalar(select(attempts.c.status).where(attempts.c.id == flaky[column]))
            for column in ("attempt_id", "against_attempt_id")
        ]
    assert set(statuses) == {"passed", "failed"}
    assert flaky["detail"]["repetitions"] == item.attempts


def test_a_flaky_solution_gets_a_verdict_by_majority_beside_its_first_one(world: World) -> None:
    search, _ = world.audit([Target(world.references(), reference=True)], EQUAL)
    (item,) = search.result().items
    with world.database.read() as conn:
        rows = conn.execute(
            select(verdicts.c.settlement, verdicts.c.status, verdicts.c.flags).where(
                verdicts.c.solution_id == item.solution_id
            )
        ).all()
        normal = conn.execute(
            select(attempts.c.status)
            .where(attempts.c.solution_id == item.solution_id, attempts.c.condition == NORMAL)
            .order_by(attempts.c.ordinal)
        ).all()
    by_settlement = {row.settlement: row for row in rows}
    votes = Counter(status for (status,) in normal[:11])
    assert by_settlement["majority"].status == item.settled == votes.most_common(1)[0][0]
    assert by_settlement["first"].status == normal[0][0]
    assert "flaky" in by_settlement["majority"].flags


def test_an_audit_that_was_interrupted_goes_on_where_it_was(world: World) -> None:
    target = Target(world.references(), reference=True)
    watcher = Watcher(interrupt_after=2)
    _, through = world.audit([target], EQUAL, watcher)
    assert not through
    assert watcher.notes == ["interrupted; the same command goes on from here"]
    before = world.count("SELECT COUNT(*) FROM attempts")
    assert before > 0
    search, through = world.audit([Target(world.references(), reference=True)], EQUAL)
    assert through
    undisturbed = sum(
        item.in_all for item in search.result().items
    ) + 11 * search.result().findings["clean"]  # fmt: skip
    assert world.count("SELECT COUNT(*) FROM attempts") == undisturbed
    assert world.count("SELECT COUNT(*) FROM audits") == 1


def test_the_coverage_of_a_run_is_given_with_flaky_problems_without_and_settled(
    world: World,
) -> None:
    # The first attempt of the second completion fails, and so would most of the others pass.
    flips = next(
        f"p=0.2 # {at}"
        for at in range(500)
        if [
            random.Random(f"p=0.2 # {at} {i}").random() < 0.2 for i in range(11)
        ] == [True] + [False] * 10
    )  # fmt: skip
    session = world.sampled([flips, "p=1 # wrong"])
    known = world.references(every_check=False)
    targets = [Target(known, reference=True), Target(session, reference=False)]
    search, _ = world.audit(targets, EQUAL)
    items = {(item.problem, item.reference): item for item in search.result().items}
    assert items["p/0", False].settled == "passed"
    assert {each.where for each in search.result().by_problem} == {
        "references", "candidates only",
    }  # fmt: skip
    with world.database.read() as conn:
        run = load_run(conn, session.run.id)
        (found,) = effects_on(conn, [run], {"p/0"}, settled=True)
    rows = {row.row.value: row.coverage for row in found.effect.rows}
    assert found.effect.ks[0] == 1
    assert rows["all"] is not None
    assert rows["all"][0] == 0.0
    assert rows["settled"] is not None
    assert rows["settled"][0] == 0.5
    assert rows["removed"] is None


def test_a_sandbox_that_fails_makes_its_solution_unknown_and_stops_nothing(world: World) -> None:
    world.flipping.broken.add(b"p=0.0 # 0")
    search, through = world.audit([Target(world.references(), reference=True)], EQUAL)
    assert through
    items = {item.problem: item.finding for item in search.result().items}
    assert items == {"p/0": Finding.UNKNOWN, "p/1": Finding.FLAKY}


def test_a_sample_takes_so_many_passed_and_failed_solutions_by_its_seed(world: World) -> None:
    session = world.sampled([f"p=0 # {at}" for at in range(9)] + [f"p=1 # {at}" for at in range(9)])
    target = Target(session, reference=False, each=2)
    search = FlakySearch(world.database, [target], EQUAL, audited=session.run, seed=1)
    assert search.counts == (4, 0)
    again = FlakySearch(world.database, [target], EQUAL, audited=session.run, seed=2)
    assert again.name != search.name


def test_the_runs_of_an_audit_end_as_the_audit_does(world: World) -> None:
    session = world.references()
    world.audit([Target(session, reference=True)], EQUAL)
    with world.database.read() as conn:
        assert load_run(conn, session.run.id).state is RunState.FINISHED


def test_a_flip_that_only_other_conditions_show_comes_with_what_it_rests_on(world: World) -> None:
    class Moody(Flipping):
        """Agrees with itself under normal conditions, and with nobody under others."""

        @contextmanager
        def perturbed(self, _condition: Condition) -> Iterator[MakeSandbox]:
            yield lambda: ScriptedSandbox(self._moods)

        def _moods(self, program: bytes, _given: bytes) -> CheckReport | str:
            self.runs[program + b" moody"] += 1
            return prints(b"yes\n" if self.runs[program + b" moody"] % 2 else b"no\n")

    world.flipping = Moody()
    plan = Plan(varied=3, loaded=0, factors=("hashseed",))
    search, _ = world.audit([Target(world.references(), reference=True)], plan)
    item = next(each for each in search.result().items if each.problem == "p/0")
    assert item.finding is Finding.FLAKY
    assert (item.passed, item.attempts) == (11, 11)
    assert item.deviating
    (check,) = item.checks
    assert check.condition in item.deviating
    assert check.title == f"test 1 under {check.condition}"
    assert check.passed > 0
    assert check.missed > 0
    assert item.words.startswith(f"under {check.condition}: ")


def test_problems_without_a_reference_are_counted(world: World) -> None:
    bare = Problem("bare", "program", "# bare\n", world.suite.problems[0].spec)
    world.suite = Suite("flips", (*world.suite.problems, bare))
    search, _ = world.audit([Target(world.references(), reference=True)], EQUAL)
    assert search.without_references == 1
