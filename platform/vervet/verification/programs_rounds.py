"""Owns programs with a special judge: some tests are run, then the judge sees their outputs.

Never holds the judge and a candidate in one job, nor the outputs of all tests at once.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from vervet.core.errors import JobError
from vervet.core.limits import Limits
from vervet.core.status import Flag, Status
from vervet.sandbox.job import Check, CheckReport, Job, OnCheck, Program, Report
from vervet.verification import judging
from vervet.verification.programs_judge import Judge, Judged, words_of
from vervet.verification.programs_tally import WRONG_OUTPUT, Tally, Test
from vervet.verification.protocol import Step, Steps

__all__ = ["BREAKS_JUDGE", "Rounds"]

BREAKS_JUDGE = "breaks_judge"
"""Code of an output on which the judge fails, though it does not on the expected output."""
ROUND_TESTS = 64
ROUND_BYTES = 16 << 20
"""Outputs that are kept before the judge is asked."""

Said = tuple[int, CheckReport]
"""A test's ordinal with a report that concerns it."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """One solution's way through the tests of a problem with a special judge."""

    problem_id: str
    judge: Judge
    program: Program
    limits: Limits
    tests: list[Test]
    go_on: bool

    def steps(self) -> Steps:
        """Two jobs a round, until all tests are done or one is missed and nothing goes on.

        Raises `JobError` for a judge that fails on the problem's own expected output.
        """
        tally = Tally([expected for _, expected in self.tests])
        gathering = _Gathering(tally, self.go_on)
        while not gathering.over and gathering.next < len(self.tests):
            gathering.outputs.clear()
            part = range(gathering.next, min(gathering.next + ROUND_TESTS, len(self.tests)))
            checks = tuple(Check(f"test {at + 1}", self.tests[at][0]) for at in part)
            report = yield Job(self.program, checks, self.limits), gathering.on_check
            failed = report if report.infra else (yield from self._ask(tally, gathering.outputs))
            if failed is not None:
                return judging.infra_attempt(failed, len(self.tests))
            tally.heard(report, self.limits)
            if not (self.go_on or tally.clean):
                break
        return tally.attempt()

    def _ask(self, tally: Tally, outputs: list[Said]) -> Generator[Step, Report, Report | None]:
        """Have the judge see outputs; the report of a sandbox that failed, if one did."""
        if not outputs:
            return None
        asking = _Asking(tally, outputs, self.go_on)
        rows = [
            (f"test {at + 1}", self.tests[at][0], check.stdout, self.tests[at][1])
            for at, check in outputs
        ]
        report = yield self.judge.job(rows), asking.on_check
        if report.infra:
            return report
        for (at, output), said in asking.broken:
            control = yield self._control(at), lambda _: True
            if control.infra:
                return control
            if Judge.judged(control.checks[0]) is Judged.BROKEN:
                raise JobError(
                    f"problem {self.problem_id}: its judge fails on the expected output of "
                    f"test {at + 1}, too ({words_of(control.checks[0])})",
                    hint="A judge ends with 0 (accepted), 1 or 2 (rejected).",
                )
            tally.flags.add(Flag.FLAGGED)
            words = f"the judge failed: {words_of(said)}"
            tally.missed(at, output, (Status.FAILED, BREAKS_JUDGE), words)
        return None

    def _control(self, at: int) -> Job:
        """The judge on the expected output itself: it fails there only if the fault is its own."""
        given, expected = self.tests[at]
        return self.judge.job([("the expected output", given, expected, expected)])


@dataclass(slots=True)
class _Gathering:
    """The host's side of the program's jobs: the outputs that the judge is to see."""

    tally: Tally
    go_on: bool
    next: int = 0
    over: bool = False
    outputs: list[Said] = field(default_factory=list)

    @property
    def on_check(self) -> OnCheck:
        return self._take

    def _take(self, check: CheckReport) -> bool:
        ordinal, self.next = self.next, self.next + 1
        end = judging.ending(check)
        if end is None:
            self.outputs.append((ordinal, check))
            return sum(len(check.stdout) for _, check in self.outputs) < ROUND_BYTES
        self.tally.missed(ordinal, check, end)
        self.over = not (self.go_on and check.stage == "run")
        return not self.over


@dataclass(slots=True)
class _Asking:
    """The host's side of a judge's job."""

    tally: Tally
    outputs: list[Said]
    go_on: bool
    at: int = 0
    broken: list[tuple[Said, CheckReport]] = field(default_factory=list)

    @property
    def on_check(self) -> OnCheck:
        return self._take

    def _take(self, check: CheckReport) -> bool:
        ordinal, output = said = self.outputs[self.at]
        self.at += 1
        match Judge.judged(check):
            case Judged.ACCEPTED:
                self.tally.passed(ordinal)
                return True
            case Judged.REJECTED:
                self.tally.missed(ordinal, output, WRONG_OUTPUT, words_of(check))
            case Judged.BROKEN:
                self.broken.append((said, check))
        return self.go_on
