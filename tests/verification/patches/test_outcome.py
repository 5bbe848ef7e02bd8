"""How a trial reads as an attempt: made-up reports of steps, the real grader."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.problems.swebench_shipped import candidates
from vervet.core.limits import Usage
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt
from vervet.problems.bundled import load
from vervet.sandbox.job import Change, CheckReport, LimitHit, Report
from vervet.verification.patches.facts import Facts, pack
from vervet.verification.patches.outcome import LOG, attempt_of, tests_of
from vervet.verification.patches.script import END, START
from vervet.verification.patches.text import Patch, read_patch
from vervet.verification.patches.trial import FIRST_APPLIED, Trial
from vervet.verification.patches.verifier import LIMITS

tests_of.__test__ = False  # type: ignore[attr-defined]  # its name is no test's

(LEDGER,) = (p for p in load("swebench").suite.problems if p.id == "vervet__ledger-1")
TESTS = "import pytest\n\n\ndef test_no_cent_is_lost():\n    assert f() == 1\n"
FACTS = Facts(
    tests={"tests/test_money.py": pack(TESTS.encode())},
    canary=True,
    twins=True,
    mutants=True,
    gold_runs=1,
    twin_exit=0,
)
NAMES = tests_of(LEDGER)
WANTED = list(LEDGER.spec["FAIL_TO_PASS"])
MODULE = b"def split(cents, shares):\n    return []\n"
FILE = stat.S_IFREG | 0o644
MONEY = Change("/testbed/ledger/money.py", "changed", "d", FILE)


def gold() -> Patch:
    patch = read_patch(candidates(LEDGER.id)["gold"][0])
    assert isinstance(patch, Patch)
    return patch


class Played:
    """A trial that is fed the reports of its steps."""

    def __init__(self, facts: Facts = FACTS) -> None:
        self.trial = Trial(LEDGER, gold(), facts, LIMITS, "image")
        self.after = MODULE
        self.changes: tuple[Change, ...] = (MONEY,)

    def step(self, name: str, stdout: str = "", code: int | None = 0, **more: Any) -> bool:
        made = CheckReport(
            name, code, None if code is not None else 9, stdout.encode(), b"", Usage()
        )
        return self.trial.on_check(replace(made, **more))

    def installed(self, changes: Sequence[Change] = (MONEY,)) -> Played:
        self.step("before", files={"ledger/money.py": MODULE})
        self.step("apply", code=FIRST_APPLIED)
        self.changes = tuple(changes)
        self.step("install", changes=self.changes, files={"ledger/money.py": self.after})
        self.trial.more(())  # what puts the tests back looks at the sources, too
        return self

    def tested(self, log: str, **more: Any) -> Played:
        self.step("tests", log, code=1, **{"changes": self.changes, **more})
        return self

    def doubted(self, twins: str, mutants: str, twin_exit: int = 0) -> Played:
        self.trial.more(())
        self.step("twins", twins, code=twin_exit, changes=self.changes)
        while (step := self.trial.more(())) is not None and step.name == "twins":
            self.step("twins", twins, code=twin_exit, changes=self.changes)
        if step is not None:
            self.step("mutants", mutants, code=1)
        return self

    def canary(self, passes: str = "PASSED", fails: str = "FAILED") -> str:
        made = self.trial.canary
        assert made is not None
        return "\n".join(
            f"{status} {made.path}::test_{word}_{made.nonce}"
            for status, word in ((passes, "passes"), (fails, "fails"))
        )

    def log(self, failing: Sequence[str] = (), status: str = "FAILED", **canary: str) -> str:
        lines = [f"{status if name in failing else 'PASSED'} {name}" for name in NAMES]
        return marked([*lines, self.canary(**canary)])

    def twins(self, status: str = "PASSED") -> str:
        self.trial._run_twins()
        path = self.trial._twins["tests/test_money.py"].path
        lines = [f"{status} {each.replace('tests/test_money.py', path)}" for each in WANTED]
        return marked(lines)

    @property
    def attempt(self) -> Attempt:
        return attempt_of(self.trial, Report((), Usage(), ("netns",)), LIMITS)

    @property
    def ending(self) -> tuple[Status, str]:
        return self.attempt.status, self.attempt.code


def marked(lines: Sequence[str]) -> str:
    return "\n".join([f"+ : '{START}'", *lines, f"+ : '{END}'", ""])


MUTANTS = marked([f"FAILED {name}" for name in WANTED])


def resolved(played: Played | None = None, **more: Any) -> Played:
    """A trial in which nothing is amiss, but for `more`."""
    played = played or Played().installed()
    return played.tested(played.log(), **more).doubted(played.twins(), MUTANTS)


def test_what_holds_in_all_ways_has_passed_without_a_flag() -> None:
    attempt = resolved().attempt

    assert (attempt.status, attempt.code, attempt.flags) == (Status.PASSED, "", frozenset())
    assert set(attempt.outcomes) == {Outcome.PASSED}


def test_no_command_that_applies_it_makes_a_patch_malformed() -> None:
    played = Played()
    played.step("before")
    going_on = played.step("apply", "error: ledger/money.py: patch does not apply\n", code=1)

    assert (going_on, *played.ending) == (False, Status.MALFORMED, "does_not_apply")


@pytest.mark.parametrize(
    ("limit", "status", "what"),
    [
        (LimitHit.WALL, Status.TIMED_OUT, "time"),
        (LimitHit.CPU, Status.TIMED_OUT, "time"),
        (LimitHit.MEMORY, Status.MEMORY_EXCEEDED, "memory"),
        (LimitHit.OUTPUT, Status.OUTPUT_EXCEEDED, "output"),
        (LimitHit.DISK, Status.OUTPUT_EXCEEDED, "disk"),
    ],
)
@pytest.mark.parametrize("step", ["install", "tests"])
def test_a_step_that_meets_its_limit_is_named(
    limit: LimitHit, status: Status, what: str, step: str
) -> None:
    played = Played().installed()
    going_on = played.step(step, code=None, limit=limit, known_by="cgroup")

    assert played.ending == (status, f"{step}_{what}")
    assert not going_on or limit is LimitHit.CPU


@pytest.mark.parametrize("path", ["/usr/bin/git", "/root/.bashrc", "/"])
def test_what_the_install_step_may_not_change_rejects(path: str) -> None:
    played = Played().installed([MONEY, Change(path, "changed", "x", FILE)])

    assert played.trial.more(()) is None
    assert played.ending == (Status.REJECTED, "tampered_install")


@pytest.mark.parametrize("extra", [START, END, f"{END}\n{START}"])
def test_more_markers_than_two_reject(extra: str) -> None:
    played = Played().installed()
    played.tested(f"{played.log()}{extra}\n")

    assert played.ending == (Status.REJECTED, "markers")


@pytest.mark.parametrize("canary", [{"fails": "PASSED"}, {"passes": "FAILED"}])
def test_a_canary_that_ends_otherwise_rejects(canary: dict[str, str]) -> None:
    played = Played().installed()
    played.tested(played.log(**canary))

    assert played.ending == (Status.REJECTED, "canary")
    assert not played.attempt.flags


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        (["no tests ran in 0.01s"], Status.FAILED, "no_tests"),
        (["ERROR collecting tests/test_money.py"], Status.FAILED, "not_collected"),
        (["E   ImportError: cannot import name"], Status.FAILED, "not_collected"),
        ([f"PASSED {name}" for name in NAMES], Status.CRASHED, "runner_ended"),
        ([], Status.CRASHED, "runner_ended"),
    ],
)
def test_a_log_without_the_canary_says_why_if_it_can(
    lines: list[str], status: Status, code: str
) -> None:
    assert Played().installed().tested(marked(lines)).ending == (status, code)


@pytest.mark.parametrize(
    ("failing", "code"),
    [
        (WANTED, "unresolved"),
        (WANTED[:1], "partial"),
        ([NAMES[-1]], "regression"),
        ([*WANTED[:1], NAMES[-1]], "unresolved"),
    ],
)
@pytest.mark.parametrize("how", ["FAILED", "ERROR"])
def test_tests_that_fail(failing: list[str], code: str, how: str) -> None:
    played = Played().installed()
    attempt = played.tested(played.log(failing, how)).attempt

    assert (attempt.status, attempt.code) == (Status.FAILED, code)
    missed = [
        name
        for name, each in zip(NAMES, attempt.outcomes, strict=True)
        if each is not Outcome.PASSED
    ]
    assert set(missed) == set(failing)


def test_a_twin_that_ends_otherwise_rejects() -> None:
    played = Played().installed()
    played.tested(played.log()).doubted(played.twins("FAILED"), MUTANTS)

    assert played.ending == (Status.REJECTED, "twin")


def test_twins_whose_runner_says_that_one_failed_reject_whatever_they_print() -> None:
    played = Played().installed()
    played.tested(played.log()).doubted(played.twins(), MUTANTS, twin_exit=1)

    assert played.ending == (Status.REJECTED, "twin")


def test_another_test_that_fails_in_each_run_of_the_twins_is_flagged() -> None:
    played = Played().installed()
    played.tested(played.log())
    twins = played.twins().replace("PASSED", "FAILED tests/x.py::test_other\nPASSED", 1)
    played.doubted(twins, MUTANTS, twin_exit=1)

    assert flagged(played, "in copies of their files")


def test_another_test_that_fails_at_times_is_tried_again() -> None:
    played = Played().installed()
    played.tested(played.log())
    twins = played.twins().replace("PASSED", "FAILED tests/x.py::test_other\nPASSED", 1)
    played.trial.more(())
    played.step("twins", twins, code=1, changes=played.changes)
    played.doubted(played.twins(), MUTANTS)

    assert (*played.ending, played.attempt.flags) == (Status.PASSED, "", frozenset())


def test_twins_are_tried_three_times_at_most() -> None:
    played = Played().installed()
    played.tested(played.log()).doubted(played.twins("FAILED"), MUTANTS)

    assert played.trial.twins_run == 3


def test_an_exit_code_that_says_nothing_with_gold_is_not_compared() -> None:
    played = Played(replace(FACTS, twin_exit=None)).installed()
    played.tested(played.log()).doubted(played.twins(), MUTANTS, twin_exit=1)

    assert played.ending == (Status.PASSED, "")


def test_a_mutant_that_passes_rejects() -> None:
    played = Played().installed()
    mutants = marked([f"PASSED {WANTED[0]}", *(f"FAILED {name}" for name in WANTED[1:])])
    played.tested(played.log()).doubted(played.twins(), mutants)

    assert played.ending == (Status.REJECTED, "mutant")


def test_a_double_that_meets_a_limit_is_no_pass() -> None:
    played = Played().installed()
    played.tested(played.log())
    played.trial.more(())
    played.step("twins", played.twins(), limit=LimitHit.WALL, code=None, known_by="deadline")

    assert played.ending == (Status.TIMED_OUT, "twins_time")


def flagged(played: Played, words: str) -> bool:
    attempt = played.attempt
    return (
        attempt.status is Status.PASSED
        and attempt.flags == {Flag.FLAGGED}
        and words in attempt.message
    )


def test_a_source_that_reaches_into_the_runner_once_installed_is_flagged() -> None:
    played = Played()
    played.after = b"import _pytest.runner\n" + MODULE

    assert flagged(resolved(played.installed()), "ledger/money.py:1")


def test_a_source_that_cannot_be_read_is_flagged() -> None:
    played = Played()
    played.step("before", files={"ledger/money.py": MODULE})
    played.step("apply", code=FIRST_APPLIED)
    played.step("install", changes=(MONEY,))
    played.trial.more(())

    assert flagged(resolved(played), "ledger/money.py: nobody could read it")


def test_a_module_that_nobody_named_and_nobody_can_read_is_flagged() -> None:
    link = Change("/testbed/ledger/extra.py", "added", "x", stat.S_IFLNK | 0o777)
    played = Played().installed([MONEY, link])
    played.step("look")
    played.trial.more(())

    assert flagged(resolved(played), "ledger/extra.py: nobody could read it")


def test_code_that_came_to_be_while_the_tests_ran_is_flagged() -> None:
    made = Change("/testbed/ledger/_parts.py", "added", "x", FILE)

    assert flagged(resolved(changes=(MONEY, made)), "_parts.py: made while the tests ran")


@pytest.mark.parametrize(
    "path", ["/testbed/tests/__pycache__/x.pyc", "/testbed/data.txt", "/tmp/x.py"]
)
def test_what_running_tests_leaves_behind_is_not(path: str) -> None:
    attempt = resolved(changes=(MONEY, Change(path, "added", "x", FILE))).attempt

    assert attempt.flags == frozenset()


@pytest.mark.parametrize(
    "path", ["/opt/miniconda3/envs/testbed/bin/pytest", "/usr/bin/x", "/testbed/tox.ini"]
)
@pytest.mark.parametrize("step", ["tests", "twins"])
def test_what_decides_about_the_next_step_and_changed_meanwhile_is_flagged(
    path: str, step: str
) -> None:
    played = Played().installed()
    played.tested(played.log())
    changed = (MONEY, Change(path, "changed", "x", FILE))
    if step == "tests":
        played = Played().installed()
        played.tested(played.log(), changes=changed)
    played.changes = changed
    played.doubted(played.twins(), MUTANTS)

    assert flagged(played, f"{path}: made while the tests ran")


def test_bytecode_that_the_tests_left_is_gone_before_the_twins() -> None:
    made = Change("/testbed/ledger/__pycache__/money.cpython-311.pyc", "added", "x", FILE)
    played = Played().installed()
    played.tested(played.log(), changes=(MONEY, made))
    twins = played.trial.more(())

    assert twins is not None
    assert twins.removed == (made.path,)


def test_a_test_that_is_expected_to_fail_where_gold_passes_is_flagged() -> None:
    played = Played().installed()
    log = played.log().replace(f"PASSED {WANTED[0]}", f"XFAIL {WANTED[0]}")
    played.tested(log).doubted(played.twins(), MUTANTS)

    assert flagged(played, "not with gold")


def test_an_instance_on_which_nothing_can_be_doubted_is_flagged() -> None:
    facts = replace(FACTS, canary=False, twins=False, mutants=False)
    played = Played(facts).installed()
    played.tested(played.log())

    assert flagged(played, "nothing was doubted")


def test_names_that_are_no_text_are_told_as_text() -> None:
    odd = Change("/testbed/\udcff.py", "added", "x", FILE)
    played = Played().installed([MONEY, odd])
    played.step("look")
    message = resolved(played).attempt.message

    assert message.encode("utf-8").decode("utf-8") == message


def test_what_the_host_takes_back_is_said() -> None:
    conftest = Change("/testbed/conftest.py", "added", "x", FILE)
    played = Played().installed([MONEY, conftest])
    played.step("look")
    played.trial.more(())

    assert "put back: conftest.py" in resolved(played).attempt.message


def test_the_log_is_kept_whole() -> None:
    attempt = resolved().attempt
    (kept,) = (each for each in attempt.evidence if each.name == LOG)

    assert START.encode() in (kept.actual or b"")
