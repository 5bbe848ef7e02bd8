"""The words of a verdict: statuses, flags, outcomes of single checks, conditions, settlements."""

from __future__ import annotations

from enum import IntEnum, StrEnum

__all__ = ["NORMAL", "REFERENCE", "Flag", "Outcome", "Settlement", "Status"]

NORMAL = "normal"
"""The condition of attempts that settle a verdict."""
REFERENCE = "reference"
"""The condition of attempts made in a fresh process per test."""


class Status(StrEnum):
    """How one attempt at verifying a solution ended."""

    PASSED = "passed"
    """Every check was met."""
    FAILED = "failed"
    """Ran to its end with a wrong output or a failing test."""
    CRASHED = "crashed"
    """Ended by an exception, a signal or a nonzero exit status of its own."""
    TIMED_OUT = "timed_out"
    """Used up its CPU time or wall time."""
    MEMORY_EXCEEDED = "memory_exceeded"
    """Asked for more memory than its limit."""
    OUTPUT_EXCEEDED = "output_exceeded"
    """Wrote more than its output limit."""
    MALFORMED = "malformed"
    """Holds nothing to verify: nothing extracted, a syntax error, an incomplete proof."""
    REJECTED = "rejected"
    """A cheat: forbidden axiom, changed statement, edited tests, forged result."""
    INFRA_ERROR = "infra_error"
    """The sandbox or the host failed; says nothing about the solution."""


class Flag(StrEnum):
    """What a reader of a verdict must know beside its status."""

    FLAGGED = "flagged"
    """Suspicious; a person should look."""
    BESIDE = "beside"
    """The tests ran in the candidate's own process."""
    UNSAFE = "unsafe"
    """Ran without isolation, because the user asked for that by name."""
    SPEED_DEPENDENT = "speed_dependent"
    """Its CPU time was so near the limit that a faster host may judge otherwise."""
    STARVED = "starved"
    """The host gave it no processor for much of its wall time."""
    CLAIMED = "claimed"
    """The verdict came with the data and was not made here."""
    FLAKY = "flaky"
    """Attempts under equal conditions disagree (verdicts only)."""
    UNSETTLED = "unsettled"
    """The attempts do not suffice for the named settlement (verdicts only)."""


class Outcome(IntEnum):
    """What became of one check in an attempt; two bits when packed."""

    NOT_RUN = 0
    PASSED = 1
    FAILED = 2
    ERROR = 3
    """Crashed, ran into a limit, or could not be compared."""


class Settlement(StrEnum):
    """The rule by which attempts settle to a verdict."""

    FIRST = "first"
    MAJORITY = "majority"
    UNANIMOUS = "unanimous"
