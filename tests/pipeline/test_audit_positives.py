"""Known-wrong solutions through the queue and a real jail: what passes, what is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text

from vervet.audit.false_positives import FalsePositives, Finding
from vervet.core.errors import ProblemError
from vervet.core.values import Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.audit_loop import AuditProgress, carry_through
from vervet.pipeline.audit_positives import FalsePositiveSearch, open_positives
from vervet.pipeline.config import RunConfig
from vervet.pipeline.verify_batch import Workplace
from vervet.sandbox.jail import JailSandbox
from vervet.store.database import Database
from vervet.store.schema import audit_items, audits
from vervet.verification.registry import verifier_for

TESTS = [{"input": "3 4\n", "output": "7\n"}, {"input": "5 1\n", "output": "6\n"}]
STRONG = Problem(
    "strong",
    "program",
    "# Print the sum.\n",
    {"tests": TESTS},
    references=(
        "a, b = map(int, input().split())\nprint(a + b)\n",
        "a, b = input().split()\nprint(a + b)\n",
    ),
    known_wrong=(
        "print(7)\n",
        "print(sum(map(int,input().split())))",
        "x = (",
        "a, b = map(int, input().split())\nprint(a + b)",
    ),
)
"""Its second reference is wrong itself; two known-wrong ones are right, one of them a reference."""
PROMPT = 'def under(x, most):\n    """Whether x is under most."""\n'
WEAK = Problem(
    "weak",
    "function",
    PROMPT,
    {
        "prompt": PROMPT,
        "entry_point": "under",
        "test": "def check(f):\n    assert f(1, 2)\n    assert not f(3, 2)\n",
    },
    references=("    return x < most\n",),
)
IDLE = Problem(
    "idle",
    "program",
    "# Print nothing.\n",
    {"tests": [{"input": "", "output": ""}]},
    references=("x = 1\n",),
)
SUITE = Suite("three", (STRONG, WEAK, IDLE))
BROKEN = {("strong", STRONG.references[1])}


class Watcher:
    """Keeps what it is shown last; interrupts after so many times."""

    def __init__(self, interrupt_after: int = -1) -> None:
        self.left = interrupt_after
        self.last: AuditProgress | None = None

    def show(self, progress: AuditProgress) -> None:
        self.last = progress
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def note(self, message: str) -> None:
        assert "interrupted" in message


@dataclass
class World:
    database: Database
    place: Workplace
    config: RunConfig

    def open(self, suite: Suite = SUITE, mutants: int = 10) -> FalsePositiveSearch:
        return open_positives(
            self.database, suite, self.config, self.place.sandbox, mutants=mutants, broken=BROKEN
        )

    def carry(self, search: FalsePositiveSearch) -> FalsePositives:
        watcher = Watcher()
        assert carry_through(self.database, search, InlineDispatcher(self.place), watcher)
        assert watcher.last is not None
        assert watcher.last.through == watcher.last.solutions
        return search.result()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.database.read() as conn:
            return [tuple(row) for row in conn.execute(text(query))]


@pytest.fixture(scope="module")
def jail() -> Iterator[JailSandbox]:
    made = JailSandbox()
    yield made
    made.close()


@pytest.fixture
def world(migrated_url: str, jail: JailSandbox, tmp_path: Path) -> Iterator[World]:
    database = Database.open(migrated_url)
    place = Workplace(database, jail, JailSandbox, verifier_for, "w1")
    yield World(database, place, RunConfig(state_dir=str(tmp_path)))
    database.close()


def test_what_passes_is_found_problem_by_problem(world: World) -> None:
    found = world.carry(world.open())
    assert [(each.problem, each.finding, each.sure) for each in found.passing] == [
        ("strong", Finding.INCORRECT_PASSES, True),
        ("weak", Finding.MUTANT_PASSES, False),
        ("idle", Finding.EMPTY_PASSES, True),
        ("idle", Finding.MUTANT_PASSES, False),
        ("idle", Finding.MUTANT_PASSES, False),
    ]
    assert found.passing[1].after == "x <= most"
    strong, weak, idle = found.scores
    assert (strong.incorrect, strong.incorrect_passing, strong.kill_rate) == (3, 1, 1.0)
    assert (weak.mutants, weak.killed, weak.empty_passes) == (2, 1, False)
    assert (idle.mutants, idle.killed, idle.empty_passes) == (2, 0, True)
    assert found.surely_weak == ("strong", "idle")
    assert found.unsettled == 0
    assert "right and wrong" in found.remarks[-1]


def test_a_broken_reference_has_no_mutants(world: World) -> None:
    mutants: list[list[tuple[object, ...]]] = []
    for broken in ((), BROKEN):
        search = open_positives(
            world.database, SUITE, world.config, world.place.sandbox, broken=broken
        )
        mutants.append(
            world.rows(
                "SELECT finish_reason FROM candidates "
                f"WHERE run_id = {search.session.run.id} AND finish_reason LIKE 'mutant:%'"
            )
        )
    of_both, some = mutants
    assert len(some) < len(of_both)
    assert ("mutant:arithmetic:2",) in some


def test_findings_are_rows_and_the_run_is_one_of_known_wrong_solutions(world: World) -> None:
    found = world.carry(world.open())
    rows = world.rows(
        "SELECT problems.name, audit_items.finding, solutions.id IS NOT NULL, audits.state "
        "FROM audit_items JOIN audits ON audits.id = audit_items.audit_id "
        "JOIN problems ON problems.id = audit_items.problem_id "
        "LEFT JOIN solutions ON solutions.id = audit_items.solution_id "
        "WHERE audits.kind = 'false-positives' ORDER BY audit_items.position"
    )
    assert [(row[0], row[1]) for row in rows] == [
        (each.problem, each.finding.value) for each in found.passing
    ]
    assert {(bool(row[2]), row[3]) for row in rows} == {(True, "finished")}
    assert world.rows("SELECT engine, state FROM runs") == [("known-wrong", "finished")]
    with world.database.read() as conn:
        summary, detail = conn.execute(
            select(audits.c.summary, audit_items.c.detail)
            .join(audit_items, audit_items.c.audit_id == audits.c.id)
            .where(audit_items.c.finding == "mutant_passes")
            .order_by(audit_items.c.position)
            .limit(1)
        ).one()
    assert summary["surely_weak"] == ["strong", "idle"]
    assert "+    return x <= most" in detail["shown"]


def test_an_audit_goes_on_where_it_was_interrupted_and_ends_but_once(world: World) -> None:
    config = world.config.model_copy(update={"batch_size": 1})
    search = open_positives(world.database, SUITE, config, world.place.sandbox, broken=BROKEN)
    assert not carry_through(
        world.database, search, InlineDispatcher(world.place), Watcher(interrupt_after=1)
    )
    again = world.open()
    assert again.session.resumed
    found = world.carry(again)
    assert world.carry(world.open()) == found
    counts = world.rows(
        "SELECT (SELECT count(*) FROM attempts), (SELECT count(*) FROM solutions),"
        "(SELECT count(*) FROM audit_items), (SELECT count(*) FROM audits)"
    )
    ((attempts, made, items, audits_made),) = counts
    assert (attempts, items, audits_made) == (made, 5, 1)


def test_a_suite_of_which_nothing_is_known_to_be_wrong_is_refused(world: World) -> None:
    answers = Suite("answers", (Problem("a", "answer", "2 + 2?\n", {"answer": "4"}),))
    with pytest.raises(ProblemError, match="nothing that is known to be wrong"):
        world.open(answers)


def test_without_mutants_the_data_set_and_the_empty_program_remain(world: World) -> None:
    found = world.carry(world.open(mutants=0))
    assert found.kill_rate is None
    assert [each.finding for each in found.passing] == [
        Finding.INCORRECT_PASSES,
        Finding.EMPTY_PASSES,
    ]
