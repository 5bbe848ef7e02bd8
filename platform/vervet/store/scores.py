"""Scores of candidates, and classes of equal answers: what selectors choose by.

A score that is there is never changed; classes are written anew whenever answers are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Integer, column, delete, exists, func, insert, select, table
from sqlalchemy.types import JSON

from vervet.core.digests import digest_json
from vervet.core.errors import StoreError
from vervet.core.values import Solution
from vervet.store.blobs import load_texts
from vervet.store.rows import chunks, clock, insert_new
from vervet.store.schema import answer_classes, candidates, problems, scores, solutions

__all__ = [
    "PASSED_TESTS",
    "AnswerCount",
    "ClassedAnswer",
    "Score",
    "SelectorInput",
    "add_scores",
    "answer_counts",
    "answers_to_compare",
    "save_classes",
    "selector_inputs",
]

PASSED_TESTS = "passed_tests"
"""The key in a score's detail under which generated tests stand: a list of 0 and 1, by test."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one scorer says of one candidate; more is better.

    `detail` is JSON: for generated tests, `PASSED_TESTS` lists which of them the candidate
    passed.
    """

    candidate_id: int
    value: float
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassedAnswer:
    """A solution with the class it shares with its equals; see the view `v_selector_inputs`."""

    solution_id: int
    class_id: int
    conflicts: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class SelectorInput:
    """One row of `v_selector_inputs`: a candidate with one of its scores, or with none."""

    problem: str
    kind: str
    labels: Mapping[str, Any]
    candidate_id: int
    ordinal: int
    solution_id: int
    answer_class: int | None
    compared: bool
    conflicts: int
    undecided: int
    passed: bool
    unsettled: bool
    mean_logprob: float | None
    scorer: str | None
    score: float | None
    detail: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How often a run sampled one solution of a problem, by the problem's own id."""

    problem: str
    solution_id: int
    answer_class: int
    passed: bool
    count: int


_DOCUMENTS = ("labels", "detail")
_VIEW = table(
    "v_selector_inputs",
    column("run_id", Integer),
    column("position", Integer),
    *(column(name) for name in SelectorInput.__slots__ if name not in _DOCUMENTS),
    *(column(name, JSON) for name in _DOCUMENTS),
)


def add_scores(
    conn: Connection, scorer: str, values: Sequence[Score], settings: Mapping[str, Any]
) -> None:
    """Write what `scorer`, with these `settings`, says of candidates.

    Scores that are there already stay. Raises `StoreError` for a score that is not a number.
    """
    for score in values:
        if not math.isfinite(score.value):
            raise StoreError(
                f"the score of candidate {score.candidate_id} by {scorer!r} is {score.value}",
                hint="Leave out the candidates that the scorer could not score.",
            )
    digest = digest_json({"scorer": scorer, **settings})
    now = clock(conn)
    rows = [
        {
            "candidate_id": score.candidate_id,
            "scorer_digest": digest,
            "scorer": scorer,
            "value": score.value,
            "detail": dict(score.detail),
            "created_at": now,
        }
        for score in sorted(values, key=lambda score: score.candidate_id)
    ]
    insert_new(conn, scores, rows)


def selector_inputs(conn: Connection, run_id: int) -> list[SelectorInput]:
    """All rows of a run from the view, problem by problem, candidates in their order."""
    query = (
        select(*(_VIEW.c[name] for name in SelectorInput.__slots__))
        .where(_VIEW.c.run_id == run_id)
        .order_by(_VIEW.c.position, _VIEW.c.ordinal, _VIEW.c.scorer)
    )
    found = []
    for row in conn.execute(query).mappings():
        words = {name: bool(row[name]) for name in ("compared", "passed", "unsettled")}
        found.append(SelectorInput(**{**row, **words}))
    return found


def answer_counts(conn: Connection, run_id: int) -> list[AnswerCount]:
    """Every solution of a run in which something was found, counted, from the same view."""
    of = ("problem", "solution_id", "answer_class", "passed")
    query = (
        select(*(_VIEW.c[name] for name in of), func.count(_VIEW.c.candidate_id.distinct()))
        .where(_VIEW.c.run_id == run_id, _VIEW.c.answer_class.is_not(None))
        .group_by(_VIEW.c.position, *(_VIEW.c[name] for name in of))
        .order_by(_VIEW.c.position, _VIEW.c.solution_id)
    )
    return [
        AnswerCount(row[0], row[1], row[2], bool(row[3]), row[4]) for row in conn.execute(query)
    ]


def answers_to_compare(
    conn: Connection, run_id: int, kind: str, *, anew: bool = False
) -> dict[int, dict[int, Solution]]:
    """Solutions of a run by problem and solution id, the most frequent first.

    Of problems of that kind that lack a class, or of all of them (`anew`), and without those in
    which nothing was found. A problem comes whole: one new solution may join two old classes.
    """
    sampled = (
        select(candidates.c.problem_id, candidates.c.solution_id, func.count().label("times"))
        .where(candidates.c.run_id == run_id)
        .group_by(candidates.c.problem_id, candidates.c.solution_id)
        .subquery()
    )
    classed = exists().where(
        answer_classes.c.run_id == run_id, answer_classes.c.solution_id == sampled.c.solution_id
    )
    query = (
        select(
            sampled.c.problem_id,
            solutions.c.id,
            solutions.c.kind,
            solutions.c.text_digest,
            classed.label("classed"),
        )
        .join(solutions, solutions.c.id == sampled.c.solution_id)
        .join(problems, problems.c.id == sampled.c.problem_id)
        .where(problems.c.kind == kind, solutions.c.malformed == "")
        .order_by(problems.c.position, sampled.c.times.desc(), solutions.c.id)
    )
    rows = conn.execute(query).all()
    lacking = {row.problem_id for row in rows if anew or not row.classed}
    wanted = [row for row in rows if row.problem_id in lacking]
    texts = load_texts(conn, {row.text_digest for row in wanted})
    found: dict[int, dict[int, Solution]] = {}
    for row in wanted:
        solution = Solution(row.kind, texts[row.text_digest])
        found.setdefault(row.problem_id, {})[row.id] = solution
    return found


def save_classes(conn: Connection, run_id: int, classed: Sequence[ClassedAnswer]) -> None:
    """Write the classes of solutions of a run, in place of those that are there."""
    now = clock(conn)
    for some in chunks([answer.solution_id for answer in classed]):
        conn.execute(
            delete(answer_classes).where(
                answer_classes.c.run_id == run_id, answer_classes.c.solution_id.in_(some)
            )
        )
    rows = [
        {
            "run_id": run_id,
            "solution_id": answer.solution_id,
            "class_id": answer.class_id,
            "conflicts": answer.conflicts,
            "undecided": answer.undecided,
            "compared_at": now,
        }
        for answer in classed
    ]
    if rows:
        conn.execute(insert(answer_classes), rows)
