"""Carrying out the audit for false negatives, and its reverse: the parts put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vervet.cli.audit_carry import carry
from vervet.cli.display import DisplayMode
from vervet.cli.swebench_options import in_containers, ready_suite
from vervet.core.errors import ProblemError

if TYPE_CHECKING:
    from vervet.audit.effect import RunEffect
    from vervet.audit.false_negatives import FalseNegatives
    from vervet.audit.false_positives import FalsePositives
    from vervet.audit.labels import Suspects
    from vervet.core.values import Suite
    from vervet.pipeline.audit_negatives import NegativesWork
    from vervet.pipeline.audit_positives import FalsePositiveSearch
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.session import Session
    from vervet.sandbox.protocol import Sandbox
    from vervet.store.database import Database

__all__ = ["Asked", "Audited", "audit_suite"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for beside references that fail. `mutants` is None for no known-wrong
    solutions at all."""

    mutants: int | None
    seed: int
    labels: bool


@dataclass(frozen=True, slots=True)
class Audited:
    """What came of it. `weak_effects` are those of problems whose tests are surely too weak."""

    found: FalseNegatives
    through: bool
    suspects: Suspects | None = None
    positives: FalsePositives | None = None
    weak_effects: Sequence[RunEffect] = ()


def audit_suite(config: RunConfig, display: DisplayMode, asked: Asked) -> Audited:
    """The audits of a suite carried through the queue, as far as they went."""
    from vervet.cli import work
    from vervet.cli.output import print_set_aside
    from vervet.cli.suites import load_suite
    from vervet.pipeline.audit_negatives import NegativesWork
    from vervet.pipeline.audit_negatives_effects import effects_of
    from vervet.pipeline.references import open_references

    loaded = load_suite(config.suite, config.format, config.limit)
    print_set_aside(loaded.set_aside)
    if any(problem.kind == "patch" for problem in loaded.suite.problems):
        config = in_containers(config)
        asked = replace(asked, mutants=None)
    suite = ready_suite(loaded.suite, config)
    with work.open_database(config) as database, work.open_sandbox(config) as sandbox:
        session = open_references(database, suite, config, sandbox)
        suspects = _suspects(database, session, sandbox) if asked.labels else None
        audit = NegativesWork(session, _words(suspects))
        through = carry(database, config, audit, display)
        with database.write() as conn:
            found = audit.result(conn, finished=through)
        if asked.mutants is None or not through:
            return Audited(found, through, suspects)
        search = _search(database, suite, config, sandbox, asked, audit)
        if search is None:
            return Audited(found, through, suspects)
        through = carry(database, config, search, display)
        positives = search.result()
        with database.read() as conn:
            weak_effects = effects_of(conn, session.suite, positives.surely_weak)
    return Audited(found, through, suspects, positives, weak_effects)


def _suspects(database: Database, session: Session, sandbox: Sandbox) -> Suspects | None:
    """The labels of a suite of answers, ranked; None for a suite that has none.

    Answers of runs on it that were not compared yet are, so that equal ones vote together.
    """
    from vervet.cli.output import err
    from vervet.pipeline.answer_classes import KIND, compare_answers, lacks_classes
    from vervet.pipeline.audit_effect import runs_of_suite
    from vervet.pipeline.audit_positives_labels import suspects_of_suite

    if all(problem.kind != KIND for problem in session.suite.problems):
        return None
    with database.read() as conn:
        runs = runs_of_suite(conn, session.run.suite_id)
    for run in runs:
        if lacks_classes(database, run):
            err().print(f"comparing the answers of {run.name}", style="dim", markup=False)
            compare_answers(database, run, sandbox)
    return suspects_of_suite(database, session.run.suite_id)


def _words(suspects: Suspects | None) -> dict[str, str]:
    """Why labels that are more likely wrong than right are suspected, by problem."""
    if suspects is None:
        return {}
    return {each.problem: "; ".join(each.reasons) for each in suspects.ranked if each.odds > 0}


def _search(
    database: Database,
    suite: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    asked: Asked,
    audit: NegativesWork,
) -> FalsePositiveSearch | None:
    """The audit of known-wrong solutions; None where there is nothing to try."""
    from vervet.cli.output import err
    from vervet.pipeline.audit_positives import open_positives
    from vervet.store.references import load_references

    with database.read() as conn:
        failing = audit.failing(conn)
        known = load_references(conn, audit.session.run.suite_id) if failing else {}
    broken = {(problem, known[problem][ordinal].completion) for problem, ordinal in failing}
    try:
        return open_positives(
            database,
            suite,
            config,
            sandbox,
            mutants=asked.mutants or 0,
            seed=asked.seed,
            broken=broken,
        )
    except ProblemError as error:
        err().print(error.message, style="dim", markup=False)
        return None
