"""Owns what comes of each test of a program, and the attempt that it makes in all.

Pure bookkeeping on the host; what counts as right is for others to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vervet.core.limits import Limits, Usage
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.sandbox.job import CheckReport, Report
from vervet.verification import judging

__all__ = ["EVIDENCE_ROWS", "WRONG_OUTPUT", "Tally", "Test"]

EVIDENCE_ROWS = 3
WRONG_OUTPUT: judging.Ending = (Status.FAILED, "wrong_output")
Test = tuple[bytes, bytes]
"""Input and expected output of a test."""


@dataclass(frozen=True, slots=True)
class _Miss:
    end: judging.Ending
    evidence: CheckEvidence


@dataclass(slots=True)
class Tally:
    """The outcomes of a program's tests, in whatever order they become known.

    The first test that was missed, in the problem's order, gives the status; evidence is kept of
    the first few.
    """

    expected: list[bytes]
    outcomes: list[Outcome] = field(init=False)
    flags: set[Flag] = field(default_factory=set)
    usage: Usage = Usage()
    layers: tuple[str, ...] = ()
    _misses: dict[int, _Miss] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outcomes = [Outcome.NOT_RUN] * len(self.expected)

    @property
    def clean(self) -> bool:
        """Whether no test was missed yet."""
        return not self._misses

    def passed(self, ordinal: int) -> None:
        """Test `ordinal` is met."""
        self.outcomes[ordinal] = Outcome.PASSED

    def missed(
        self, ordinal: int, check: CheckReport, end: judging.Ending, words: str = ""
    ) -> None:
        """Test `ordinal` ended as `end` says; `words` are a judge's."""
        outcome = Outcome.FAILED if end[0] is Status.FAILED else Outcome.ERROR
        self.outcomes[ordinal] = outcome
        if outcome is Outcome.ERROR:
            words = words or judging.limit_words(check) or judging.last_line(check.stderr)
        evidence = CheckEvidence(
            ordinal,
            f"test {ordinal + 1}",
            outcome,
            message=words or end[1].replace("_", " "),
            expected=judging.capped(self.expected[ordinal]),
            actual=judging.capped(check.stdout),
        )
        self._misses[ordinal] = _Miss(end, evidence)
        for late in sorted(self._misses)[EVIDENCE_ROWS:]:
            del self._misses[late]

    def heard(self, report: Report, limits: Limits) -> None:
        """Count what a job of the program used, and how it was isolated."""
        self.flags |= judging.flags_of(report, limits)
        self.usage += report.usage
        self.layers = report.layers

    def attempt(self) -> Attempt:
        """The attempt that all of this makes."""
        misses = [self._misses[ordinal] for ordinal in sorted(self._misses)]
        status, code = misses[0].end if misses else (Status.PASSED, "")
        first = misses[0].evidence if misses else None
        return Attempt(
            status,
            code=code,
            flags=frozenset(self.flags),
            outcomes=tuple(self.outcomes),
            evidence=tuple(miss.evidence for miss in misses),
            usage=self.usage,
            message=f"{first.name}: {first.message}" if first else "",
            layers=self.layers,
        )
