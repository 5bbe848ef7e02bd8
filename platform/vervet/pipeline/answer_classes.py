"""Which answers of a run are equal, asked of the verifier pair by pair and written as classes.

A pair is compared by putting one answer in the place of the problem's own: the truth is never
looked at, so a vote over classes learns nothing from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from vervet.analysis.selectors_classes import answer_classes
from vervet.core.errors import SandboxError
from vervet.core.status import Status
from vervet.core.values import Problem, Solution
from vervet.sandbox.protocol import Sandbox
from vervet.store.database import Database
from vervet.store.runs import Run
from vervet.store.scores import ClassedAnswer, answers_to_compare, save_classes
from vervet.store.suites import load_problems
from vervet.verification.protocol import Verifier
from vervet.verification.registry import verifier_for, verify

__all__ = ["KIND", "Compared", "compare_answers", "lacks_classes"]

KIND = "answer"
"""The kind of problem whose solutions can stand in for its expected answer."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one call of `compare_answers` did. `failed` names problems whose comparison broke
    off because the sandbox failed: nothing was written of them."""

    problems: int
    pairs: int
    conflicts: int
    undecided: int
    failed: Mapping[str, str]


def lacks_classes(database: Database, run: Run) -> bool:
    """Whether a run has answers that were not compared yet."""
    with database.read() as conn:
        return bool(answers_to_compare(conn, run.id, KIND))


def compare_answers(database: Database, run: Run, sandbox: Sandbox) -> Compared:
    """Compare all answers of every problem that lacks a class, and write the classes.

    Each problem is written as soon as it is done, so that nothing is lost by an interruption.
    """
    with database.read() as conn:
        answers = answers_to_compare(conn, run.id, KIND)
        problems = load_problems(conn, list(answers))
    verifier = verifier_for(KIND)
    pairs = conflicts = undecided = 0
    failed: dict[str, str] = {}
    for problem_id, solutions in answers.items():
        problem = problems[problem_id]
        try:
            classed = _classes(verifier, sandbox, problem, solutions)
        except SandboxError as error:
            failed[problem.id] = error.message
            continue
        with database.write() as conn:
            save_classes(conn, run.id, classed)
        pairs += len(solutions) * (len(solutions) - 1) // 2
        conflicts += sum(answer.conflicts for answer in classed) // 2
        undecided += sum(answer.undecided for answer in classed) // 2
    return Compared(len(answers) - len(failed), pairs, conflicts, undecided, failed)


def _classes(
    verifier: Verifier, sandbox: Sandbox, problem: Problem, solutions: Mapping[int, Solution]
) -> list[ClassedAnswer]:
    ids = sorted(solutions)
    equal: list[tuple[int, int]] = []
    different: list[tuple[int, int]] = []
    undecided = dict.fromkeys(ids, 0)
    for one, other in combinations(range(len(ids)), 2):
        asked = replace(problem, spec={**problem.spec, "answer": solutions[ids[one]].text})
        same = _same(verifier, sandbox, asked, solutions[ids[other]])
        if same is None:
            undecided[ids[one]] += 1
            undecided[ids[other]] += 1
        else:
            (equal if same else different).append((one, other))
    found = answer_classes(len(ids), equal, different)
    conflicts = found.conflicts_of()
    return [
        ClassedAnswer(ids[at], ids[int(found.ids[at])], int(conflicts[at]), undecided[ids[at]])
        for at in range(len(ids))
    ]


def _same(
    verifier: Verifier, sandbox: Sandbox, problem: Problem, solution: Solution
) -> bool | None:
    """Whether the verifier finds two answers equal; None where it comes to no result."""
    attempt = verify(verifier, sandbox, problem, solution)
    if attempt.status is Status.INFRA_ERROR:
        raise SandboxError(f"the answers could not be compared: {attempt.message}")
    if attempt.status is Status.PASSED:
        return True
    return False if attempt.status is Status.FAILED else None
