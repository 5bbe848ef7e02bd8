"""Which rows of each table and view belong to some runs: what a copy of these runs must hold.

Everything that a chosen row refers to is chosen, so that a copy's references hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, Select, case, func, null, or_, select, union

from vervet.store.schema import (
    answer_classes,
    attempts,
    audit_items,
    audits,
    batch_items,
    batches,
    blobs,
    candidates,
    checks,
    metadata,
    problems,
    reference_solutions,
    run_counters,
    runs,
    scores,
    solutions,
    suites,
    verdicts,
)

__all__ = ["chosen_rows", "chosen_view_rows"]

Choice = dict[FromClause, ColumnElement[bool]]


def chosen_rows(run_ids: Sequence[int]) -> dict[str, Select[tuple[object, ...]]]:
    """One query for each table, in an order in which no row comes before one it refers to.

    Without `run_ids` all rows. An attempt whose batch belongs to a run that was left out names
    no batch.
    """
    choice = _choice(run_ids) if run_ids else {}
    queries = {}
    for table in metadata.sorted_tables:
        query = select(*table.c)
        if run_ids and table is attempts:
            query = select(*(_batch(run_ids) if c.name == "batch_id" else c for c in table.c))
        if table in choice:
            query = query.where(choice[table])
        queries[table.name] = query.order_by(*table.primary_key)
    return queries


def chosen_view_rows(view: FromClause, run_ids: Sequence[int]) -> Select[tuple[object, ...]]:
    """The rows of a view (with its columns) that are about these runs, or what they sampled.

    All without `run_ids`, and where no column tells.
    """
    query: Select[tuple[object, ...]] = select(*view.c)
    if not run_ids:
        return query
    if "run_id" in view.c:
        return query.where(view.c.run_id.in_(run_ids))
    if "run" in view.c:
        return query.where(view.c.run.in_(select(runs.c.name).where(runs.c.id.in_(run_ids))))
    if "solution_id" in view.c:
        return query.where(view.c.solution_id.in_(_solutions(run_ids)))
    return query


def _solutions(run_ids: Sequence[int]) -> Select[tuple[int]]:
    return select(candidates.c.solution_id).where(candidates.c.run_id.in_(run_ids))


def _batches(run_ids: Sequence[int]) -> Select[tuple[str]]:
    return select(batches.c.id).where(batches.c.run_id.in_(run_ids))


def _batch(run_ids: Sequence[int]) -> ColumnElement[str | None]:
    within = attempts.c.batch_id.in_(_batches(run_ids))
    return case((within, attempts.c.batch_id), else_=null()).label("batch_id")


def _choice(run_ids: Sequence[int]) -> Choice:
    of_runs = [runs.c.id, run_counters.c.run_id, candidates.c.run_id, batches.c.run_id]
    choice: Choice = {each.table: each.in_(run_ids) for each in of_runs}
    suite_ids = select(runs.c.suite_id).where(choice[runs])
    choice[suites] = suites.c.id.in_(suite_ids)
    choice[problems] = problems.c.suite_id.in_(suite_ids)
    problem_ids = select(problems.c.id).where(choice[problems])
    choice[reference_solutions] = reference_solutions.c.problem_id.in_(problem_ids)
    solution_ids = _solutions(run_ids)
    choice[solutions] = solutions.c.id.in_(solution_ids)
    choice[verdicts] = verdicts.c.solution_id.in_(solution_ids)
    choice[attempts] = attempts.c.solution_id.in_(solution_ids)
    attempt_ids = select(attempts.c.id).where(choice[attempts])
    choice[checks] = checks.c.attempt_id.in_(attempt_ids)
    choice[batch_items] = batch_items.c.batch_id.in_(_batches(run_ids))
    choice[batch_items] &= batch_items.c.solution_id.in_(solution_ids)
    choice[answer_classes] = answer_classes.c.run_id.in_(run_ids)
    choice[scores] = scores.c.candidate_id.in_(select(candidates.c.id).where(choice[candidates]))
    return choice | _audits(run_ids, problem_ids, solution_ids, attempt_ids) | _blobs(choice)


def _audits(
    run_ids: Sequence[int],
    problem_ids: Select[tuple[int]],
    solution_ids: Select[tuple[int]],
    attempt_ids: Select[tuple[int]],
) -> Choice:
    item = audit_items.c
    within: ColumnElement[bool] = item.problem_id.in_(problem_ids)
    within &= or_(item.solution_id.is_(None), item.solution_id.in_(solution_ids))
    for attempt in (item.attempt_id, item.against_attempt_id):
        within &= or_(attempt.is_(None), attempt.in_(attempt_ids))
    of_none = audits.c.run_id.is_(None) & audits.c.id.in_(select(item.audit_id).where(within))
    chosen = or_(audits.c.run_id.in_(run_ids), of_none)
    items = within & item.audit_id.in_(select(audits.c.id).where(chosen))
    return {audits: chosen, audit_items: items}


def _blobs(choice: Choice) -> Choice:
    digests = [
        candidates.c.completion_digest,
        solutions.c.text_digest,
        reference_solutions.c.completion_digest,
        checks.c.expected_digest,
        checks.c.actual_digest,
    ]
    named = union(
        *(select(each).where(choice[each.table], each.is_not(None)) for each in digests)
    ).subquery()
    return {blobs: blobs.c.digest.in_(select(func.coalesce(named.c[0], "")))}
