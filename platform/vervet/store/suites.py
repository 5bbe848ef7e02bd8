"""Suites and their problems: written once by digest, read back as the values they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from vervet.core.errors import ProblemError, StoreError
from vervet.core.values import Problem, Suite
from vervet.store.blobs import Blobs, load_texts
from vervet.store.rows import chunks, clock, insert_new
from vervet.store.schema import problems, reference_solutions, suites
from vervet.store.types import plain_text

__all__ = ["load_problems", "load_suite", "problem_ids", "save_suite"]


def save_suite(conn: Connection, suite: Suite) -> int:
    """The id of `suite`, written if no suite of this name and digest is there.

    References and labels, which are no part of a suite's digest, are brought up to date.
    Raises `ProblemError` for a prompt or id that no database text can hold.
    """
    for problem in suite.problems:
        _refuse_unwritable(problem)
    suite_id = _suite_id(conn, suite)
    if suite_id is None:
        suite_id = _insert_suite(conn, suite)
    else:
        _update_labels(conn, suite, suite_id)
    _save_references(conn, suite, problem_ids(conn, suite_id))
    return suite_id


def load_suite(conn: Connection, suite_id: int) -> Suite:
    """The suite as it was saved, references included. Raises `StoreError` if there is none."""
    row = conn.execute(select(suites).where(suites.c.id == suite_id)).mappings().one_or_none()
    if row is None:
        raise StoreError(f"the database holds no suite with id {suite_id}")
    query = select(problems).where(problems.c.suite_id == suite_id).order_by(problems.c.position)
    rows = conn.execute(query).mappings().all()
    references = _load_references(conn, suite_id)
    found = tuple(_problem(row, references.get(row["id"], ())) for row in rows)
    return Suite(row["name"], found, row["origin"])


def problem_ids(conn: Connection, suite_id: int) -> dict[str, int]:
    """Row ids of a suite's problems by the problems' own ids, in the suite's order."""
    query = (
        select(problems.c.name, problems.c.id)
        .where(problems.c.suite_id == suite_id)
        .order_by(problems.c.position)
    )
    return dict(conn.execute(query).all())


def load_problems(conn: Connection, row_ids: Sequence[int]) -> dict[int, Problem]:
    """Problems by row id, without their references."""
    found: dict[int, Problem] = {}
    for some in chunks(sorted(set(row_ids))):
        query = select(problems).where(problems.c.id.in_(some))
        found.update((row["id"], _problem(row, ())) for row in conn.execute(query).mappings())
    return found


def _suite_id(conn: Connection, suite: Suite) -> int | None:
    query = select(suites.c.id).where(suites.c.digest == suite.digest, suites.c.name == suite.name)
    return conn.scalar(query)


def _insert_suite(conn: Connection, suite: Suite) -> int:
    row = {
        "name": suite.name,
        "digest": suite.digest,
        "origin": plain_text(suite.origin),
        "created_at": clock(conn),
    }
    insert_new(conn, suites, [row])  # two runs may save the same suite at once
    suite_id = _suite_id(conn, suite)
    assert suite_id is not None
    rows = [_problem_row(suite_id, at, problem) for at, problem in enumerate(suite.problems)]
    insert_new(conn, problems, rows)
    return suite_id


def _problem_row(suite_id: int, position: int, problem: Problem) -> dict[str, Any]:
    return {
        "suite_id": suite_id,
        "name": problem.id,
        "position": position,
        "digest": problem.digest,
        "kind": problem.kind,
        "prompt": problem.prompt,
        "spec": dict(problem.spec),
        "stop": list(problem.stop),
        "labels": dict(problem.labels),
    }


def _update_labels(conn: Connection, suite: Suite, suite_id: int) -> None:
    query = select(problems.c.name, problems.c.labels).where(problems.c.suite_id == suite_id)
    known = dict(conn.execute(query).all())
    for problem in suite.problems:
        if known[problem.id] != dict(problem.labels):
            conn.execute(
                update(problems)
                .where(problems.c.suite_id == suite_id, problems.c.name == problem.id)
                .values(labels=dict(problem.labels))
            )


def _save_references(conn: Connection, suite: Suite, row_ids: dict[str, int]) -> None:
    blobs, rows, now = Blobs(), [], clock(conn)
    for problem in suite.problems:
        for position, text in enumerate(problem.references):
            rows.append(
                {
                    "problem_id": row_ids[problem.id],
                    "completion_digest": blobs.add_text(text),
                    "position": position,
                    "origin": "suite",
                    "created_at": now,
                }
            )
    blobs.save(conn)
    insert_new(conn, reference_solutions, rows)


def _load_references(conn: Connection, suite_id: int) -> dict[int, tuple[str, ...]]:
    query = (
        select(reference_solutions.c.problem_id, reference_solutions.c.completion_digest)
        .join(problems, problems.c.id == reference_solutions.c.problem_id)
        .where(problems.c.suite_id == suite_id, reference_solutions.c.origin == "suite")
        .order_by(reference_solutions.c.problem_id, reference_solutions.c.position)
    )
    rows = conn.execute(query).all()
    texts = load_texts(conn, {row.completion_digest for row in rows})
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row.problem_id] = (*found.get(row.problem_id, ()), texts[row.completion_digest])
    return found


def _problem(row: RowMapping, references: tuple[str, ...]) -> Problem:
    return Problem(
        id=row["name"],
        kind=row["kind"],
        prompt=row["prompt"],
        spec=row["spec"],
        stop=tuple(row["stop"]),
        labels=row["labels"],
        references=references,
    )


def _refuse_unwritable(problem: Problem) -> None:
    for what, text in (("id", problem.id), ("prompt", problem.prompt)):
        if plain_text(text) != text:
            raise ProblemError(
                f"the {what} of problem {plain_text(problem.id)!r} holds a NUL or a lone surrogate",
                hint="Remove the character: no database can hold it as text.",
            )
