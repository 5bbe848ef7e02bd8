"""What problems that an audit found fault with do to the runs recorded on them. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from vervet.audit.effect import RunEffect
from vervet.core.values import Suite
from vervet.pipeline.audit_effect import effects_on
from vervet.pipeline.references import KNOWN_WRONG, REFERENCES
from vervet.store.runs import Run, list_runs
from vervet.store.schema import problems

__all__ = ["effects_of"]


def effects_of(conn: Connection, suite: Suite, affected: Collection[str]) -> tuple[RunEffect, ...]:
    """The effect of `affected` problems on every run that sampled the suite's, the newest first.

    A problem of another suite is the same where its digest is.
    """
    digests = {problem.id: problem.digest for problem in suite.problems}
    known, wrong = set(digests.values()), {digests[name] for name in affected}
    return tuple(_effects(conn, known, wrong))


def _effects(conn: Connection, known: set[str], wrong: set[str]) -> Iterator[RunEffect]:
    for run in list_runs(conn):
        if run.generator.engine in (REFERENCES, KNOWN_WRONG):
            continue
        digests = _digests(conn, run)
        if not known.isdisjoint(digests.values()):
            affected = {name for name, digest in digests.items() if digest in wrong}
            yield from effects_on(conn, [run], affected)


def _digests(conn: Connection, run: Run) -> dict[str, str]:
    """Digests of the problems of a run's suite by their own ids."""
    query = select(problems.c.name, problems.c.digest).where(problems.c.suite_id == run.suite_id)
    return dict(conn.execute(query).all())
