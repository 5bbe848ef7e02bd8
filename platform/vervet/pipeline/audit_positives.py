"""The audit for false positives: known-wrong solutions, verified as a run of their own.

Decides nothing itself: `audit.mutants` makes what is tried, `audit.false_positives` says what a
pass means, and this sees that all is tried and that what is found is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from vervet.audit.false_positives import (
    FalsePositives,
    KnownWrong,
    Origin,
    Passing,
    Tried,
    false_positives,
)
from vervet.audit.mutants import Mutant, empty_programs, mutants_of
from vervet.core.errors import ProblemError
from vervet.core.status import NORMAL
from vervet.core.values import Problem, Solution, Suite, Verdict
from vervet.pipeline.audit_loop import Want
from vervet.pipeline.config import RunConfig
from vervet.pipeline.prepared import prepared_suite
from vervet.pipeline.record import MAX_INFRA_TRIES
from vervet.pipeline.references import KNOWN_WRONG, Known, open_known
from vervet.pipeline.session import Session, verifiers_of
from vervet.sandbox.protocol import Sandbox
from vervet.store.audits import AuditItem, add_items, open_audit, save_summary
from vervet.store.batches import infra_tries
from vervet.store.candidates import candidate_solutions
from vervet.store.database import Database
from vervet.store.references import load_references
from vervet.store.runs import Run
from vervet.store.suites import problem_ids, save_suite
from vervet.store.verdicts import load_verdicts
from vervet.verification.protocol import Verifier

__all__ = ["KIND", "MUTANTS", "FalsePositiveSearch", "open_positives"]

KIND = "false-positives"
"""The kind of these audits."""
MUTANTS = 10
"""Mutants of a problem, if nothing else is said."""
EQUIVALENT = (
    "a mutant that passes may be the same function in other words, which no program can tell: "
    "kill rates are lower bounds"
)
FENCE = "```python\n{}```\n"

Broken = Collection[tuple[str, str]]
"""Known-correct solutions that do not pass: problems' ids with completions."""


def open_positives(
    database: Database,
    suite: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    *,
    mutants: int = MUTANTS,
    seed: int = 0,
    broken: Broken = (),
) -> FalsePositiveSearch:
    """The audit of a suite's tests: its known-wrong solutions recorded, not yet verified.

    At most `mutants` of each problem are made of its references, imported ones too, but of none
    that is `broken`: its mutants would say nothing of the tests. Raises `ProblemError` if there
    is nothing that could be tried, and what `open_session` raises.
    """
    verifiers = verifiers_of(suite)
    suite = prepared_suite(suite, verifiers, sandbox, config.prepared_dir)
    with database.write() as conn:
        references = load_references(conn, save_suite(conn, suite))
    known: dict[str, list[KnownWrong]] = {}
    lacking, contradicting = [], []
    for problem in suite.problems:
        right = [
            each.completion
            for each in references.get(problem.id, ())
            if (problem.id, each.completion) not in broken
        ]
        maker = _Maker(problem, verifiers[problem.kind], right)
        known[problem.id] = list(maker.make(mutants, seed))
        if maker.contradicting:
            contradicting.append(problem.id)
        if mutants and right and all(each.mutant is None for each in known[problem.id]):
            lacking.append(problem.id)
    if not any(known.values()):
        raise ProblemError(
            f"suite {suite.name!r} has nothing that is known to be wrong",
            hint="Mutants are made of reference solutions in Python: vervet references import.",
        )
    as_known = {
        name: [Known(each.completion, each.word) for each in some] for name, some in known.items()
    }
    session = open_known(database, suite, config, sandbox, KNOWN_WRONG, as_known, every_check=False)
    settings = {"mutants": mutants, "seed": seed, "broken": len(broken)}
    return FalsePositiveSearch(session, known, settings, lacking, contradicting)


class _Maker:
    """Makes what is known to be wrong of one problem, each solution once."""

    def __init__(self, problem: Problem, verifier: Verifier, right: Sequence[str]) -> None:
        self._problem, self._verifier = problem, verifier
        found = [self._extract(completion) for completion in right]
        self._right = {solution.digest for solution in found}
        self._texts = [solution.text for solution in found if not solution.malformed]
        self._seen = set(self._right)
        self.contradicting = 0

    def make(self, mutants: int, seed: int) -> Iterator[KnownWrong]:
        """The data set's own, then the empty program, then mutants."""
        for completion in self._problem.known_wrong:
            digest = self._extract(completion).digest
            self.contradicting += digest in self._right
            yield from self._once(Origin.INCORRECT, completion)
        for text in empty_programs(self._problem):
            yield from self._once(Origin.EMPTY, self._completion(text) or text)
        for mutant in mutants_of(
            self._problem, self._texts, most=mutants, seed=seed, usable=self._is_new
        ):
            yield from self._once(
                Origin.MUTANT, self._completion(mutant.text) or mutant.text, mutant
            )

    def _once(
        self, origin: Origin, completion: str, mutant: Mutant | None = None
    ) -> Iterator[KnownWrong]:
        digest = self._extract(completion).digest
        if digest not in self._seen:
            self._seen.add(digest)
            yield KnownWrong(self._problem.id, origin, completion, mutant)

    def _is_new(self, text: str) -> bool:
        completion = self._completion(text)
        return completion is not None and self._extract(completion).digest not in self._seen

    def _completion(self, text: str) -> str | None:
        """The completion in which the verifier finds exactly this solution, if there is one."""
        some = (text, FENCE.format(text))
        return next((each for each in some if self._extract(each).text == text), None)

    def _extract(self, completion: str) -> Solution:
        return self._verifier.extract(self._problem, completion, cut=False)


class FalsePositiveSearch:
    """One audit on its way; made anew for a killed one, it goes on with what is missing.

    See `AuditWork` for what drives it.
    """

    def __init__(
        self,
        session: Session,
        known: Mapping[str, Sequence[KnownWrong]],
        settings: Mapping[str, Any],
        lacking: Sequence[str],
        contradicting: Sequence[str],
    ) -> None:
        self.session = session
        self.name = f"{KIND} {session.run.name}"
        self._known, self._lacking, self._contradicting = known, lacking, contradicting
        self._kinds = {problem.id: problem.kind for problem in session.suite.problems}
        self._total = sum(len(some) for some in known.values())
        self._through = 0
        with session.database.write() as conn:
            self._audit = open_audit(conn, self.name, KIND, session.run.id, settings)
            self._problem_ids = problem_ids(conn, session.run.suite_id)
            self._solution_ids = candidate_solutions(conn, session.run.id)

    @property
    def runs(self) -> list[Run]:
        """See `AuditWork.runs`."""
        return [self.session.run]

    @property
    def counts(self) -> tuple[int, int]:
        """See `AuditWork.counts`."""
        return self._total, self._through

    @property
    def missing(self) -> int:
        """See `AuditWork.missing`."""
        solutions, through = self.counts
        return solutions - through

    def wants(self, conn: Connection) -> list[Want]:
        """See `AuditWork.wants`: one attempt of each that has no verdict."""
        run, verdicts = self.session.run, self._verdicts(conn)
        tries = infra_tries(conn, run.id)
        lacking = {
            row: self._kinds[name]
            for (name, _), row in self._solution_ids.items()
            if row not in verdicts and tries.get(row, 0) < MAX_INFRA_TRIES
        }
        self._through = self._total - len(lacking)
        if not lacking:
            self._write(conn)
        return [Want(run, kind, row, NORMAL, 0) for row, kind in sorted(lacking.items())]

    def result(self) -> FalsePositives:
        """What the audit came to, of what has a verdict."""
        with self.session.database.read() as conn:
            return self._result(conn)

    def _result(self, conn: Connection) -> FalsePositives:
        return false_positives(
            [tried for tried, _ in self._tried(conn)],
            suite=self.session.suite.name,
            run=self.session.run.name,
            without_mutants=self._lacking,
            remarks=self._remarks(),
        )

    def _tried(self, conn: Connection) -> Iterator[tuple[Tried, int | None]]:
        """Every known-wrong solution with its verdict and the id of its row."""
        verdicts = self._verdicts(conn)
        for problem in self.session.suite.problems:
            for ordinal, each in enumerate(self._known.get(problem.id, ())):
                row = self._solution_ids.get((problem.id, ordinal))
                yield Tried(each, verdicts.get(row) if row is not None else None), row

    def _verdicts(self, conn: Connection) -> dict[int, Verdict]:
        run, rows = self.session.run, list(self._solution_ids.values())
        key = (run.verifier_digest, run.environment_digest)
        return load_verdicts(conn, rows, *key, run.settlement)

    def _write(self, conn: Connection) -> None:
        found = self._result(conn)
        passing = [row for tried, row in self._tried(conn) if tried.passes]
        items = [
            AuditItem(
                self._problem_ids[each.problem], row, each.finding.value, detail=_detail(each)
            )
            for row, each in zip(passing, found.passing, strict=True)
        ]
        add_items(conn, self._audit, items)
        summary = {key: value for key, value in found.as_json().items() if key != "passing"}
        save_summary(conn, self._audit, summary, finished=True)

    def _remarks(self) -> list[str]:
        remarks = [EQUIVALENT]
        if self._lacking:
            several = len(self._lacking) > 1
            remarks.append(
                f"of {len(self._lacking):,} {'problems' if several else 'problem'} no mutant "
                f"could be made: {'their' if several else 'its'} references are no Python that "
                "can be parsed, or offer nothing to change"
            )
        if self._contradicting:
            names = ", ".join(self._contradicting[:5])
            remarks.append(f"the data calls the same solution right and wrong, left out: {names}")
        return remarks


def _detail(each: Passing) -> dict[str, Any]:
    """What an item keeps beside its problem and its finding."""
    return {key: value for key, value in asdict(each).items() if key not in ("problem", "finding")}
