"""Batches under a condition, in the real jail: what is written, and which verdicts are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

import pytest
from sqlalchemy import select

from tests.pipeline.doubles import Broken
from vervet.core.conditions import Condition
from vervet.core.errors import JobError
from vervet.core.sampling import GeneratorInfo
from vervet.core.status import Outcome
from vervet.core.values import Attempt, Candidate, Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.dispatch.settings import DispatchSettings
from vervet.dispatch.tasks import StopFlag, open_workplace
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.session import Session, open_session
from vervet.pipeline.verify_batch import BatchEnding, Workplace
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Job, Program
from vervet.sandbox.perturbed import perturbed
from vervet.store.attempts import attempt_of
from vervet.store.batches import enqueue
from vervet.store.database import Database
from vervet.store.schema import attempts, checks, solutions, verdicts
from vervet.verification.registry import verifier_for

YES = [{"input": "", "output": "yes\n"}] * 2
FIRST = [{"input": f"{at}\n", "output": "no\n" if at else "yes\n"} for at in range(4)]
ASSERTS = [f"assert counted({n}) == {n}" for n in range(4)]
SUITE = Suite(
    "conditions",
    (
        Problem("yes", "program", "Print yes.\n", {"tests": YES}),
        Problem("first", "program", "Print yes for 0, else no.\n", {"tests": FIRST}),
        Problem(
            "counted",
            "function",
            "",
            {"prompt": "", "entry_point": "counted", "setup": "", "asserts": ASSERTS},
        ),
        Problem("answer", "answer", "2 + 2?\n", {"answer": "4"}),
    ),
)
NORMAL_HASH = "print('yes' if hash('vervet') == {} else 'no')"
BY_ZONE = "import time\nprint('yes' if time.localtime(0).tm_hour == 0 else 'no')"
COUNTING = "seen = []\ndef counted(n):\n    seen.append(n)\n    return len(seen) - 1\n"


@dataclass
class World:
    """One run, whose solutions are verified under whatever condition."""

    session: Session
    dispatcher: InlineDispatcher

    def record(self, problem: str, *completions: str) -> None:
        """Candidates with their normal attempts."""
        (asked,) = (each for each in SUITE.problems if each.id == problem)
        verifier = self.session.verifiers[asked.kind]
        made = [
            Candidate(problem, at, each, verifier.extract(asked, each, cut=False))
            for at, each in enumerate(completions)
        ]
        Recorder(self.session.database, self.session.run, 8, self.dispatcher).record(made)

    def verify(self, kind: str, condition: str) -> list[Attempt]:
        """One more attempt of every solution of a kind under a condition; those there are now."""
        run = self.session.run
        with self.session.database.write() as conn:
            found = select(solutions.c.id).where(solutions.c.kind == kind)
            batches = enqueue(
                conn,
                run_id=run.id,
                kind=kind,
                verifier_digest=run.verifier_digest,
                environment_digest=run.environment_digest,
                solution_ids=sorted(conn.scalars(found)),
                condition=condition,
                again=True,
            )
        self.dispatcher.publish(kind, batches)
        return self.attempts(condition)

    def attempts(self, condition: str) -> list[Attempt]:
        query = (
            select(attempts)
            .where(attempts.c.condition == condition)
            .order_by(attempts.c.solution_id, attempts.c.ordinal)
        )
        with self.session.database.read() as conn:
            return [attempt_of(row) for row in conn.execute(query).mappings()]

    def verdicts(self) -> Sequence[object]:
        with self.session.database.read() as conn:
            return [tuple(row) for row in conn.execute(select(verdicts))]


@pytest.fixture(scope="module")
def jail() -> Iterator[JailSandbox]:
    made = JailSandbox()
    yield made
    made.close()


@pytest.fixture
def place(migrated_url: str, jail: JailSandbox) -> Iterator[Workplace]:
    database = Database.open(migrated_url)
    yield Workplace(database, jail, JailSandbox, verifier_for, "w1")
    database.close()


def world_of(place: Workplace, jail: JailSandbox) -> World:
    session = open_session(
        place.database,
        SUITE,
        RunConfig(n=8),
        model=GeneratorInfo("recorded", "nobody"),
        sandbox=jail,
    )
    return World(session, InlineDispatcher(place))


@pytest.fixture
def world(place: Workplace, jail: JailSandbox) -> World:
    return world_of(place, jail)


@pytest.mark.parametrize("condition", ["hashseed=7", "tz=UTC-14", "fresh", "limits=4", "load=1"])
def test_attempts_land_under_their_condition_and_no_verdict_is_touched(
    world: World, condition: str
) -> None:
    world.record("yes", "print('yes')", "print('no')")
    before = world.verdicts()
    statuses = [made.status for made in world.verify("program", condition)]
    assert (statuses, len(world.attempts("normal"))) == (["passed", "failed"], 2)
    assert world.verdicts() == before


def test_a_condition_changes_what_depends_on_it(world: World) -> None:
    world.record("yes", BY_ZONE)
    assert [made.status for made in world.attempts("normal")] == ["passed"]
    assert [made.status for made in world.verify("program", "tz=UTC-14")] == ["failed"]


def test_a_second_attempt_under_a_condition_has_the_next_ordinal(world: World) -> None:
    world.record("yes", "print('yes')")
    assert len(world.verify("program", "hashseed=7")) == 1
    assert len(world.verify("program", "hashseed=7")) == 2


def test_outcomes_and_evidence_are_stored_in_the_problems_order(world: World) -> None:
    world.record("counted", COUNTING)
    (normal,) = world.attempts("normal")
    assert normal.outcomes == (Outcome.PASSED,) * 4
    (found,) = world.verify("function", "order=1")
    # random.Random(1) puts four things in the order 3, 0, 2, 1: the last assert is tried first.
    assert (found.status, found.message) == ("failed", ASSERTS[3])
    assert found.outcomes == (Outcome.NOT_RUN,) * 3 + (Outcome.FAILED,)
    query = select(checks.c.ordinal, checks.c.name)
    with world.session.database.read() as conn:
        assert [tuple(row) for row in conn.execute(query)] == [(3, "assert 4")]


def test_answers_have_no_order_to_change(world: World) -> None:
    world.record("answer", "#### 4")
    assert [made.status for made in world.verify("answer", "order=1")] == ["passed"]


def test_what_a_sandbox_cannot_bring_about_is_refused_and_no_verdict(
    place: Workplace, jail: JailSandbox
) -> None:
    for_docker = replace(place, perturbing=partial(perturbed, name="docker"))
    world = world_of(for_docker, jail)
    world.record("yes", "print('yes')")
    (made,) = world.verify("program", "load=2")
    assert (made.status, made.code) == ("infra_error", "refused")
    assert "docker" in made.message


def test_controls_run_under_the_condition_too(place: Workplace, jail: JailSandbox) -> None:
    """A condition that no program can bear is never held against a candidate."""
    world = world_of(replace(place, perturbing=lambda _: nullcontext(Broken)), jail)
    world.record("yes", "print('yes')")
    (made,) = world.verify("program", "hashseed=7")
    assert (made.status, made.code) == ("infra_error", "control_failed")


def test_a_worker_perturbs_the_kind_of_sandbox_that_it_has(place: Workplace) -> None:
    settings = DispatchSettings(database_url=place.database.url, sandbox="reference")
    opened = open_workplace(settings, StopFlag())
    try:
        with opened.perturbing(Condition(hashseed=1)) as make, pytest.raises(JobError) as caught:
            make().run(Job(Program("python", (), ()), ()), lambda _: True)
    finally:
        opened.sandbox.close()
        opened.database.close()
    assert "sandbox reference" in caught.value.message


def test_a_condition_of_another_version_goes_back(world: World) -> None:
    world.record("yes", "print('yes')")
    assert world.verify("program", "moon=full") == []
    assert world.dispatcher.outcomes[-1].ending is BatchEnding.REFUSED
