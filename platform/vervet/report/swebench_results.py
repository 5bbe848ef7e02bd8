"""What came of a run's patches, read back from the store and graded again from the logs there.

Reads only; starts no container.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from vervet.core.status import NORMAL, Flag, Settlement, Status
from vervet.core.values import CheckEvidence, Problem, Suite
from vervet.report.swebench import EvaluatedPatch, TestLists
from vervet.store.blobs import load_texts
from vervet.store.evidence import load_evidence
from vervet.store.histories import load_histories
from vervet.store.runs import Run
from vervet.store.schema import candidates, problems
from vervet.store.verdicts import load_verdicts
from vervet.verification.patches.grading import Graded, regrade
from vervet.verification.patches.outcome import LOG

__all__ = ["Regraded", "evaluated_patches", "regraded", "settled_patches"]

Model = tuple[str, int]
"""A model's name, and the ordinal of a candidate among that model's own."""
DOES_NOT_APPLY = "does_not_apply"
GRADED = frozenset({Status.PASSED, Status.FAILED})
"""Statuses that follow from the log alone."""


@dataclass(frozen=True, slots=True)
class Regraded:
    """A patch and what its log says now; `before` is the verdict's status."""

    patch: EvaluatedPatch
    before: Status
    after: Status

    @property
    def changed(self) -> bool:
        """Whether grading the log again gives another status."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True)
class _Row:
    problem: Problem
    ordinal: int
    solution_id: int
    patch: str


def evaluated_patches(
    conn: Connection, run: Run, suite: Suite, models: Mapping[tuple[str, int], Model]
) -> list[EvaluatedPatch]:
    """Every candidate of a run with its verdict, in the order of the suite and of sampling.

    `models` says of (instance, ordinal) which model it is of; the run's own where it does not.
    Those without a verdict are infra_errors.
    """
    rows = _rows(conn, run, suite)
    ids = [row.solution_id for row in rows]
    key = (run.verifier_digest, run.environment_digest)
    verdicts = load_verdicts(conn, ids, *key, run.settlement)
    histories = load_histories(conn, *key, ids, (NORMAL,))
    first = {
        solution: history.made[NORMAL][0].id
        for solution, history in histories.items()
        if history.made.get(NORMAL)
    }
    evidence = load_evidence(conn, list(first.values()))
    graded: dict[int, Graded | None] = {}
    found: list[EvaluatedPatch] = []
    for row in rows:
        verdict = verdicts.get(row.solution_id)
        log = _log(evidence.get(first.get(row.solution_id, -1), ()))
        if row.solution_id not in graded:
            tested = log is not None and verdict is not None and verdict.code != DOES_NOT_APPLY
            said = regrade(log.actual or b"", row.problem) if tested and log else None
            graded[row.solution_id] = said if said and said.found else None
        read = graded[row.solution_id]
        model, ordinal = models.get(
            (row.problem.id, row.ordinal), (run.generator.model, row.ordinal)
        )
        found.append(
            EvaluatedPatch(
                instance_id=row.problem.id,
                model=model,
                ordinal=ordinal,
                patch=row.patch,
                status=verdict.status if verdict else Status.INFRA_ERROR,
                code=verdict.code if verdict else "no_verdict",
                flags=verdict.flags if verdict else frozenset(),
                eval_script=row.problem.spec["eval_script"],
                notes=(f"applied by: {log.message}",) if log and log.message else (),
                applied=verdict is not None and verdict.code != DOES_NOT_APPLY,
                log=log.actual if log else None,
                lists=_lists(read) if read else None,
                tests=dict(read.statuses) if read else None,
            )
        )
    return found


def settled_patches(
    conn: Connection, run: Run, suite: Suite, patches: Sequence[EvaluatedPatch]
) -> list[EvaluatedPatch]:
    """The same with the verdict by majority, where an audit has settled one."""
    rows = _rows(conn, run, suite)
    settled = load_verdicts(
        conn,
        [row.solution_id for row in rows],
        run.verifier_digest,
        run.environment_digest,
        Settlement.MAJORITY,
    )
    return [
        replace(patch, status=verdict.status, code=verdict.code, flags=verdict.flags - {Flag.FLAKY})
        if (verdict := settled.get(row.solution_id))
        else patch
        for row, patch in zip(rows, patches, strict=True)
    ]


def regraded(patches: Sequence[EvaluatedPatch]) -> list[Regraded]:
    """What the logs say now. A status that rests on more than the log stays as it is."""
    return [Regraded(patch, patch.status, _after(patch)) for patch in patches]


def _after(patch: EvaluatedPatch) -> Status:
    if patch.status not in GRADED or patch.lists is None:
        return patch.status
    resolved = not patch.lists.f2p_failure and not patch.lists.p2p_failure
    return Status.PASSED if resolved else Status.FAILED


def _rows(conn: Connection, run: Run, suite: Suite) -> list[_Row]:
    query = (
        select(
            problems.c.name,
            candidates.c.ordinal,
            candidates.c.solution_id,
            candidates.c.completion_digest,
        )
        .join(problems, problems.c.id == candidates.c.problem_id)
        .where(candidates.c.run_id == run.id)
        .order_by(problems.c.position, candidates.c.ordinal)
    )
    known = {problem.id: problem for problem in suite.problems}
    rows = conn.execute(query).all()
    texts = load_texts(conn, {row.completion_digest for row in rows})
    return [
        _Row(known[row.name], row.ordinal, row.solution_id, texts[row.completion_digest])
        for row in rows
    ]


def _log(evidence: Sequence[CheckEvidence]) -> CheckEvidence | None:
    return next((each for each in evidence if each.name == LOG), None)


def _lists(graded: Graded) -> TestLists:
    return TestLists(graded.f2p_success, graded.f2p_failure, graded.p2p_success, graded.p2p_failure)
