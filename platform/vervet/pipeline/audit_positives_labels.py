"""The search for wrong labels among the problems of an answer suite, from what runs have recorded.

Reads only, and samples and verifies nothing: `audit.labels` says what the answers mean.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from vervet.audit.labels import Labelled, Suspects, suspects
from vervet.core.errors import ProblemError
from vervet.core.values import Problem
from vervet.pipeline.references import KNOWN_WRONG, REFERENCES
from vervet.store.database import Database
from vervet.store.rejudging import load_solutions
from vervet.store.runs import Run, list_runs
from vervet.store.schema import problems
from vervet.store.scores import AnswerCount, answer_counts
from vervet.store.suites import load_suite

__all__ = ["suspects_of_suite"]

KIND = "answer"
"""The kind of problem that has a label."""


def suspects_of_suite(
    database: Database, suite_id: int, runs: Sequence[Run] | None = None
) -> Suspects:
    """Rank the suite's labels by what speaks against them, from candidates of recorded runs.

    Of all runs on the same problems, whatever their suites are called, if none are given. Runs of
    one model are one voter. Answers are equal where a run's own comparison says so, or where they
    are one text; those equal to the label are what passes. Without runs only the labels' own
    worked answers speak. Raises `ProblemError` if no problem has a label.
    """
    with database.read() as conn:
        suite = load_suite(conn, suite_id)
        labelled = [problem for problem in suite.problems if problem.kind == KIND]
        if not labelled:
            raise ProblemError(f"no problem of suite {suite.name!r} has a label to be suspected")
        given = _given(conn, labelled, _sampled(conn) if runs is None else runs)
    return suspects([_labelled(problem, given[problem.digest]) for problem in labelled])


def _labelled(problem: Problem, answers: _Answers) -> Labelled:
    return Labelled(
        problem=problem.id,
        label=str(problem.spec["answer"]),
        question=problem.prompt,
        worked=problem.references[0] if problem.references else "",
        label_class=answers.label_class,
        answers=answers.by_model,
        texts=answers.texts,
    )


class _Answers:
    """The answers to one problem by model, in classes that hold over all runs."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._passed: list[str] = []

    def add(self, model: str, text: str, equal: str, each: AnswerCount) -> None:
        """Take in a solution, found equal to another by its own run."""
        self._join(text, equal)
        self._counts[model][text] += each.count
        if each.passed:
            self._passed.append(text)
            self._join(text, self._passed[0])

    @property
    def texts(self) -> dict[int, str]:
        """An answer of each class."""
        roots = dict.fromkeys(self._root(text) for text in self._parent)
        return dict(enumerate(roots))

    @property
    def label_class(self) -> int | None:
        """The class of what passes; None if nothing does."""
        return self._classes[self._root(self._passed[0])] if self._passed else None

    @property
    def by_model(self) -> dict[str, Counter[int]]:
        """How often each model gave each class."""
        classes = self._classes
        found: dict[str, Counter[int]] = defaultdict(Counter)
        for model, counts in self._counts.items():
            for text, count in counts.items():
                found[model][classes[self._root(text)]] += count
        return dict(found)

    @property
    def _classes(self) -> Mapping[str, int]:
        return {text: at for at, text in self.texts.items()}

    def _root(self, each: str) -> str:
        while (above := self._parent.setdefault(each, each)) != each:
            each = above
        return each

    def _join(self, one: str, other: str) -> None:
        self._parent[self._root(one)] = self._root(other)


def _sampled(conn: Connection) -> Iterator[Run]:
    """The runs whose candidates a model sampled."""
    known = (REFERENCES, KNOWN_WRONG)
    return (run for run in list_runs(conn) if run.generator.engine not in known)


def _given(
    conn: Connection, labelled: Sequence[Problem], runs: Iterator[Run] | Sequence[Run]
) -> Mapping[str, _Answers]:
    """The answers to each problem, by the problem's digest."""
    found = {problem.digest: _Answers() for problem in labelled}
    for run in runs:
        digests = _digests(conn, run)
        if found.keys().isdisjoint(digests.values()):
            continue
        counts = [each for each in answer_counts(conn, run.id) if digests[each.problem] in found]
        rows = {row for each in counts for row in (each.solution_id, each.answer_class)}
        texts = load_solutions(conn, sorted(rows))
        for each in counts:
            text, equal = (texts[row].text for row in (each.solution_id, each.answer_class))
            found[digests[each.problem]].add(run.generator.model, text, equal, each)
    return found


def _digests(conn: Connection, run: Run) -> dict[str, str]:
    """Digests of the problems of a run's suite by their own ids."""
    query = select(problems.c.name, problems.c.digest).where(problems.c.suite_id == run.suite_id)
    return dict(conn.execute(query).all())
