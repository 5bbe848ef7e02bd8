"""What selectors see of a problem: answer classes, verdicts, scores, generated tests.

Owns the refusals of what no selector could use; never reads an answer's text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vervet.analysis.counts import FloatArray, IntArray
from vervet.core.errors import AnalysisError

__all__ = ["NO_ANSWER", "Answers", "BoolArray", "ClassTally", "smallest_n", "tally"]

BoolArray = npt.NDArray[np.bool_]
NO_ANSWER = -1
"""The class of a candidate that gives no answer: it abstains from every vote."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The candidates of one problem; all arrays have a row for each, in any order.

    `correct`: whether the verdict counts as passed, shape (n,). `classes`: the answer's class,
    a whole number that equal answers share, `NO_ANSWER` for none, shape (n,). `scores`: values
    by scorer, shape (n,) each, NaN where a candidate has none. `tests`: which generated tests it
    passed, shape (n, tests); None where none were run.
    Raises `AnalysisError` for shapes that differ and for classes below `NO_ANSWER`.
    """

    correct: BoolArray
    classes: IntArray
    scores: Mapping[str, FloatArray] = field(default_factory=dict)
    tests: BoolArray | None = None
    name: str = ""

    def __post_init__(self) -> None:
        n = self.correct.shape
        if len(n) != 1 or n[0] == 0:
            raise AnalysisError(
                f"problem {self.name!r} has no candidates to select from",
                hint="Sample at least one candidate for every problem.",
            )
        if self.classes.shape != n:
            raise AnalysisError(
                f"problem {self.name!r} has {n[0]} verdicts and {self.classes.size} answer classes"
            )
        if self.classes.min() < NO_ANSWER:
            raise AnalysisError(
                f"an answer class of problem {self.name!r} is {self.classes.min()}",
                hint=f"Classes are counted from 0 on; {NO_ANSWER} stands for no answer.",
            )
        for scorer, values in self.scores.items():
            if values.shape != n:
                raise AnalysisError(
                    f"problem {self.name!r} has {n[0]} candidates and {values.size} "
                    f"scores of {scorer!r}"
                )
        if self.tests is not None and (self.tests.ndim != 2 or len(self.tests) != n[0]):
            raise AnalysisError(
                f"the generated tests of problem {self.name!r} have shape {self.tests.shape}, "
                f"not ({n[0]}, tests)"
            )

    @property
    def n(self) -> int:
        """How many candidates there are."""
        return int(self.correct.size)

    @property
    def c(self) -> int:
        """How many of them are correct."""
        return int(self.correct.sum())

    def scores_of(self, scorer: str) -> FloatArray:
        """The scores by one scorer. Raises `AnalysisError` where one is missing or infinite."""
        if scorer not in self.scores:
            raise AnalysisError(
                f"problem {self.name!r} has no scores of {scorer!r}",
                hint=f"There are scores of: {', '.join(sorted(self.scores)) or 'no scorer'}.",
            )
        values = self.scores[scorer]
        broken = int((~np.isfinite(values)).sum())
        if broken:
            raise AnalysisError(
                f"{broken} of {self.n} candidates of problem {self.name!r} have no finite "
                f"score of {scorer!r}",
                hint="Score every candidate, or leave this scorer out.",
            )
        return values


@dataclass(frozen=True, slots=True, eq=False)
class ClassTally:
    """Candidates by class, those without an answer apart; arrays of shape (classes,).

    `right` is the share of correct candidates in each class. A vote answers with a member of
    the winning class, each as likely, so this is the chance that the answer is correct; it is
    0 or 1 unless the verifier judged equal answers differently (then the class is `mixed`).
    """

    size: IntArray
    right: FloatArray
    abstaining: int

    @property
    def mixed(self) -> int:
        """Classes that hold correct and incorrect candidates."""
        return int(((self.right > 0.0) & (self.right < 1.0)).sum())


def tally(answers: Answers) -> ClassTally:
    """Counts the candidates of each class of a problem."""
    answered = answers.classes != NO_ANSWER
    _, place = np.unique(answers.classes[answered], return_inverse=True)
    size = np.bincount(place)
    passed = np.bincount(place, weights=answers.correct[answered])
    return ClassTally(
        size=size.astype(np.int64),
        right=passed / size if size.size else np.zeros(0),
        abstaining=int((~answered).sum()),
    )


def smallest_n(problems: Sequence[Answers]) -> int:
    """The candidates that every problem has. Raises `AnalysisError` for no problems."""
    if not problems:
        raise AnalysisError(
            "there are no problems to select answers for",
            hint="Sample at least one candidate for at least one problem.",
        )
    return min(answers.n for answers in problems)
