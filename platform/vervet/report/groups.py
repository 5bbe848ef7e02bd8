"""The problems of a run, parted by label: one curve each, with and without doubted passes.

Never mixes labels, and never hides a problem: those without candidates are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vervet.analysis.counts import IntArray
from vervet.analysis.scaling import DEFAULT, FitPreset
from vervet.core.errors import AnalysisError, UnknownNameError
from vervet.report.curves import Curve, curve_of
from vervet.report.words import plural

__all__ = ["NO_LABEL", "Group", "Groups", "ProblemResult", "groups_of"]

NO_LABEL = "no label"
"""What stands for the empty label where problems have different ones."""


@dataclass(frozen=True, slots=True)
class ProblemResult:
    """What became of the candidates of one problem.

    `n` counts all candidates, `passed` those that passed without a flag that takes a pass out
    of coverage, `doubted` those that passed with one (flagged, beside, unsafe), `unsettled`
    those without a verdict. `label` names the stratum, as in "held-out" or "easy".
    """

    name: str
    n: int
    passed: int
    doubted: int = 0
    unsettled: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The problems of one label that have candidates; arrays of shape (problems,).

    `c` are the passes that its `curve` counts. `counting` is the curve with doubted passes
    counted too, None where there are none. `only_doubted` says that no pass is free of doubt:
    then `c` and `curve` count the doubted ones, and say so in their label.
    """

    label: str
    names: tuple[str, ...]
    n: IntArray
    c: IntArray
    curve: Curve
    counting: Curve | None
    only_doubted: bool

    @property
    def never_solved(self) -> int:
        """Problems of which no candidate passed."""
        return int((self.c == 0).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """All groups, the main one first, and how many problems have no candidate yet."""

    groups: tuple[Group, ...]
    without_candidates: int

    @property
    def main(self) -> Group | None:
        """The group that the figures are about; None where nothing was sampled."""
        return self.groups[0] if self.groups else None

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves to draw together: the main one, with its doubted passes, the others."""
        if self.main is None:
            return ()
        counting = () if self.main.counting is None else (self.main.counting,)
        return (self.main.curve, *counting, *(group.curve for group in self.groups[1:]))


def groups_of(
    problems: Sequence[ProblemResult],
    main_label: str | None = None,
    preset: FitPreset = DEFAULT,
) -> Groups:
    """Parts problems by label, `main_label` first, else in order of appearance.

    Raises `UnknownNameError` for a label that no problem has and `AnalysisError` for counts
    that cannot be.
    """
    repeated = [name for name, times in Counter(p.name for p in problems).items() if times > 1]
    if repeated:
        raise AnalysisError(
            f"problem {repeated[0]!r} occurs more than once", hint="Count each problem once."
        )
    labels = list(dict.fromkeys(problem.label for problem in problems))
    if main_label is not None:
        if main_label not in labels:
            raise UnknownNameError("label", main_label, labels)
        labels.sort(key=lambda label: label != main_label)
    sampled = [problem for problem in problems if problem.n != 0]
    parted = [[problem for problem in sampled if problem.label == label] for label in labels]
    return Groups(
        groups=tuple(_group(part, preset, alone=len(labels) == 1) for part in parted if part),
        without_candidates=len(problems) - len(sampled),
    )


def _group(problems: Sequence[ProblemResult], preset: FitPreset, *, alone: bool) -> Group:
    names = tuple(problem.name for problem in problems)
    label = problems[0].label
    n = np.array([problem.n for problem in problems])
    passed = np.array([problem.passed for problem in problems])
    doubted = np.array([problem.doubted for problem in problems])
    unsettled = np.array([problem.unsettled for problem in problems])
    shown = label or ("coverage" if alone else NO_LABEL)
    said = f"{shown} ({plural(len(names), 'problem')})"
    counting = None
    if doubted.any():
        counting = curve_of(
            f"{said}, counting doubted passes",
            n,
            passed + doubted,
            unsettled=unsettled,
            preset=preset,
            names=names,
        )
    if counting is not None and not passed.any():
        c = passed + doubted
        return Group(label, names, n, c, counting, counting=None, only_doubted=True)
    curve = curve_of(said, n, passed, unsettled=unsettled, preset=preset, names=names)
    return Group(label, names, n, passed, curve, counting, only_doubted=False)
