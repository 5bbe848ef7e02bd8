"""What causes of false negatives mean, and what to do about them, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vervet.audit.false_negatives import Cause, FalseNegatives
from vervet.audit.false_positives import FalsePositives
from vervet.audit.labels import Suspects
from vervet.report.audit_document import Point, Points
from vervet.report.audit_flaky_words import Meaning
from vervet.report.audit_texts import listed, short
from vervet.report.words import plural

__all__ = ["CAUSES", "next_steps"]

CAUSES: Mapping[Cause, Meaning] = {
    Cause.SEVERAL_OUTPUTS: Meaning(
        "references disagree with each other on an input: it has more than one right output",
        "write a checker that accepts every right output, or drop the problem",
    ),
    Cause.INPUT_VIOLATES: Meaning(
        "most references crash on an input while they pass others: it may break the "
        "specification's promises",
        "mend the input, or drop that check",
    ),
    Cause.TIME_LIMIT: Meaning(
        "right, but not within the limit of time on this host",
        "raise the limit, or set it by the time that the references take here",
    ),
    Cause.MEMORY: Meaning("needs more memory than the limit", "raise the limit of memory"),
    Cause.CHECKER_STRICT: Meaning(
        "the output is the expected one but for spaces, case, order or the last digits",
        "compare by words, by numbers within a tolerance, or without order",
    ),
    Cause.BROKEN_REFERENCE: Meaning(
        "it fails everything, or where all the others pass: the tests are not to blame",
        "mend or drop the reference; the problem may stay",
    ),
    Cause.FLAKY: Meaning(
        "a second attempt under equal conditions ended otherwise",
        "vervet audit flaky says which check flips, and why",
    ),
    Cause.WRONG_LABEL: Meaning(
        "the expected output or answer itself is wrong: what is right agrees against it",
        "correct the expected output, or drop the problem",
    ),
    Cause.UNEXPLAINED: Meaning(
        "nothing of this can be told apart from what is known",
        "read both sides below; a second reference would tell",
    ),
}
ABOUT_TESTS = frozenset(
    {
        Cause.SEVERAL_OUTPUTS,
        Cause.INPUT_VIOLATES,
        Cause.CHECKER_STRICT,
        Cause.WRONG_LABEL,
    }
)
ABOUT_LIMITS = frozenset({Cause.TIME_LIMIT, Cause.MEMORY})


def next_steps(
    result: FalseNegatives, positives: FalsePositives | None, suspects: Suspects | None
) -> Points:
    """What to mend, drop or look at: problems by name."""
    points = [*_negatives(result), *_positives(positives), *_labels(suspects)]
    if not points and not result.references:
        points = [Point("Add references:", "vervet references import reads known-correct ones.")]
    if not points:
        points = [Point("Nothing failed:", "the tests accept what is known to be correct.")]
    return Points(points)


def _negatives(result: FalseNegatives) -> Iterator[Point]:
    by_tests = _with(result, ABOUT_TESTS)
    limits = _with(result, ABOUT_LIMITS)
    flaky = _with(result, {Cause.FLAKY})
    broken = _with(result, {Cause.BROKEN_REFERENCE})
    unexplained = _with(result, {Cause.UNEXPLAINED})
    if by_tests:
        yield Point(
            "Fix or drop:",
            f"the tests of {listed(by_tests)} refuse right solutions. Until they are mended, give "
            "results without these problems beside those with them.",
        )
    if limits:
        yield Point(
            "Widen the limits:",
            f"references of {listed(limits)} are right but too slow or too large here.",
        )
    if flaky:
        yield Point("Repeat:", f"references of {listed(flaky)} flip; vervet audit flaky says why.")
    if broken:
        yield Point(
            "Mend the references:",
            f"those of {listed(broken)} are broken, which says nothing against the tests.",
        )
    if unexplained:
        yield Point("Read:", f"both sides of {listed(unexplained)}; no rule could tell them apart.")
    if result.unverified:
        yield Point(
            "Mend the host:",
            f"{plural(result.unverified, 'reference')} could not be verified; the same command "
            "goes on where this one ended.",
        )


def _positives(positives: FalsePositives | None) -> Iterator[Point]:
    if positives is None:
        return
    if positives.surely_weak:
        yield Point(
            "Add tests:",
            f"what is wrong without doubt passes those of {listed(positives.surely_weak)}.",
        )
    by_mutants = [
        score.problem
        for score in positives.scores
        if score.killed < score.mutants and not score.surely_weak
    ]
    if by_mutants:
        yield Point(
            "Read the mutants:",
            f"of {listed(by_mutants)}: each that changes what the program does needs a test, and "
            "one that changes nothing needs none.",
        )


def _labels(suspects: Suspects | None) -> Iterator[Point]:
    likely = [each for each in suspects.ranked if each.odds > 0] if suspects else []
    if likely:
        first = likely[0]
        instead = f", {short(first.other, 40)} instead of" if first.other else ": is it"
        yield Point(
            "Work out by hand:",
            f"the labels of {listed([each.problem for each in likely])}, the most suspicious "
            f"first{instead} {short(first.label, 40)}?",
        )


def _with(result: FalseNegatives, causes: frozenset[Cause] | set[Cause]) -> list[str]:
    return [each.problem for each in result.problems if causes & each.causes.keys()]
