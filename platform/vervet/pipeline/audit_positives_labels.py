"""The search for wrong labels among the answer suites' problems, from what runs have recorded.

Reads only, and samples and verifies nothing: `audit.labels` says what the answers mean.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from vervet.audit.labels import Labelled, Suspects, suspects
from vervet.core.errors import ProblemError
from vervet.pipeline.audit_effect import runs_of_suite
from vervet.store.database import Database
from vervet.store.rejudging import load_solutions
from vervet.store.runs import Run
from vervet.store.scores import AnswerCount, answer_counts
from vervet.store.suites import load_suite

__all__ = ["suspects_of_suite"]

KIND = "answer"
"""The kind of problem that has a label."""


def suspects_of_suite(
    database: Database, suite_id: int, runs: Sequence[Run] | None = None
) -> Suspects:
    """Rank the suite's labels by what speaks against them, from candidates of all its runs.

    Runs of one model are one voter. Answers are equal where a run's own comparison says so, or
    where they are one solution; those equal to the label are what passes. Without runs only the
    labels' own worked answers speak. Raises `ProblemError` if no problem has a label.
    """
    with database.read() as conn:
        suite = load_suite(conn, suite_id)
        labelled = [problem for problem in suite.problems if problem.kind == KIND]
        if not labelled:
            raise ProblemError(f"no problem of suite {suite.name!r} has a label to be suspected")
        some = runs_of_suite(conn, suite_id) if runs is None else runs
        given = _given(conn, some)
    found = []
    for problem in labelled:
        answers = given.get(problem.id, _Answers())
        found.append(
            Labelled(
                problem=problem.id,
                label=str(problem.spec["answer"]),
                question=problem.prompt,
                worked=problem.references[0] if problem.references else "",
                label_class=answers.label_class,
                answers=answers.by_model,
                texts=answers.texts,
            )
        )
    return suspects(found)


class _Answers:
    """The answers to one problem by model, in classes that hold over all runs."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._counts: dict[str, Counter[int]] = defaultdict(Counter)
        self._passed: set[int] = set()
        self.texts: dict[int, str] = {}

    def add(self, model: str, each: AnswerCount) -> None:
        """Take in a solution, equal to the one after which its class is named."""
        self._join(each.solution_id, each.answer_class)
        self._counts[model][each.solution_id] += each.count
        if each.passed:
            if self._passed:
                self._join(each.solution_id, next(iter(self._passed)))
            self._passed.add(each.solution_id)

    @property
    def solutions(self) -> set[int]:
        """Rows of the solutions after which the classes are named."""
        return {self._root(each) for each in self._parent}

    @property
    def label_class(self) -> int | None:
        """The class of what passes; None if nothing does."""
        return self._root(next(iter(self._passed))) if self._passed else None

    @property
    def by_model(self) -> dict[str, Counter[int]]:
        """How often each model gave each class."""
        found: dict[str, Counter[int]] = {}
        for model, counts in self._counts.items():
            classes: Counter[int] = Counter()
            for solution, count in counts.items():
                classes[self._root(solution)] += count
            found[model] = classes
        return found

    def _root(self, each: int) -> int:
        while (above := self._parent.setdefault(each, each)) != each:
            each = above
        return each

    def _join(self, one: int, other: int) -> None:
        low, high = sorted((self._root(one), self._root(other)))
        self._parent[high] = low


def _given(conn: Connection, runs: Sequence[Run]) -> dict[str, _Answers]:
    """The answers to each problem, by the problem's own id."""
    found: dict[str, _Answers] = defaultdict(_Answers)
    for run in runs:
        for each in answer_counts(conn, run.id):
            found[each.problem].add(run.generator.model, each)
    roots = {answers: answers.solutions for answers in found.values()}
    texts = load_solutions(conn, sorted({row for rows in roots.values() for row in rows}))
    for answers, rows in roots.items():
        answers.texts = {row: texts[row].text for row in rows}
    return found
