"""Owns how the end of a program reads as a status: one table for every verifier.

| how the check ended (in this order)     | status          | code                      |
|-----------------------------------------|-----------------|---------------------------|
| CPU time or wall time used up           | timed_out       | cpu_time, wall_time       |
| the same before its first line ran      | timed_out       | compile_time              |
| memory used up                          | memory_exceeded | memory                    |
| too much output                         | output_exceeded | output                    |
| did not load (a syntax error)           | malformed       | syntax_error              |
| ended by a signal                       | crashed         | SIGSEGV, ...              |
| a built-in exception nobody caught      | crashed         | ZeroDivisionError, ...    |
| another exit status than 0              | crashed         | exit_3, ...               |
| exit status 0                           | the verifier compares                       |
"""

from __future__ import annotations

import builtins
import re
import signal
from collections.abc import Iterable

from vervet.core.limits import Limits
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Solution
from vervet.sandbox.job import CheckReport, LimitHit, Report

__all__ = [
    "EVIDENCE_CAP",
    "STARVED",
    "Ending",
    "capped",
    "ending",
    "flags_of",
    "infra_attempt",
    "last_line",
    "limit_words",
    "malformed_attempt",
]

Ending = tuple[Status, str]
EVIDENCE_CAP = 4096
STARVED = "starved"
"""Code of an infra_error where the host gave a check no processor for most of its wall limit."""
NEAR = 0.8
"""Share of the CPU limit from which a verdict may depend on the host's speed."""
LAST = re.compile(rb"^(?P<name>[A-Za-z_]\w{0,40})(?::|\s*$)")
BUILTIN = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


def ending(check: CheckReport) -> Ending | None:
    """Status and code of a check that did not end well; None where exit status 0 was reached."""
    compiling = check.stage == "compile"
    match check.limit:
        case LimitHit.CPU | LimitHit.WALL:
            return Status.TIMED_OUT, "compile_time" if compiling else f"{check.limit}_time"
        case LimitHit.MEMORY:
            return Status.MEMORY_EXCEEDED, "memory"
        case LimitHit.OUTPUT:
            return Status.OUTPUT_EXCEEDED, "output"
    if check.signal is not None:
        return Status.CRASHED, _signal_name(check.signal)
    if compiling:
        return Status.MALFORMED, "syntax_error"
    if check.exit_code == 0:
        return None
    return Status.CRASHED, exception_name(check) or f"exit_{check.exit_code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal_{number}"


def exception_name(check: CheckReport) -> str:
    """The built-in exception in the last line of the error output of a program that exited 1."""
    found = LAST.match(check.stderr[-EVIDENCE_CAP:].rstrip().rpartition(b"\n")[2])
    name = found["name"].decode("ascii", "replace") if found and check.exit_code == 1 else ""
    return name if name in BUILTIN else ""


def last_line(data: bytes) -> str:
    """The last line that was written, at most 300 characters of it, as plain text.

    What would move a terminal's cursor or ring its bell is escaped: people will read it there.
    """
    line = data[-EVIDENCE_CAP:].rstrip().rpartition(b"\n")[2].decode("utf-8", "replace")[:300]
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def limit_words(check: CheckReport) -> str:
    """Which limit ended a check and how that is known; empty where none did."""
    if check.limit is None:
        return ""
    known = f", known by {check.known_by}" if check.known_by else ""
    return f"{check.limit} limit hit{known}"


def capped(data: bytes) -> bytes:
    """The beginning of `data` that is kept as evidence."""
    return data[:EVIDENCE_CAP]


def flags_of(report: Report, limits: Limits, extra: Iterable[Flag] = ()) -> frozenset[Flag]:
    """What a reader must know of how these checks ran."""
    flags = set(extra)
    if not report.layers:
        flags.add(Flag.UNSAFE)
    if any(check.usage.cpu_s >= NEAR * limits.cpu_s for check in report.checks):
        flags.add(Flag.SPEED_DEPENDENT)
    return frozenset(flags)


def infra_attempt(report: Report, count: int) -> Attempt:
    """The attempt of a report that says nothing about the solution."""
    flags = set() if report.layers else {Flag.UNSAFE}
    flags |= {Flag.STARVED} if report.starved else set()
    return Attempt(
        Status.INFRA_ERROR,
        code=STARVED if report.starved else "sandbox",
        flags=frozenset(flags),
        outcomes=(Outcome.NOT_RUN,) * count,
        usage=report.usage,
        message=report.infra,
        layers=report.layers,
    )


def malformed_attempt(solution: Solution, count: int) -> Attempt:
    """The attempt of a solution in which there is nothing to run."""
    return Attempt(
        Status.MALFORMED,
        code=solution.malformed,
        outcomes=(Outcome.NOT_RUN,) * count,
        evidence=(CheckEvidence(0, "extraction", Outcome.NOT_RUN, solution.malformed),),
        message="the completion holds nothing to verify",
    )
