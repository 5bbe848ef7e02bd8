"""Re-judging a run's verdicts in reference mode: what is sent there, what is written about it.

Never settles or changes a verdict. All it knows is in the database, so a run that was killed
goes on with what is missing, and nothing is found twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from vervet.audit.rejudging import Finding, Judgement, judge
from vervet.core.status import NORMAL, REFERENCE
from vervet.core.values import Attempt, Problem, Solution
from vervet.pipeline.dispatcher import Dispatcher
from vervet.pipeline.record import MAX_INFRA_TRIES
from vervet.pipeline.session import Session
from vervet.pipeline.verify_item import BREAKS_SANDBOX, REFUSED
from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.reference import unfit
from vervet.store.audits import AuditItem, add_items, findings, open_audit, save_summary
from vervet.store.batches import enqueue
from vervet.store.rejudging import Chosen, chosen, load_environment, load_solutions
from vervet.verification.protocol import Verifier

__all__ = ["KIND", "Rejudging"]

KIND = "reference"
"""The kind of these audits."""
BATCH_SIZE = 8
"""Small, so that the workers share what comes at the end of a run."""
SHOWN_PROBLEMS = 20

Sent = list[tuple[str, list[str]]]
"""Kinds of batches with ids."""


@dataclass(slots=True)
class Rejudging:
    """One run's share of verdicts, from 0 to 1, on their way through reference mode."""

    session: Session
    share: float
    dispatcher: Dispatcher
    _unfit: dict[int, bool] = field(default_factory=dict)

    def go_on(self) -> int:
        """Send what is missing, record what is known; how many solutions are not through."""
        run = self.session.run
        with self.session.database.write() as conn:
            audit = open_audit(conn, f"{KIND} {run.name}", KIND, run.id, {"share": self.share})
            found = self._fit(conn, chosen(conn, run, self.share))
            judged = [(each, _judged(each)) for each in found]
            add_items(conn, audit, list(_items(judged)))
            waiting = [(each, judgement) for each, judgement in judged if judgement.wanted]
            sent = self._enqueue(conn, waiting)
            summary = self._summary(found, findings(conn, audit), _differing(judged))
            save_summary(conn, audit, summary, finished=not waiting)
        for kind, batches in sent:
            self.dispatcher.publish(kind, batches)
        return len(waiting)

    def _fit(self, conn: Connection, found: Sequence[Chosen]) -> list[Chosen]:
        """Those that reference mode can run; which cannot is found out once."""
        comparable = self._comparable(conn)
        for each in found:
            if not comparable or not _said(each, NORMAL):
                self._unfit[each.solution_id] = True
        unknown = [
            each
            for each in found
            if each.solution_id not in self._unfit and not each.attempts(REFERENCE)
        ]
        solutions = load_solutions(conn, [each.solution_id for each in unknown])
        problems = {problem.id: problem for problem in self.session.suite.problems}
        for each in unknown:
            problem, solution = problems[each.problem], solutions[each.solution_id]
            verifier = self.session.verifiers[problem.kind]
            self._unfit[each.solution_id] = not _runs_there(verifier, problem, solution)
        return [each for each in found if not self._unfit.get(each.solution_id)]

    def _comparable(self, conn: Connection) -> bool:
        """Whether reference mode has the interpreter of the run's own sandbox."""
        environment = load_environment(conn, self.session.run)
        return bool(environment.get("interpreter") == current_interpreter().version)

    def _enqueue(self, conn: Connection, waiting: Sequence[tuple[Chosen, Judgement]]) -> Sent:
        """Ask for one more attempt wherever one is wanted, unless it is on its way."""
        run = self.session.run
        kinds = {problem.id: problem.kind for problem in self.session.suite.problems}
        groups: dict[tuple[str, str, int], list[int]] = defaultdict(list)
        for each, judgement in waiting:
            for condition in sorted(judgement.wanted):
                total = 1 + len(each.attempts(condition))
                groups[kinds[each.problem], condition, total].append(each.solution_id)
        return [
            (
                kind,
                enqueue(
                    conn,
                    run_id=run.id,
                    kind=kind,
                    verifier_digest=run.verifier_digest,
                    environment_digest=run.environment_digest,
                    solution_ids=solution_ids,
                    size=BATCH_SIZE,
                    condition=condition,
                    total=total,
                ),
            )
            for (kind, condition, total), solution_ids in groups.items()
        ]

    def _summary(
        self, found: Sequence[Chosen], by_finding: Mapping[str, int], problems: Sequence[str]
    ) -> dict[str, Any]:
        missing = [each for each in found if not _said(each, REFERENCE)]
        refused = [each for each in missing if (REFERENCE, REFUSED) in each.history.failed]
        failed = [each for each in missing if each not in refused and REFERENCE in _given_up(each)]
        return {
            "rejudged": len(found) - len(missing),
            **{finding.value: by_finding.get(finding, 0) for finding in Finding},
            "problems": list(problems[:SHOWN_PROBLEMS]),
            "skipped": sum(self._unfit.values()) + len(refused),
            "failed": len(failed),
            "why": failed[0].history.why.get(REFERENCE, "") if failed else "",
        }


def _judged(each: Chosen) -> Judgement:
    return judge(_said(each, NORMAL), _said(each, REFERENCE), _given_up(each))


def _said(each: Chosen, condition: str) -> list[Attempt]:
    """Attempts that can be compared; what breaks sandboxes is never sent into more of them."""
    return [made for made in each.attempts(condition) if made.code != BREAKS_SANDBOX]


def _given_up(each: Chosen) -> set[str]:
    """Conditions under which nothing more can be had of the sandbox or the host."""
    return {
        under
        for under in (NORMAL, REFERENCE)
        if each.history.failures(under) >= MAX_INFRA_TRIES
        or (under, REFUSED) in each.history.failed
        or len(_said(each, under)) < len(each.attempts(under))
    }


def _items(judged: Sequence[tuple[Chosen, Judgement]]) -> Iterator[AuditItem]:
    for each, judgement in judged:
        if judgement.finding is not None:
            normal, reference = each.history.made[NORMAL], each.history.made[REFERENCE]
            yield AuditItem(
                each.problem_id,
                each.solution_id,
                judgement.finding.value,
                attempt_id=normal[0].id,
                against_attempt_id=reference[0].id,
                detail={
                    NORMAL: [tried.id for tried in normal],
                    REFERENCE: [tried.id for tried in reference],
                },
            )


def _differing(judged: Sequence[tuple[Chosen, Judgement]]) -> list[str]:
    """Problems, each once, of the solutions that differ."""
    found = [each.problem for each, judged in judged if judged.finding is Finding.DIFFERS]
    return list(dict.fromkeys(found))


def _runs_there(verifier: Verifier, problem: Problem, solution: Solution) -> bool:
    """Whether there is a job to run, and one that reference mode can run."""
    steps = verifier.steps(problem, solution)
    try:
        job, _ = next(steps)
        return not unfit(job)
    except StopIteration:
        return False
    finally:
        steps.close()
