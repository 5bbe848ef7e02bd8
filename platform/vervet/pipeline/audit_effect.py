"""What an audit's findings do to the runs that are recorded: their coverage, counted both ways.

Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from vervet.audit.effect import RunEffect, effect, usual_ks
from vervet.pipeline.references import KNOWN_WRONG, REFERENCES
from vervet.store.reads import coverage_counts
from vervet.store.runs import Run, list_runs
from vervet.store.settled import settled_counts

__all__ = ["effects_on", "runs_of_suite"]


def runs_of_suite(conn: Connection, suite_id: int) -> list[Run]:
    """The runs that sampled this suite, the newest first; those of known solutions left out."""
    return [
        run
        for run in list_runs(conn)
        if run.suite_id == suite_id and run.generator.engine not in (REFERENCES, KNOWN_WRONG)
    ]


def effects_on(
    conn: Connection, runs: Sequence[Run], affected: Collection[str], *, settled: bool = False
) -> list[RunEffect]:
    """The effect of `affected` problems, by their own ids, on each run that has candidates.

    With `settled` also as the majorities of an audit have it.
    """
    found: list[RunEffect] = []
    for run in runs:
        counts = [each for each in coverage_counts(conn, run.id) if each.n]
        if not counts:
            continue
        passes = settled_counts(conn, run) if settled else {}
        n = [each.n for each in counts]
        made = effect(
            n,
            [each.passed for each in counts],
            [each.problem in affected for each in counts],
            usual_ks(n),
            settled=[passes.get(each.problem, 0) for each in counts] if settled else None,
            names=[each.problem for each in counts],
        )
        found.append(RunEffect(run.name, made))
    return found
