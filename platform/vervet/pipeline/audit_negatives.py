"""The audit for false negatives on its way: what is still to be tried of a run of references,
what is known of each, and the rows that say what was found.

All it knows is in the database; why a reference fails is decided in `audit`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from vervet.audit.false_negatives import (
    KIND,
    FalseNegatives,
    ProblemFinding,
    Reference,
    Result,
)
from vervet.audit.false_negatives_causes import WIDER, examine, wanted
from vervet.core.status import NORMAL, Status
from vervet.core.values import CheckEvidence
from vervet.pipeline.audit_loop import Want
from vervet.pipeline.audit_negatives_effects import effects_of
from vervet.pipeline.record import MAX_INFRA_TRIES
from vervet.pipeline.session import Session
from vervet.pipeline.verify_item import REFUSED
from vervet.store.audits import AuditItem, add_items, open_audit, save_summary
from vervet.store.evidence import load_evidence
from vervet.store.histories import History, Tried, load_histories
from vervet.store.reads import run_progress
from vervet.store.runs import Run
from vervet.store.schema import candidates, solutions
from vervet.store.suites import problem_ids

__all__ = ["NegativesWork"]

CONDITIONS = (NORMAL, WIDER)


@dataclass(frozen=True, slots=True)
class _Known:
    """A solution of the run of references, and the references that it is."""

    solution_id: int
    malformed: str
    references: tuple[Reference, ...]


@dataclass(slots=True)
class NegativesWork:
    """See `AuditWork`. `wrong_labels` are words by problem whose answer is under suspicion."""

    session: Session
    wrong_labels: Mapping[str, str] = field(default_factory=dict)
    _known: dict[str, list[_Known]] = field(init=False)
    _row_ids: dict[str, int] = field(init=False)
    _again: int = field(default=0, init=False)
    _missing: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        with self.session.database.read() as conn:
            self._row_ids = problem_ids(conn, self.session.run.suite_id)
            self._known = _known(conn, self.session.run, self._row_ids)

    @property
    def name(self) -> str:
        """See `AuditWork.name`."""
        return f"{KIND} {self.session.run.name}"

    @property
    def runs(self) -> Sequence[Run]:
        """See `AuditWork.runs`."""
        return (self.session.run,)

    @property
    def counts(self) -> tuple[int, int]:
        """See `AuditWork.counts`: references; those that are tried again are not through."""
        with self.session.database.read() as conn:
            progress = run_progress(conn, self.session.run.id)
        return progress.candidates, max(progress.settled - self._again, 0)

    @property
    def missing(self) -> int:
        """See `AuditWork.missing`: what was wanted last, each wanting one attempt."""
        return self._missing

    def wants(self, conn: Connection) -> Sequence[Want]:
        """See `AuditWork.wants`."""
        audit_id = open_audit(conn, self.name, KIND, self.session.run.id, {"wider": WIDER})
        histories = self._histories(conn)
        found: list[Want] = []
        kinds = {problem.id: problem.kind for problem in self.session.suite.problems}
        again, known = 0, []
        for problem, some in self._known.items():
            needed = [self._want(kinds[problem], each, histories) for each in some]
            found += [want for wants in needed for want in wants]
            again += sum(
                len(each.references)
                for each, wants in zip(some, needed, strict=True)
                if wants and histories[each.solution_id].attempts(NORMAL)
            )
            if not any(needed):
                known.append(problem)
        self._again, self._missing = again, len(found)
        problems = self._examine(conn, histories, known)
        add_items(conn, audit_id, [item for each in problems for item in _items(each)])
        return found

    def result(self, conn: Connection, *, finished: bool) -> FalseNegatives:
        """What the audit has come to, and its summary written; `conn` must be one for writing."""
        histories = self._histories(conn)
        found = self._result(conn, histories, self._examine(conn, histories, list(self._known)))
        audit_id = open_audit(conn, self.name, KIND, self.session.run.id, {"wider": WIDER})
        save_summary(conn, audit_id, _summary(found), finished=finished)
        return found

    def failing(self, conn: Connection) -> list[tuple[str, int]]:
        """References that do not pass: ids of problems with ordinals."""
        histories = self._histories(conn)
        return [
            (problem, reference.ordinal)
            for problem, some in self._known.items()
            for each in some
            if _result(each, histories[each.solution_id]).fails
            for reference in each.references
        ]

    def _histories(self, conn: Connection) -> dict[int, History]:
        run = self.session.run
        return load_histories(
            conn,
            run.verifier_digest,
            run.environment_digest,
            [each.solution_id for some in self._known.values() for each in some],
            CONDITIONS,
        )

    def _want(self, kind: str, each: _Known, histories: Mapping[int, History]) -> list[Want]:
        history = histories[each.solution_id]
        return [
            Want(self.session.run, kind, each.solution_id, condition, made)
            for condition, made in wanted(_result(each, history)).items()
            if not _given_up(history, condition)
        ]

    def _examine(
        self, conn: Connection, histories: Mapping[int, History], wanted_of: Sequence[str]
    ) -> list[ProblemFinding]:
        """What is wrong with those problems, with the evidence of what does not pass."""
        problems = {problem.id: problem for problem in self.session.suite.problems}
        results = {
            name: [_result(each, histories[each.solution_id]) for each in self._known[name]]
            for name in wanted_of
        }
        failing = {name: some for name, some in results.items() if any(each.fails for each in some)}
        evidence = load_evidence(
            conn, [key for some in failing.values() for each in some for key in each.attempt_ids]
        )
        found = (
            examine(
                problems[name],
                self._row_ids[name],
                [_with_evidence(each, evidence) for each in some],
                wrong_labels=self.wrong_labels,
            )
            for name, some in failing.items()
        )
        return [each for each in found if each is not None]

    def _result(
        self,
        conn: Connection,
        histories: Mapping[int, History],
        problems: Sequence[ProblemFinding],
    ) -> FalseNegatives:
        session, everyone = self.session, [one for some in self._known.values() for one in some]
        missing = [one for one in everyone if not histories[one.solution_id].attempts(NORMAL)]
        why = [histories[one.solution_id].why.get(NORMAL, "") for one in missing]
        doubted = {
            name: of_problem
            for name, some in self._known.items()
            if (
                of_problem := [
                    one for one in some if _result(one, histories[one.solution_id]).doubted
                ]
            )
        }
        origins = Counter(each.origin for one in everyone for each in one.references)
        return FalseNegatives(
            suite=session.suite.name,
            run=session.run.name,
            total_problems=len(session.suite.problems),
            with_references=len(self._known),
            references=origins.total(),
            unverified=sum(len(one.references) for one in missing),
            problems=tuple(problems),
            origins=dict(origins),
            effects=effects_of(conn, session.suite, [each.problem for each in problems]),
            why_unverified=next(filter(None, reversed(why)), ""),
            doubted=sum(len(one.references) for some in doubted.values() for one in some),
            doubted_problems=tuple(doubted),
        )


def _known(conn: Connection, run: Run, row_ids: Mapping[str, int]) -> dict[str, list[_Known]]:
    """The solutions of a run of references by problem, in the suite's order."""
    query = (
        select(
            candidates.c.problem_id,
            candidates.c.ordinal,
            candidates.c.finish_reason,
            solutions.c.id,
            solutions.c.malformed,
        )
        .join(solutions, solutions.c.id == candidates.c.solution_id)
        .where(candidates.c.run_id == run.id)
        .order_by(candidates.c.problem_id, candidates.c.ordinal)
    )
    references: dict[int, dict[tuple[int, str], list[Reference]]] = defaultdict(dict)
    for problem_id, ordinal, origin, solution_id, malformed in conn.execute(query):
        of_problem = references[problem_id].setdefault((solution_id, malformed), [])
        of_problem.append(Reference(ordinal, origin))
    return {
        name: [_Known(*key, tuple(some)) for key, some in references[row_id].items()]
        for name, row_id in row_ids.items()
        if row_id in references
    }


def _result(known: _Known, history: History) -> Result:
    normal: Sequence[Tried] = history.made.get(NORMAL, ())
    return Result(
        solution_id=known.solution_id,
        references=known.references,
        normal=tuple(tried.attempt for tried in normal),
        wider=tuple(history.attempts(WIDER)),
        attempt_ids=tuple(tried.id for tried in normal),
        malformed=known.malformed,
        why=history.why.get(NORMAL, ""),
    )


def _with_evidence(result: Result, evidence: Mapping[int, tuple[CheckEvidence, ...]]) -> Result:
    normal = tuple(
        replace(attempt, evidence=evidence.get(key, ()))
        for key, attempt in zip(result.attempt_ids, result.normal, strict=True)
    )
    return replace(result, normal=normal)


def _given_up(history: History, condition: str) -> bool:
    """Whether nothing more can be had of the sandbox or the host under this condition."""
    refused = history.failed[condition, REFUSED]
    return bool(refused) or history.failures(condition) >= MAX_INFRA_TRIES


def _items(found: ProblemFinding) -> list[AuditItem]:
    return [
        AuditItem(
            problem_id=found.problem_id,
            solution_id=each.result.solution_id,
            finding=each.cause.value,
            attempt_id=_telling_id(each.result),
            detail=each.detail(),
        )
        for each in found.findings
    ]


def _telling_id(result: Result) -> int:
    """The first attempt that did not pass."""
    pairs = zip(result.attempt_ids, result.normal, strict=True)
    return next(key for key, attempt in pairs if attempt.status is not Status.PASSED)


def _summary(found: FalseNegatives) -> dict[str, object]:
    return {
        "suite": found.suite,
        "problems": found.total_problems,
        "with_references": found.with_references,
        "affected": len(found.problems),
        "share": found.share,
        "references": found.references,
        "passing": found.passing,
        "failing": found.failing,
        "unverified": found.unverified,
        "doubted": found.doubted,
        "causes": {
            cause.value: {"problems": problems, "references": references}
            for cause, (problems, references) in found.causes.items()
        },
    }
