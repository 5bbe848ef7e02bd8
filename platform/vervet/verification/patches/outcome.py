"""Owns how a trial reads as an attempt: status, code, flags, the outcome of every test.

| what was seen (in this order)                        | status          | code              |
|------------------------------------------------------|-----------------|-------------------|
| the patch is empty, or no patch                      | malformed       | empty_patch, ...  |
| none of the four official commands applies it        | malformed       | does_not_apply    |
| a step met its limit                                 | timed_out, ...  | install_time, ... |
| the install step changed what gold's does not        | rejected        | tampered_install  |
| not exactly one start and one end marker             | rejected        | markers           |
| no canary among the results                          | crashed         | runner_ended      |
| a canary that must fail passed, or the other way     | rejected        | canary            |
| no test of the instance among the results            | failed          | no_tests, not_collected |
| resolved, but a twin ended otherwise                 | rejected        | twin              |
| resolved, but a test passed with a body that fails   | rejected        | mutant            |
| resolved                                             | passed          |                   |
| tests that were to pass do, others do no longer      | failed          | regression        |
| some of those that were to pass do                   | failed          | partial           |
| none of them does                                    | failed          | unresolved        |
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vervet.core.limits import Limits
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem
from vervet.sandbox.job import CheckReport, LimitHit, Report
from vervet.verification import judging
from vervet.verification.patches.grading import Graded
from vervet.verification.patches.script import END, START
from vervet.verification.patches.trial import Trial

__all__ = ["LOG", "attempt_of", "tests_of"]

LOG = "log"
"""The name of the evidence that holds what the tests printed."""
EVIDENCE_ROWS = 10
SHOWN = 5
FAILED = frozenset({"FAILED"})
NOT_COLLECTED = re.compile(rb"^(?:ERROR collecting|E +(?:Import|Syntax)Error|ImportError)", re.M)
LIMITS: Mapping[LimitHit, tuple[Status, str]] = {
    LimitHit.WALL: (Status.TIMED_OUT, "time"),
    LimitHit.CPU: (Status.TIMED_OUT, "time"),
    LimitHit.MEMORY: (Status.MEMORY_EXCEEDED, "memory"),
    LimitHit.OUTPUT: (Status.OUTPUT_EXCEEDED, "output"),
    LimitHit.DISK: (Status.OUTPUT_EXCEEDED, "disk"),
}
Ending = tuple[Status, str, str]
"""Status, code, and what a person is told."""


def tests_of(problem: Problem) -> tuple[str, ...]:
    """The names of an instance's tests: those that must come to pass, then those that must stay."""
    return (*problem.spec["FAIL_TO_PASS"], *problem.spec["PASS_TO_PASS"])


def attempt_of(trial: Trial, report: Report, limits: Limits) -> Attempt:
    """The attempt of a trial whose job has ended well enough to say something."""
    status, code, words = _ending(trial)
    flags = set(judging.flags_of(report, limits))
    doubts = _doubts(trial)
    if status is Status.PASSED and doubts:
        flags.add(Flag.FLAGGED)
    names = tests_of(trial.problem)
    outcomes = _outcomes(names, trial.graded)
    said = [words, *(doubts if status is Status.PASSED else [])]
    if trial.put_back:
        said.append(f"put back: {', '.join(sorted(trial.put_back)[:SHOWN])}")
    return Attempt(
        status,
        code=code,
        flags=frozenset(flags),
        outcomes=outcomes,
        evidence=(*_evidence(names, outcomes, trial), *_log(len(names), trial)),
        usage=report.usage,
        message=_plain("; ".join(filter(None, said))),
        layers=report.layers,
    )


def _ending(trial: Trial) -> Ending:
    seen = trial.reports
    if "apply" in seen and trial.applied_by is None:
        return _limited(seen["apply"], "apply") or (
            Status.MALFORMED,
            "does_not_apply",
            f"no command applies it: {judging.last_line(seen['apply'].stdout)}",
        )
    for step in ("install", "tests"):
        if step in seen and (limited := _limited(seen[step], step)):
            return limited
    if trial.cleared.rejected:
        return Status.REJECTED, "tampered_install", _some(trial.cleared.rejected)
    if trial.graded is None:
        return Status.CRASHED, "ended_early", "the tests were not reached"
    return _tested(trial, trial.graded)


def _tested(trial: Trial, graded: Graded) -> Ending:
    log = trial.log
    if (log.count(START.encode()), log.count(END.encode())) != (1, 1):
        return Status.REJECTED, "markers", "the log does not hold one start and one end marker"
    if trial.canary_held is False:
        assert trial.canary is not None
        if not any(trial.canary.nonce in name for name in graded.statuses):
            return _silent(log, graded)
        return (
            Status.REJECTED,
            "canary",
            "a test that must fail passed, or one that must pass failed",
        )
    if not any(name in graded.statuses for name in tests_of(trial.problem)):
        return _silent(log, graded)
    if graded.resolved:
        return _doubted(trial)
    if not graded.f2p_failure:
        return Status.FAILED, "regression", f"no longer pass: {_some(graded.p2p_failure)}"
    if graded.f2p_success and not graded.p2p_failure:
        return Status.FAILED, "partial", f"do not pass yet: {_some(graded.f2p_failure)}"
    return Status.FAILED, "unresolved", f"do not pass: {_some(graded.f2p_failure)}"


def _doubted(trial: Trial) -> Ending:
    for double, held in (("twins", trial.twins_agree), ("mutants", trial.mutants_fail)):
        report = trial.reports.get(double)
        if report is not None and (limited := _limited(report, double)):
            return limited
        if held is False:
            words = {
                "twins": "tests ended otherwise in a copy of their file with another name",
                "mutants": "tests passed with a body that must fail",
            }
            return Status.REJECTED, double.removesuffix("s"), words[double]
    return Status.PASSED, "", ""


def _silent(log: bytes, graded: Graded) -> Ending:
    """No result at all: the runner did not come to it, or ended before it said so."""
    if NOT_COLLECTED.search(log):
        return Status.FAILED, "not_collected", "the tests could not be collected"
    if b"no tests ran" in log or b"Ran 0 tests" in log:
        return Status.FAILED, "no_tests", "no test ran"
    where = "before any test ended" if not graded.statuses else "before all tests ended"
    return Status.CRASHED, "runner_ended", f"the test runner ended {where}"


def _limited(report: CheckReport, step: str) -> Ending | None:
    if report.limit is None:
        return None
    status, what = LIMITS[report.limit]
    return status, f"{step}_{what}", f"step {step}: {judging.limit_words(report)}"


def _doubts(trial: Trial) -> list[str]:
    """Why a person should look, though everything that was tried held."""
    found = [
        f"{each.path}:{each.line}: {each.words} ({each.expression})"
        for each in trial.sights[:SHOWN]
    ]
    found += trial.cleared.flagged[:SHOWN]
    found += [f"{path}: nobody could read it" for path in trial.unread[:SHOWN]]
    found += [f"{path}: made while the tests ran" for path in trial.written[:SHOWN]]
    found += [f"{name}: fails, as expected there but not with gold" for name in trial.xfailed]
    if trial.exit_differs and trial.twins_agree:
        found.append("other tests than with gold failed in copies of their files")
    if trial.restoring.flagged:
        kept = [touch.path for touch in trial.restoring.kept]
        found.append(f"decides how tests run, as gold does: {', '.join(kept[:SHOWN])}")
    if not (trial.facts.canary or trial.facts.twins or trial.facts.mutants):
        found.append("no canary, twin or mutant behaves on this instance: nothing was doubted")
    return found


def _outcomes(names: tuple[str, ...], graded: Graded | None) -> tuple[Outcome, ...]:
    if graded is None:
        return (Outcome.NOT_RUN,) * len(names)
    met = {*graded.f2p_success, *graded.p2p_success}
    return tuple(_outcome(name, met, graded.statuses) for name in names)


def _outcome(name: str, met: set[str], statuses: Mapping[str, str]) -> Outcome:
    if name in met:
        return Outcome.PASSED
    if name not in statuses:
        return Outcome.NOT_RUN
    return Outcome.FAILED if statuses[name] in FAILED else Outcome.ERROR


def _evidence(
    names: tuple[str, ...], outcomes: tuple[Outcome, ...], trial: Trial
) -> list[CheckEvidence]:
    statuses = trial.graded.statuses if trial.graded else {}
    missed = [at for at, outcome in enumerate(outcomes) if outcome is not Outcome.PASSED]
    return [
        CheckEvidence(at, names[at], outcomes[at], statuses.get(names[at], "not in the log"))
        for at in missed[:EVIDENCE_ROWS]
        if trial.graded is not None
    ]


def _log(count: int, trial: Trial) -> list[CheckEvidence]:
    """The whole log, behind the checks: grading can be done again from it."""
    applied = trial.applied_by or ""
    if not trial.log:
        said = trial.reports.get("apply") or trial.reports.get("install")
        log = said.stdout if said else b""
    else:
        log = trial.log
    return [CheckEvidence(count, LOG, Outcome.NOT_RUN, applied, actual=log)] if log else []


def _plain(words: str) -> str:
    """Words that any store can hold: names of files may be no text."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
