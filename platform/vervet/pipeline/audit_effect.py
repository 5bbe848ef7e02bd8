"""What an audit's findings do to the runs that are recorded: their coverage, counted both ways.

Reads only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from vervet.audit.effect import RunEffect, effect, usual_ks
from vervet.audit.false_negatives import Cause
from vervet.audit.flaky import Finding
from vervet.pipeline.references import KNOWN_WRONG, REFERENCES
from vervet.store.audits import found_at
from vervet.store.reads import coverage_counts
from vervet.store.runs import Run, list_runs
from vervet.store.settled import settled_counts

__all__ = ["effect_of_audits", "effects_on", "runs_of_suite"]

FAULTS = {
    "flaky": [Finding.FLAKY.value, Finding.CONDITION_DEPENDENT.value],
    "false-negatives": [cause.value for cause in Cause if cause is not Cause.BROKEN_REFERENCE],
}
"""What an audit may find at a problem that makes its verdicts doubtful, by kind of audit."""


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


def effect_of_audits(conn: Connection, run: Run) -> RunEffect | None:
    """What all audits so far do to a run: problems with a fault, and flaky solutions settled.

    A fault is a flaky or condition-dependent solution, or a reference that fails, at the same
    problem in any run or suite. None where the run has no candidates.
    """
    affected = found_at(conn, run.suite_id, FAULTS)
    return next(iter(effects_on(conn, [run], affected, settled=True)), None)
