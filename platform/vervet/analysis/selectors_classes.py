"""Answer classes: the connected components of an equivalence that need not be transitive.

Counts where it is not; never compares two answers itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vervet.analysis.counts import IntArray
from vervet.core.errors import AnalysisError

__all__ = ["AnswerClasses", "answer_classes"]


@dataclass(frozen=True, slots=True, eq=False)
class AnswerClasses:
    """The class of each answer, shape (answers,), and the pairs that speak against it.

    `ids` are the places of the first answer of each class. `conflicts` are pairs that a checker
    told apart although a chain of equal answers joins them.
    """

    ids: IntArray
    conflicts: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """How many classes there are."""
        return int(np.unique(self.ids).size)

    def conflicts_of(self) -> IntArray:
        """How many conflicts each answer takes part in, shape (answers,)."""
        places = np.array([place for pair in self.conflicts for place in pair], dtype=np.int64)
        return np.bincount(places, minlength=self.ids.size).astype(np.int64)


def answer_classes(
    answers: int, equal: Iterable[tuple[int, int]], different: Iterable[tuple[int, int]] = ()
) -> AnswerClasses:
    """Joins answers 0 to `answers` - 1 by the pairs that are `equal`.

    `different` are the pairs that were compared and told apart; those not named in either were
    not compared. Raises `AnalysisError` for a place that is not there.
    """
    joined = np.array(sorted(set(equal)), dtype=np.int64).reshape(-1, 2)
    if joined.size and (joined.min() < 0 or joined.max() >= answers):
        raise AnalysisError(f"a pair names answer {joined.max()}, and there are {answers}")
    if answers == 0:
        return AnswerClasses(np.zeros(0, dtype=np.int64), ())
    edges = coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), (answers, answers))
    _, component = connected_components(edges, directed=False)
    _, first, place = np.unique(component, return_index=True, return_inverse=True)
    ids = first[place].astype(np.int64)
    apart = sorted({(min(pair), max(pair)) for pair in different})
    return AnswerClasses(ids, tuple((a, b) for a, b in apart if ids[a] == ids[b]))
