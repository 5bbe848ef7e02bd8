"""Owns one patch's way through a container: applied, installed, cleared, tested, doubted.

Decides each next step from what the last one showed; runs nothing itself. What becomes of the
disk meanwhile is `ground`'s.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vervet.core.limits import Limits
from vervet.core.values import Problem
from vervet.sandbox.job import ArtifactSpec, Check, CheckReport, File, Job, LimitHit, Program
from vervet.verification.patches.doubles import (
    Canary,
    TestFile,
    canary_of,
    function_of,
    mutant_of,
    name_in_twin,
    test_files,
    twin_of,
)
from vervet.verification.patches.facts import FACTS, Facts, unpack
from vervet.verification.patches.foreign import clear
from vervet.verification.patches.grading import Graded, regrade
from vervet.verification.patches.ground import LARGEST_SOURCE, Ground, laid
from vervet.verification.patches.script import REPOSITORY, Script, script_of

__all__ = ["APPLIED_BY", "PASSING", "Trial", "with_facts"]

PATCH_FILE, APPLY_FILE, EVAL_FILE = "/vervet/patch.diff", "/vervet/apply.sh", "/eval.sh"
APPLIED_BY = (
    "git apply --verbose",
    "git apply --verbose --3way",
    "git apply --verbose --reject",
    "patch --batch --forward --fuzz=5 -p1 -i",
)
"""The official commands, in their order (swebench.harness.run_evaluation)."""
FIRST_APPLIED, ALREADY = 20, 30
MOST_UNSEEN = 200
MOST_TWINS = 3
"""Runs of the twins: a test that fails at times does so each time only rarely, a forgery always."""
PASSING = frozenset({"PASSED", "XFAIL"})
FAILING = frozenset({"FAILED", "ERROR"})


def _by_chance() -> str:
    """A word that nobody can know, and that looks like others."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(14))


@dataclass(slots=True)
class Trial(Ground):
    """A patch (None: no patch at all) on an instance.

    With `doubting` twins and mutants are run whatever came of the tests, as validation does.
    """

    limits: Limits
    image: str
    doubting: bool = False
    script: Script = field(init=False)
    files: tuple[TestFile, ...] = field(init=False)
    canary: Canary | None = field(init=False)
    written: list[str] = field(default_factory=list)
    graded: Graded | None = None
    canary_held: bool | None = None
    twins_agree: bool | None = None
    exit_differs: bool = False
    twins_run: int = 0
    mutants_fail: bool | None = None
    altered: frozenset[str] = frozenset()
    _nonce: str = field(default_factory=_by_chance)
    _twins: dict[str, TestFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.script = script_of(self.problem)
        self.files = test_files(self.script.commands, self.facts.tests)
        self.canary = canary_of(self.script.commands, self.files, self._nonce)

    @property
    def job(self) -> Job:
        """The container's job; later steps follow from earlier ones."""
        checks = [*([self._before(), self._apply()] if self.patch else []), self._install()]
        return Job(
            Program(f"image:{self.image}", (), ()),
            tuple(checks),
            self.limits,
            more=self.more,
        )

    def on_check(self, report: CheckReport) -> bool:
        """Take in a step; whether anything is to follow."""
        self.reports[report.name] = report
        match report.name:
            case "apply":
                return self.applied_by is not None
            case "install":
                self.cleared = clear(report.changes, self.facts, self.patched())
                if not self.doubting:
                    self.cleared.rejected += [f"changed {path}" for path in self.lost()]
                return report.limit is None
            case "look":
                self.look_at_others(report.files)
            case "tests":
                self.written = self.left_by(report, self._doubles())
                return self._grade(report)
            case "twins":
                self.twins_run += 1
                self.written += self.left_by(report, self._doubles())
                self.twins_agree = self._compare_twins(report)
            case "mutants":
                self.mutants_fail = self._see_mutants(report)
            case "altered":
                self.altered = self._see_altered(report)
        return report.limit is None

    def more(self, _reports: Sequence[CheckReport]) -> Check | None:
        """The next step in the container, None at the end."""
        seen = self.reports
        if "tests" not in seen:
            if self.cleared.rejected and not self.doubting:
                return None
            if self.cleared.unseen and "look" not in seen:
                return self._look_at(self.cleared.unseen)
            return self._tests()
        if self.graded is None or not (self.graded.resolved or self.doubting):
            return None
        if (self.facts.twins or self.doubting) and self._want_twins():
            return self._run_twins()
        if self.twins_agree is False and not self.doubting:
            return None
        if (self.facts.mutants or self.doubting) and "mutants" not in seen:
            return self._run_mutants()
        if self.doubting and "altered" not in seen:
            return self._run_mutants("altered")
        return None

    def _want_twins(self) -> bool:
        """Whether to run them: once, and again where only a test that fails at times may differ."""
        if "twins" not in self.reports:
            return bool(self.files)
        differs = self.twins_agree is False or self.exit_differs
        return differs and not self.doubting and self.twins_run < MOST_TWINS

    @property
    def applied_by(self) -> str | None:
        """The command that applied the patch; None while none did."""
        report = self.reports.get("apply")
        if report is None or report.exit_code is None or report.limit is not None:
            return None
        if report.exit_code == ALREADY:
            return "applied already"
        at = report.exit_code - FIRST_APPLIED
        return APPLIED_BY[at] if 0 <= at < len(APPLIED_BY) else None

    @property
    def log(self) -> bytes:
        """What the tests printed, with the markers."""
        report = self.reports.get("tests")
        return report.stdout if report else b""

    def _before(self) -> Check:
        """The sources that the patch changes, as they are at the base commit."""
        return Check("before", fetch=self.sources())

    def _apply(self) -> Check:
        assert self.patch is not None
        lines = ["#!/bin/bash", f"cd {REPOSITORY}"]
        for at, command in enumerate(APPLIED_BY):
            if at:
                lines.append("git checkout -- . ; git clean -fd")
            lines.append(f"{command} {PATCH_FILE} && exit {FIRST_APPLIED + at}")
        lines.append(f"git apply --check --reverse {PATCH_FILE} && exit {ALREADY}")
        lines.append("exit 1")
        return Check(
            "apply",
            argv=("/bin/bash", APPLY_FILE),
            files=(
                File(PATCH_FILE, self.patch.text.encode()),
                File(APPLY_FILE, "\n".join([*lines, ""]).encode()),
            ),
            folder=REPOSITORY,
        )

    def _install(self) -> Check:
        return Check(
            "install",
            argv=("/bin/bash", EVAL_FILE),
            files=(File(EVAL_FILE, self.script.install.encode()),),
            removed=(PATCH_FILE, APPLY_FILE),
            watched=True,
            fetch=self.sources(),
        )

    def _look_at(self, paths: Iterable[str]) -> Check:
        some = list(paths)[:MOST_UNSEEN]
        return Check(
            "look",
            fetch=tuple(ArtifactSpec(path, path, LARGEST_SOURCE) for path in some),
        )

    def _tests(self) -> Check:
        """The official test command on the instance's own tests, with a canary beside them."""
        files, removed = self.restored()
        if self.patch:
            self.look_at_own()
        commands = None
        if self.canary is not None and (self.facts.canary or self.doubting):
            files.append(laid(self.canary.path, self.canary.source.encode()))
            commands = self.canary.commands
        files.append(File(EVAL_FILE, self.script.testing(commands).encode()))
        return Check(
            "tests",
            argv=("/bin/bash", EVAL_FILE),
            files=tuple(files),
            removed=tuple(removed),
            watched=True,
        )

    @property
    def xfailed(self) -> list[str]:
        """Tests that fail as something expected them to, and that gold passes."""
        statuses = self.graded.statuses if self.graded else {}
        names = (*self.problem.spec["FAIL_TO_PASS"], *self.problem.spec["PASS_TO_PASS"])
        known = set(self.facts.xfailed)
        return [name for name in names if statuses.get(name) == "XFAIL" and name not in known]

    def _grade(self, report: CheckReport) -> bool:
        if report.limit not in (None, LimitHit.CPU):
            return False
        self.graded = regrade(report.stdout, self.problem)
        if self.canary is not None and (self.facts.canary or self.doubting):
            self.canary_held = self.canary.held(self.graded.statuses)
        return self.canary_held is not False or self.doubting

    def _doubles(self) -> list[str]:
        """Paths of what lies beside the tests."""
        return [each.path for each in (*self._twins.values(), self.canary) if each]

    def _run_twins(self) -> Check:
        self._twins, commands = twin_of(self.script.commands, self.files, self._nonce)
        files = [
            laid(self._twins[file.path].path, unpack(self.facts.tests[file.path]))
            for file in self.files
        ]
        files.append(File(EVAL_FILE, self.script.testing(commands).encode()))
        return Check(
            "twins",
            argv=("/bin/bash", EVAL_FILE),
            files=tuple(files),
            removed=self.bytecode("twins" if "twins" in self.reports else "tests"),
            watched=True,
        )

    def _compare_twins(self, report: CheckReport) -> bool:
        """Whether each test that was to pass ends in its twin as it did itself.

        The runner's exit code is to be gold's, too, unless the log names a test that failed: what
        prints a result cannot change that code.
        """
        assert self.graded is not None
        statuses = regrade(report.stdout, self.problem).statuses
        for name in self.problem.spec["FAIL_TO_PASS"]:
            spelled = name_in_twin(name, self.files, self._twins)
            twin = next((statuses[each] for each in spelled if each in statuses), None)
            own = self.graded.statuses.get(name)
            if (own in PASSING) is not (twin in PASSING):
                return False
        self.exit_differs = self.facts.twin_exit not in (None, report.exit_code)
        failing = any(status in FAILING for status in statuses.values())
        return self.doubting or failing or not self.exit_differs

    def _run_mutants(self, step: str = "mutants") -> Check | None:
        """The tests under their own names, with bodies that must fail; None if none can be made.

        Those that fail with gold once their expected values are changed are changed so.
        """
        names = self.problem.spec["FAIL_TO_PASS"]
        altered = frozenset(self.facts.altered)
        if step == "altered":
            altered = frozenset(map(function_of, names))
        made = {
            file.path: mutant
            for file in self.files
            if (mutant := mutant_of(self._text(file.path), names, self._nonce, altered)) is not None
        }
        if not made:
            return None
        files = [laid(path, text.encode("utf-8", "surrogateescape")) for path, text in made.items()]
        files.append(File(EVAL_FILE, self.script.testing().encode()))
        removed = [f"{REPOSITORY}/{twin.path}" for twin in self._twins.values()]
        removed += self.bytecode("twins" if "twins" in self.reports else "tests")
        if self.canary is not None:
            removed.append(f"{REPOSITORY}/{self.canary.path}")
        return Check(
            step, argv=("/bin/bash", EVAL_FILE), files=tuple(files), removed=tuple(removed)
        )

    def _text(self, path: str) -> str:
        return unpack(self.facts.tests[path]).decode("utf-8", "surrogateescape")

    def _see_mutants(self, report: CheckReport) -> bool:
        """Whether every test that was to pass fails with a body that must."""
        statuses = regrade(report.stdout, self.problem).statuses
        return all(statuses.get(name) not in PASSING for name in self.problem.spec["FAIL_TO_PASS"])

    def _see_altered(self, report: CheckReport) -> frozenset[str]:
        """The functions of which every test that was to pass fails with other expected values."""
        statuses = regrade(report.stdout, self.problem).statuses
        names = self.problem.spec["FAIL_TO_PASS"]
        kept = {function_of(name) for name in names if statuses.get(name) not in FAILING}
        return frozenset(map(function_of, names)) - kept - {""}


def with_facts(problem: Problem, facts: Facts) -> Problem:
    """The problem with what validation showed."""
    return replace(problem, spec={**problem.spec, FACTS: facts.as_spec()})
