"""What reference mode said of a run's verdicts, as values and in one line of words."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ReferenceResult", "reference_words"]

SHOWN = 5


@dataclass(frozen=True, slots=True)
class ReferenceResult:
    """What became of the verdicts that were judged again in reference mode, in solutions.

    `differ` did so each time, on `problems` (the first of them); the disagreement of the others
    is explained by their being `flaky` or `speed_dependent`. `skipped` are of a kind that
    reference mode does not run; `failed` could not be re-judged, because of `why`.
    """

    rejudged: int
    differ: int
    flaky: int = 0
    speed_dependent: int = 0
    skipped: int = 0
    failed: int = 0
    why: str = ""
    problems: tuple[str, ...] = ()


def reference_words(found: ReferenceResult) -> str:
    """One line, as in 46 re-judged, 2 differ (code/0007, code/0012), 1 flaky."""
    differ = "1 differs" if found.differ == 1 else f"{found.differ:,} differ"
    words = f"{found.rejudged:,} re-judged, {differ}"
    if found.problems:
        more = ", ..." if len(found.problems) > SHOWN else ""
        words += f" ({', '.join(found.problems[:SHOWN])}{more})"
    if found.flaky:
        words += f", {found.flaky:,} flaky"
    if found.speed_dependent:
        words += f", {found.speed_dependent:,} speed-dependent"
    if found.skipped:
        words += f"; {found.skipped:,} cannot run there"
    if found.failed:
        words += f"; {found.failed:,} could not be re-judged: {found.why}"
    return words
