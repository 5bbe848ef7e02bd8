"""The audit for flaky tests on a suite in which it is known what is wrong, in the real jail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.audit.planted import Chance, Planted, planted_suite
from vervet.audit.flaky import Finding, Plan
from vervet.audit.flaky_result import FlakyAudit, FlakyItem
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.audit_flaky import FlakySearch, Target
from vervet.pipeline.audit_loop import AuditProgress, carry_through
from vervet.pipeline.config import RunConfig
from vervet.pipeline.references import open_references
from vervet.pipeline.verify_batch import Workplace
from vervet.sandbox.jail import JailSandbox
from vervet.store.database import Database
from vervet.verification.registry import verifier_for

pytestmark = pytest.mark.audits

SEED = 5


class Quiet:
    """Watches nothing."""

    def show(self, progress: AuditProgress) -> None:
        pass

    def note(self, message: str) -> None:
        raise AssertionError(message)


@dataclass(frozen=True)
class Audited:
    """The planted suite, what the audit found, and the numbers that it was given."""

    planted: Planted
    result: FlakyAudit
    chance: Chance
    url: str

    def item(self, problem: str) -> FlakyItem | None:
        """What was found on a problem; None for a clean one."""
        return next((item for item in self.result.items if item.problem == problem), None)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    folder = tmp_path_factory.mktemp("planted")
    planted, chance, jail = planted_suite(), Chance(SEED), JailSandbox()
    database = Database.open(folder / "vervet.db")
    sandbox = chance.sandbox(jail)
    place = Workplace(
        database, sandbox, JailSandbox, verifier_for, "w1", perturbing=chance.perturbed
    )
    config = RunConfig(state_dir=str(folder))
    known = open_references(database, planted.suite, config, sandbox)
    search = FlakySearch(
        database, [Target(known, reference=True)], Plan(), audited=known.run, seed=0
    )
    assert carry_through(database, search, InlineDispatcher(place), Quiet())
    yield Audited(planted, search.result(), chance, database.url)
    jail.close()
    database.close()


def no_clean_problem_is_marked(audited: Audited) -> None:
    planted = audited.planted
    sound = {*planted.clean, *planted.wrong, *planted.several}
    assert len(planted.suite.problems) == 40
    assert sound.isdisjoint(item.problem for item in audited.result.items)


def every_flip_within_the_repetitions_is_found(audited: Audited) -> None:
    found = {item.problem for item in audited.result.items}
    for problem, (cause, p) in audited.planted.flaky.items():
        if problem.startswith(("chance/", "race/")):
            text = _text(audited.planted, problem)
            flips = [audited.chance.number(text, at) < p for at in range(11)]
            if len(set(flips)) == 2:
                assert problem in found, problem
        else:
            assert problem in found, (problem, cause)


def only_planted_problems_are_flaky(audited: Audited) -> None:
    bad = {Finding.FLAKY, Finding.CONDITION_DEPENDENT}
    found = {item.problem for item in audited.result.items if item.finding in bad}
    assert found <= audited.planted.flaky.keys()


def those_that_equal_conditions_flip_are_told_from_those_that_others_do(
    audited: Audited,
) -> None:
    for problem in ("hash/0", "hash/1", "order/0", "order/1", "time/0", "time/1"):
        item = audited.item(problem)
        assert item is not None
        assert item.finding is Finding.CONDITION_DEPENDENT, problem
    for item in audited.result.items:
        if item.problem.startswith("chance/"):
            assert item.finding is Finding.FLAKY


def the_planted_cause_of_four_in_five_is_named(audited: Audited) -> None:
    named = {
        problem: str(item.cause) if (item := audited.item(problem)) else None
        for problem in audited.planted.flaky
    }
    found = [problem for problem, cause in named.items() if cause is not None]
    right = [problem for problem in found if named[problem] == audited.planted.flaky[problem][0]]
    assert len(right) >= 0.8 * len(found), named
    assert len(found) >= 8, named


def the_speed_dependent_are_reported_apart(audited: Audited) -> None:
    items = {problem: audited.item(problem) for problem in audited.planted.speed}
    assert {item.finding if item else None for item in items.values()} == {Finding.SPEED_DEPENDENT}


def the_checks_that_flip_are_named_with_an_interval(audited: Audited) -> None:
    flips = [item for item in audited.result.items if item.problem.startswith("chance/")]
    for item in flips:
        (check,) = item.checks
        assert check.name == "test 1"
        assert check.passed + check.missed == item.attempts
        assert 0 < check.rate.low < check.rate.estimate < check.rate.high <= 0.5
        assert item.settled in {"passed", "failed"}


def a_repeated_audit_finds_the_same_and_tries_nothing(audited: Audited) -> None:
    database = Database.open(audited.url)
    jail = JailSandbox()
    try:
        config = RunConfig(state_dir=str(database.where))
        sandbox = audited.chance.sandbox(jail)
        known = open_references(database, audited.planted.suite, config, sandbox)
        search = FlakySearch(
            database, [Target(known, reference=True)], Plan(), audited=known.run, seed=0
        )
        with database.write() as conn:
            assert search.wants(conn) == []
        assert search.result().items == audited.result.items
    finally:
        jail.close()
        database.close()


def test_the_audit_finds_what_is_planted(audited: Audited) -> None:
    # One test, because the audit takes a minute of a processor and belongs to one worker.
    for holds in (
        no_clean_problem_is_marked,
        every_flip_within_the_repetitions_is_found,
        only_planted_problems_are_flaky,
        those_that_equal_conditions_flip_are_told_from_those_that_others_do,
        the_planted_cause_of_four_in_five_is_named,
        the_speed_dependent_are_reported_apart,
        the_checks_that_flip_are_named_with_an_interval,
        a_repeated_audit_finds_the_same_and_tries_nothing,
    ):
        holds(audited)


def _text(planted: Planted, problem: str) -> bytes:
    (text,) = next(each.references for each in planted.suite.problems if each.id == problem)
    return text.encode()
