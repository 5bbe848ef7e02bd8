"""Owns what each reference gave on each check: how it ended there, and which output it wrote.

Pure. An output is known where evidence of it was kept, or where it passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vervet.audit.false_negatives import CheckFinding, Result
from vervet.audit.false_negatives_strict import literal_of_assert
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.sandbox.job import LimitHit
from vervet.verification.judging import EVIDENCE_CAP

__all__ = ["Ending", "Seen", "check_findings", "seen"]

ASSERTION = "assertion"
"""Code of a function whose value an assert did not accept."""
PASSED = b"(passed)"
"""Stands for the expected output, whatever it is."""
_LIMITS = {
    f"{LimitHit.CPU} limit": "timed_out",
    f"{LimitHit.WALL} limit": "timed_out",
    f"{LimitHit.MEMORY} limit": "memory",
    f"{LimitHit.OUTPUT} limit": "output",
}


class Ending(StrEnum):
    """How one check of one reference ended."""

    NOT_RUN = "not_run"
    PASSED = "passed"
    WRONG = "wrong"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    MEMORY = "memory"
    OUTPUT = "output"
    """Wrote too much."""
    UNKNOWN = "unknown"
    """Did not pass, and no evidence was kept of it."""


_OF_STATUS = {
    Status.CRASHED: Ending.CRASHED,
    Status.TIMED_OUT: Ending.TIMED_OUT,
    Status.MEMORY_EXCEEDED: Ending.MEMORY,
    Status.OUTPUT_EXCEEDED: Ending.OUTPUT,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One reference on one check. `output` is its output as far as it decides whether two are
    the same, `PASSED` where that is the expected one, None where it is not known."""

    ending: Ending
    output: bytes | None = None
    evidence: CheckEvidence | None = None

    @property
    def missed(self) -> bool:
        """Whether the check was run and not passed."""
        return self.ending not in (Ending.NOT_RUN, Ending.PASSED)


def seen(attempt: Attempt) -> tuple[Seen, ...]:
    """What an attempt with its evidence shows, a value per check."""
    evidence = {each.ordinal: each for each in attempt.evidence}
    first = next(
        (at for at, outcome in enumerate(attempt.outcomes) if outcome >= Outcome.FAILED), None
    )
    return tuple(
        _seen(outcome, evidence.get(at), attempt if at == first else None)
        for at, outcome in enumerate(attempt.outcomes)
    )


def _seen(outcome: Outcome, evidence: CheckEvidence | None, first: Attempt | None) -> Seen:
    """One check; `first` is the attempt whose status is that of this check."""
    if outcome is Outcome.NOT_RUN:
        return Seen(Ending.NOT_RUN)
    if outcome is Outcome.PASSED:
        return Seen(Ending.PASSED, PASSED)
    if outcome is Outcome.FAILED:
        return Seen(Ending.WRONG, _output(evidence, first), evidence)
    return Seen(_ending(evidence, first.status if first else None), None, evidence)


def _output(evidence: CheckEvidence | None, first: Attempt | None) -> bytes | None:
    """What was written, or returned to an assert; tests that fail otherwise tell of no output."""
    if evidence is None or evidence.actual is None:
        return None
    if evidence.expected is None and (first is None or first.code != ASSERTION):
        return None
    return _plain(evidence.actual)


def _ending(evidence: CheckEvidence | None, status: Status | None) -> Ending:
    """Of a check that ended in an error: by the attempt's status, or by the words kept of it."""
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if evidence is None:
        return Ending.UNKNOWN
    for words, name in _LIMITS.items():
        if evidence.message.startswith(words):
            return Ending(name)
    return Ending.CRASHED


def _plain(output: bytes) -> bytes:
    """An output without blanks at the ends of lines and blank lines at the end."""
    return b"\n".join(line.rstrip() for line in output.splitlines()).rstrip()[:EVIDENCE_CAP]


def check_findings(
    problem: str, results: Sequence[tuple[Result, tuple[Seen, ...]]]
) -> tuple[CheckFinding, ...]:
    """The checks that some reference does not pass, in the problem's order.

    `results` are the verified ones, each with what was seen of it.
    """
    most = max((len(checks) for _, checks in results), default=0)
    found = (_finding(problem, at, list(_column(results, at))) for at in range(most))
    return tuple(each for each in found if each is not None)


def _column(
    results: Sequence[tuple[Result, tuple[Seen, ...]]], at: int
) -> Iterator[tuple[int, Seen]]:
    """How many references a solution stands for, and what it showed on check `at`."""
    for result, checks in results:
        if at < len(checks) and checks[at].ending is not Ending.NOT_RUN:
            yield len(result.references), checks[at]


def _finding(problem: str, at: int, column: Sequence[tuple[int, Seen]]) -> CheckFinding | None:
    missed = [(count, each) for count, each in column if each.missed]
    if not missed:
        return None
    outputs: Counter[bytes] = Counter()
    for count, each in column:
        if each.output is not None:
            outputs[each.output] += count
    shown = next((each.evidence for _, each in missed if each.evidence), None)
    known = outputs.total() > 0
    return CheckFinding(
        problem=problem,
        ordinal=at,
        name=shown.name if shown else f"check {at + 1}",
        references=sum(count for count, _ in column),
        failing=sum(count for count, _ in missed),
        outputs=len(outputs) if known else None,
        disagree=outputs.total() - max(outputs.values()) if known else None,
        message=shown.message if shown else "",
        expected=_expected(shown),
        actual=shown.actual if shown else None,
    )


def _expected(evidence: CheckEvidence | None) -> bytes | None:
    """What was expected; of a function, the literal of the assert, where it is one."""
    if evidence is None or evidence.expected is not None:
        return evidence.expected if evidence else None
    literal = literal_of_assert(evidence.message)
    return literal.encode("utf-8", "replace") if literal else None
