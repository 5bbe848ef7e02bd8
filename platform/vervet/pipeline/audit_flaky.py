"""The audit for flaky tests: known-correct solutions first, then what a run has sampled.

Decides nothing itself: `audit.flaky` rules on each solution, and this sees that what it wants is
tried and that what it finds is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection

from vervet.audit.flaky import BARELY, WIDE, Finding, Plan, Ruling, rule
from vervet.audit.flaky_result import FlakyAudit, FlakyItem, item_of
from vervet.audit.repetition import miss_chance, repetitions_for
from vervet.audit.sampling import choose
from vervet.core.digests import digest_json
from vervet.core.status import NORMAL, Settlement
from vervet.core.values import Attempt, Suite, Verdict
from vervet.pipeline.audit_loop import Want
from vervet.pipeline.record import MAX_INFRA_TRIES
from vervet.pipeline.session import Session
from vervet.pipeline.verify_item import BREAKS_SANDBOX, REFUSED
from vervet.store.audits import AuditItem, add_items, findings, open_audit, save_summary
from vervet.store.database import Database
from vervet.store.histories import (
    Examined,
    History,
    check_names,
    load_histories,
    sampled_solutions,
)
from vervet.store.rows import lock_solutions
from vervet.store.runs import Run
from vervet.store.verdicts import save_verdicts
from vervet.verification.settlement import settle

__all__ = ["KIND", "FlakySearch", "Target"]

KIND = "flaky"
"""The kind of these audits."""
FLIP_RATES = (0.5, 0.25, 0.1, 0.05, 0.02, 0.01)
"""Those for which the chance of a miss is stated."""
ALONE = frozenset({BARELY, WIDE})


@dataclass(frozen=True, slots=True)
class Target:
    """A run whose solutions are examined: at most `each` passed and as many others a problem.

    Only those of some `problems`, by their own ids, if these are given.
    """

    session: Session
    reference: bool
    each: int | None = None
    problems: frozenset[str] | None = None


@dataclass(slots=True)
class _Subject:
    """A solution under examination, and what was ruled on it last."""

    target: Target
    examined: Examined
    ruling: Ruling = field(default_factory=Ruling)
    made: int = 0
    item: FlakyItem | None = None


class FlakySearch:
    """One audit on its way; made anew for a killed one, it goes on with what is missing.

    `audited` is the run after which it is named. See `AuditWork` for what drives it.
    """

    def __init__(
        self, database: Database, targets: Sequence[Target], plan: Plan, *, audited: Run, seed: int
    ) -> None:
        self.plan, self._audited, self._seed = plan, audited, seed
        self._targets = list(targets)
        self._database = database
        config = {
            "plan": {**asdict(plan), "factors": list(plan.factors)},
            "each": [target.each for target in targets],
            "problems": [sorted(t.problems) for t in targets if t.problems is not None],
            "seed": seed,
        }
        self.name = f"{KIND} {audited.name} {digest_json(config)[:6]}"
        with database.write() as conn:
            self._audit = open_audit(conn, self.name, KIND, audited.id, config)
            self._subjects = self._choose(conn)

    @property
    def runs(self) -> list[Run]:
        """See `AuditWork.runs`."""
        return [target.session.run for target in self._targets]

    @property
    def suite(self) -> Suite:
        """The suite whose problems are examined."""
        return self._targets[0].session.suite

    @property
    def without_references(self) -> int:
        """How many problems of the suite have no reference to be examined."""
        shown = {each.examined.problem for each in self._subjects if each.target.reference}
        return len(self.suite.problems) - len(shown)

    @property
    def counts(self) -> tuple[int, int]:
        """See `AuditWork.counts`."""
        return len(self._subjects), sum(each.item is not None for each in self._subjects)

    @property
    def missing(self) -> int:
        """See `AuditWork.missing`: as if every solution were clean."""
        return sum(max(0, self._full - each.made) for each in self._subjects if each.item is None)

    def wants(self, conn: Connection) -> list[Want]:
        """See `AuditWork.wants`: references first, then the rest."""
        for target in self._targets:
            open_ones = [
                each for each in self._subjects if each.target is target and each.item is None
            ]
            found = self._wants_of(conn, target.session.run, open_ones)
            if found:
                return found
        self._write_summary(conn, finished=True)
        return []

    def result(self, remarks: Sequence[str] = ()) -> FlakyAudit:
        """What the audit came to, of what is through."""
        items = [each.item for each in self._subjects if each.item is not None]
        problems = {each.examined.problem for each in self._subjects}
        counted = {finding.value: 0 for finding in Finding}
        for item in items:
            counted[item.finding.value] += 1
        return FlakyAudit(
            name=self.name,
            target=self._audited.name,
            suite=self.suite.name,
            plan=self.plan,
            examined=len(items),
            references=sum(item.reference for item in items),
            problems=len(problems),
            findings=counted,
            items=tuple(item for item in items if item.finding is not Finding.CLEAN),
            attempts=sum(item.in_all for item in items),
            fixed=len(items) * self._full,
            misses=tuple(
                (p, miss_chance(p, self.plan.needed), repetitions_for(p)) for p in FLIP_RATES
            ),
            remarks=tuple(remarks),
        )

    @property
    def _full(self) -> int:
        """Attempts of a clean solution that takes all of them."""
        load = self.plan.loaded if self.plan.load else 0
        return self.plan.repetitions + len(self.plan.variations) + load

    def _choose(self, conn: Connection) -> list[_Subject]:
        chosen: list[_Subject] = []
        seen: set[tuple[str, int]] = set()
        for target in self._targets:
            run = target.session.run
            sampled = sampled_solutions(conn, run)
            if target.problems is not None:
                sampled = [one for one in sampled if one.problem in target.problems]
            for one in choose(sampled, target.each, self._seed):
                key = (run.verifier_digest, one.solution_id)
                if key not in seen:
                    seen.add(key)
                    chosen.append(_Subject(target, one))
        return chosen

    def _wants_of(self, conn: Connection, run: Run, subjects: Sequence[_Subject]) -> list[Want]:
        histories = load_histories(
            conn,
            run.verifier_digest,
            run.environment_digest,
            [each.examined.solution_id for each in subjects],
        )
        wants: list[Want] = []
        through: list[tuple[_Subject, History]] = []
        for each in subjects:
            history = histories[each.examined.solution_id]
            each.made = sum(map(len, history.made.values()))
            each.ruling = rule(_said(history), self.plan, _given_up(history))
            if each.ruling.finding is not None:
                through.append((each, history))
                continue
            for condition, total in each.ruling.wanted.items():
                made = len(history.attempts(condition))
                wants.append(
                    Want(
                        run,
                        each.examined.kind,
                        each.examined.solution_id,
                        condition,
                        made,
                        total - made,
                        alone=condition in ALONE,
                    )
                )
        self._write(conn, run, through)
        return wants

    def _write(
        self, conn: Connection, run: Run, through: Sequence[tuple[_Subject, History]]
    ) -> None:
        """Items of what is through, and the verdicts by majority of what is flaky."""
        items: list[AuditItem] = []
        settled: dict[int, Verdict] = {}
        for each, history in through:
            one, ruling = each.examined, each.ruling
            flaky = ruling.finding is Finding.FLAKY
            names = check_names(conn, one.solution_id, run.verifier_digest) if flaky else {}
            each.item = item_of(
                ruling,
                _said(history),
                self.plan,
                names,
                solution_id=one.solution_id,
                solution=one.digest,
                problem=one.problem,
                reference=each.target.reference,
            )
            items.append(_audit_item(one, each.item, history))
            if flaky and self.plan.settle:
                verdict = settle(
                    history.attempts(NORMAL), Settlement.MAJORITY, self.plan.repetitions
                )
                if verdict is not None:
                    settled[one.solution_id] = verdict
        add_items(conn, self._audit, items)
        if settled:
            lock_solutions(conn, list(settled))
            save_verdicts(conn, settled, run.verifier_digest, run.environment_digest)
        self._write_summary(conn, finished=False)

    def _write_summary(self, conn: Connection, *, finished: bool) -> None:
        solutions, through = self.counts
        summary: dict[str, Any] = {
            "solutions": solutions,
            "through": through,
            "findings": dict(findings(conn, self._audit)),
        }
        save_summary(conn, self._audit, summary, finished=finished)


def _said(history: History) -> dict[str, list[Attempt]]:
    """Attempts that can be compared; what breaks sandboxes is never sent into more of them."""
    return {
        condition: [one.attempt for one in tried if one.attempt.code != BREAKS_SANDBOX]
        for condition, tried in history.made.items()
    }


def _given_up(history: History) -> set[str]:
    """Conditions under which nothing more can be had of the sandbox or the host."""
    found = {
        condition
        for condition, code in history.failed
        if code == REFUSED or history.failures(condition) >= MAX_INFRA_TRIES
    }
    broken = {
        condition
        for condition, tried in history.made.items()
        if any(one.attempt.code == BREAKS_SANDBOX for one in tried)
    }
    return found | broken


def _audit_item(one: Examined, item: FlakyItem, history: History) -> AuditItem:
    """The row of a solution: two attempts that differ, and what an SQL client may ask of it."""
    normal = history.made.get(NORMAL, ())
    first = normal[0] if normal else None
    others = [tried for tried in normal if first and tried.attempt.status != first.attempt.status]
    for condition in item.deviating:
        others += history.made.get(condition, ())
    detail = {
        "reference": item.reference,
        "repetitions": item.attempts,
        "attempts": item.in_all,
        "passed": item.passed,
        "seen": dict(item.seen or {}),
        "cause": str(item.cause) if item.cause else None,
        "words": item.words,
        "flip_rate": asdict(item.rate),
        "checks": [asdict(check) for check in item.checks],
        "deviating": list(item.deviating),
        "settled": item.settled,
    }
    return AuditItem(
        one.problem_id,
        one.solution_id,
        item.finding.value,
        attempt_id=first.id if first else None,
        against_attempt_id=others[0].id if others else None,
        detail=detail,
    )
