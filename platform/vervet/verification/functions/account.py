"""Owns what the judge told, read into an attempt: whose fault an end was, outcomes, evidence.

Never believes the solver for good: what it did wrong, and its limits, come before what the tests
say. Never runs anything.

| what the host sees                                   | status          | code           |
|------------------------------------------------------|-----------------|----------------|
| the solver, or the judge that reads it, met a limit  | timed_out, ...  | cpu_time, ...  |
| the solver ended in the middle                       | crashed, failed | SIGSEGV, ...   |
| bytes that no honest solver sends                    | rejected        | broken_frame   |
| the solution does not compile                        | malformed       | syntax_error   |
| it raised, while it was defined or called            | crashed         | KeyError, ...  |
| a value beyond the bounds                            | failed          | value_too_deep |
| an assert was not true                               | failed          | assertion      |
| the tests could not work with a value                | failed          | error_in_test  |
| fewer asserts were reached than by the reference     | failed          | asserts_missing |
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace

from vervet.core.limits import Limits, Usage
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.sandbox.job import CheckReport, Report
from vervet.verification import judging
from vervet.verification.functions.tests import Tests

__all__ = ["Account", "account_of", "attempt_of", "ending_of"]

OUTCOMES = {"P": Outcome.PASSED, "F": Outcome.FAILED, "E": Outcome.ERROR}
MEMORY = (Status.MEMORY_EXCEEDED, "memory")
LEFT = {"SystemExit": (Status.FAILED, "ended_early"), "MemoryError": MEMORY}
LONGEST_NAME = 200
MOST = 4096
"""Asserts whose outcomes are kept one by one."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the judge tells of a run: see `sandboxes/functions/court/account.py`.

    `at` is the assert of the first failure (-1: none), `error` the exception of it, and `value`
    what the function last returned, in words.
    """

    outcomes: str
    reached: int
    failed: bool
    ended: bool
    changed: bool
    handles: bool
    stuck: str
    stuck_words: str
    at: int = -1
    error: str = ""
    words: str = ""
    from_solver: bool = False
    value: str = ""


def account_of(check: CheckReport, word: str = "") -> Account | None:
    """What the judge told in the last line of its output; None where it did not come to that.

    Beside the solution it may have been forged, so that its form is checked as well.
    """
    text = check.stdout.rpartition(b"\n")[2].decode("utf-8", "replace")
    if check.limit or check.exit_code != 0 or not text.startswith(word):
        return None
    try:
        found = Account(**json.loads(text.removeprefix(word)))
    except (ValueError, TypeError, RecursionError):
        return None
    return found if _sound(found) else None


def _sound(account: Account) -> bool:
    kinds = {each.name: str(each.type) for each in fields(Account)}
    types = all(type(getattr(account, name)).__name__ == kind for name, kind in kinds.items())
    return (
        types
        and set(account.outcomes) <= OUTCOMES.keys()
        and len(account.outcomes) <= MOST
        and len(account.error) + len(account.stuck) <= LONGEST_NAME
    )


def ending_of(check: CheckReport, account: Account | None, tests: Tests) -> judging.Ending:
    """Status and code of a check of a judge and a solver, or of both in one."""
    for end in (check.peer, check):
        if end is not None and end.limit is not None:
            return judging.ending(end) or (Status.FAILED, "limit")
    if account is None:
        return judging.ending(check) or (Status.FAILED, "ended_early")
    if account.stuck:
        return _stuck(account.stuck, check.peer)
    if account.failed or not account.ended:
        return _failed(account)
    if account.reached < tests.reaches:
        return Status.FAILED, "asserts_missing"
    return Status.PASSED, ""


def _stuck(stuck: str, peer: CheckReport | None) -> judging.Ending:
    code, _, name = stuck.partition(" ")
    match code:
        case "syntax_error":
            return Status.MALFORMED, code
        case "definition" | "fatal":
            return LEFT.get(name, (Status.CRASHED, name))
        case "broken_frame":
            return Status.REJECTED, code
        case "argument":
            return Status.FAILED, f"argument_{name}"
        case "gone":
            return _gone(peer)
    return Status.FAILED, code


def _gone(peer: CheckReport | None) -> judging.Ending:
    """The judge read the end of the pipe before it had its answer."""
    if peer is None or peer.known_by == "stop":
        return Status.CRASHED, "pipe_closed"
    return judging.ending(peer) or (Status.FAILED, "ended_early")


def _failed(account: Account) -> judging.Ending:
    if account.error == "MemoryError":
        return MEMORY
    if account.from_solver:
        return Status.CRASHED, account.error
    if account.error == "AssertionError":
        return Status.FAILED, "assertion"
    return Status.FAILED, "error_in_test"


def attempt_of(
    report: Report, account: Account | None, tests: Tests, limits: Limits, end: judging.Ending
) -> Attempt:
    """The attempt of a report that is no `infra`."""
    check, (status, code) = report.checks[0], end
    flags = set(judging.flags_of(report, limits, [Flag.BESIDE] if tests.beside else []))
    usage = report.usage
    if check.peer is not None:
        usage = _together(report.usage, check.peer.usage)
        if check.peer.usage.cpu_s >= judging.NEAR * limits.cpu_s:
            flags.add(Flag.SPEED_DEPENDENT)
    passed = status is Status.PASSED
    found = None if passed else _evidence(check, account, tests, end)
    return Attempt(
        status,
        code=code,
        flags=frozenset(flags),
        outcomes=_outcomes(account, tests.reaches, passed=passed),
        evidence=(found,) if found else (),
        usage=usage,
        message=found.message if found else "",
        layers=report.layers,
    )


def _together(judge: Usage, solver: Usage) -> Usage:
    """Of two programs that ran at the same time."""
    return replace(judge + solver, wall_s=max(judge.wall_s, solver.wall_s))


def _outcomes(account: Account | None, reaches: int, *, passed: bool) -> tuple[Outcome, ...]:
    """One a reached assert, then those not run; a failure outside of any is the next one's."""
    found = [OUTCOMES[each] for each in (account.outcomes if account else "")]
    if not passed and all(each is Outcome.PASSED for each in found):
        found.append(Outcome.ERROR)
    missing = max(min(reaches, MOST) - len(found), 0)
    return (*found, *(Outcome.NOT_RUN,) * missing)


def _evidence(
    check: CheckReport, account: Account | None, tests: Tests, end: judging.Ending
) -> CheckEvidence:
    outcome = Outcome.FAILED if end[0] is Status.FAILED else Outcome.ERROR
    solver = check.peer or check
    ordinal, name, actual = 0, "tests", solver.stderr[-judging.EVIDENCE_CAP :]
    words = judging.limit_words(solver) or judging.limit_words(check)
    if account is not None:
        ordinal = len(account.outcomes) - len(account.outcomes.lstrip("P"))
        name = f"assert {account.at + 1}" if account.at >= 0 else name
        words = words or _words(account, tests, end)
        actual = account.value.encode("utf-8", "replace") or actual
    words = words or judging.last_line(solver.stderr) or end[1].replace("_", " ")
    return CheckEvidence(ordinal, name, outcome, words, actual=judging.capped(actual))


def _words(account: Account, tests: Tests, end: judging.Ending) -> str:
    if account.stuck:
        return account.stuck_words or end[1].replace("_", " ")
    if end[1] == "asserts_missing":
        return f"{account.reached} asserts were reached of {tests.reaches}"
    text = tests.asserts[account.at] if 0 <= account.at < len(tests.asserts) else ""
    said = f"{account.error}: {account.words}" if account.words else account.error
    return f"{said} at {text}" if text and account.error != "AssertionError" else text or said
