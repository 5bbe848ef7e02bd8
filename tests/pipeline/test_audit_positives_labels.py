"""Suspected labels from recorded runs: models as voters, classes over several runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from vervet.audit.labels import Suspect
from vervet.core.errors import ProblemError
from vervet.core.sampling import GeneratorInfo
from vervet.core.values import Candidate, Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.answer_classes import compare_answers
from vervet.pipeline.audit_positives_labels import suspects_of_suite
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.session import open_session
from vervet.pipeline.verify_batch import Workplace
from vervet.sandbox.jail import JailSandbox
from vervet.store.database import Database
from vervet.store.suites import save_suite
from vervet.verification.registry import verifier_for

HALF = Problem("half", "answer", "7 / 2?\n", {"answer": "3"}, references=("<<7/2=3>>3\n#### 3",))
SUMS = tuple(
    Problem(
        f"sum/{at}",
        "answer",
        f"{at} + {at}?\n",
        {"answer": str(2 * at)},
        references=(f"<<{at}+{at}={2 * at}>>{2 * at}\n#### {2 * at}",),
    )
    for at in range(13, 23)
)
SUITE = Suite("sums", (*SUMS, HALF))


@dataclass
class World:
    database: Database
    jail: JailSandbox

    def run(self, model: str, of_half: Sequence[str], seed: int = 0, suite: Suite = SUITE) -> None:
        """A run in which the model knows every sum, and answers `half` in these words."""
        session = open_session(
            self.database,
            suite,
            RunConfig(n=len(of_half), seed=seed),
            model=GeneratorInfo("recorded", model),
            sandbox=self.jail,
        )
        place = Workplace(self.database, self.jail, JailSandbox, verifier_for, "w1")
        verifier = verifier_for("answer")
        made = [
            Candidate(each.id, at, text, verifier.extract(each, text, cut=False))
            for each in suite.problems
            for at in range(len(of_half))
            for text in [f"#### {of_half[at] if each.id == 'half' else each.spec['answer']}"]
        ]
        Recorder(self.database, session.run, 50, InlineDispatcher(place)).record(made)
        compare_answers(self.database, session.run, self.jail)

    def first(self) -> Suspect:
        with self.database.write() as conn:
            suite_id = save_suite(conn, SUITE)
        return suspects_of_suite(self.database, suite_id).ranked[0]


@pytest.fixture
def world(migrated_url: str) -> Iterator[World]:
    database, jail = Database.open(migrated_url), JailSandbox()
    yield World(database, jail)
    jail.close()
    database.close()


def test_answers_of_several_runs_meet_in_classes_of_their_own(world: World) -> None:
    world.run("a", ["3.5", "7/2", "3"])
    world.run("b", ["7/2", "3.5", "3.50"])
    world.run("b", ["7/2", "3.5", "4"], seed=1)
    world.run("c", ["7/2", "7/2"], suite=Suite("the last ones", (SUMS[-1], HALF)))
    suspect = world.first()
    assert (suspect.problem, suspect.label) == ("half", "3")
    assert suspect.other in {"3.5", "7/2"}
    assert suspect.supporters == ("a", "b", "c")
    assert suspect.reasons[0].startswith(f"3 of 3 models answer {suspect.other} most often")
    assert any("rounded or cut to a whole number" in each for each in suspect.reasons)


def test_without_runs_the_worked_answers_speak_alone(world: World) -> None:
    suspect = world.first()
    assert (suspect.problem, suspect.other, suspect.supporters) == ("half", "", ())
    assert suspect.reasons == ("7/2 is 3.5, not 3, which was rounded or cut",)


def test_a_suite_without_labels_is_refused(migrated_url: str) -> None:
    database = Database.open(migrated_url)
    tests = [{"input": "", "output": ""}]
    with database.write() as conn:
        suite_id = save_suite(conn, Suite("s", (Problem("p", "program", "", {"tests": tests}),)))
    with pytest.raises(ProblemError, match="has a label"):
        suspects_of_suite(database, suite_id)
    database.close()
