"""Which answers of a run are equal, asked of the verifier pair by pair and written as classes.

A pair is compared by putting one answer in the place of the problem's own: the truth is never
looked at, so a vote over classes learns nothing from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vervet.analysis.selectors_classes import answer_classes
from vervet.core.errors import SandboxError
from vervet.core.status import Status
from vervet.core.values import Problem, Solution
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.wrapped import WrappedSandbox
from vervet.store.database import Database
from vervet.store.runs import Run
from vervet.store.scores import ClassedAnswer, answers_to_compare, save_classes
from vervet.store.suites import load_problems
from vervet.verification.protocol import Verifier
from vervet.verification.registry import verifier_for, verify

__all__ = ["KIND", "MOST_JOBS", "Compared", "compare_answers", "lacks_classes"]

KIND = "answer"
"""The kind of problem whose solutions can stand in for its expected answer."""
MOST_JOBS = 2000
"""Comparisons of one problem's answers that go to the sandbox, at some ten milliseconds each."""


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


def compare_answers(
    database: Database,
    run: Run,
    sandbox: Sandbox,
    *,
    anew: bool = False,
    most_jobs: int = MOST_JOBS,
) -> Compared:
    """Compare the answers of every problem that lacks a class, or of all (`anew`).

    The classes of each problem are written as soon as it is done, so that nothing is lost by an
    interruption. Most pairs are decided on the host; for each problem at most `most_jobs` go to
    the sandbox, those of the most frequent answers first, and the rest are left undecided.
    """
    with database.read() as conn:
        answers = answers_to_compare(conn, run.id, KIND, anew=anew)
        problems = load_problems(conn, list(answers))
    verifier = verifier_for(KIND)
    pairs = conflicts = undecided = 0
    failed: dict[str, str] = {}
    for problem_id, solutions in answers.items():
        problem = problems[problem_id]
        try:
            classed = _classes(verifier, _Sparing(sandbox, most_jobs), problem, solutions)
        except SandboxError as error:
            failed[problem.id] = error.message
            continue
        with database.write() as conn:
            save_classes(conn, run.id, classed)
        pairs += len(solutions) * (len(solutions) - 1) // 2
        conflicts += sum(answer.conflicts for answer in classed) // 2
        undecided += sum(answer.undecided for answer in classed) // 2
    return Compared(len(answers) - len(failed), pairs, conflicts, undecided, failed)


class _SpentError(Exception):
    """As many jobs as were allowed have been run."""


class _Sparing(WrappedSandbox):
    """A sandbox that runs so many jobs and then raises `_SpentError`."""

    def __init__(self, sandbox: Sandbox, jobs: int) -> None:
        super().__init__(sandbox)
        self._left = jobs

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """As the sandbox does."""
        if self._left == 0:
            raise _SpentError
        self._left -= 1
        return super().run(job, on_check)


def _classes(
    verifier: Verifier, sandbox: Sandbox, problem: Problem, solutions: Mapping[int, Solution]
) -> list[ClassedAnswer]:
    """The classes of solutions that come with the most frequent first."""
    ids = list(solutions)
    equal: list[tuple[int, int]] = []
    different: list[tuple[int, int]] = []
    undecided = dict.fromkeys(ids, 0)
    # All pairs among the first few come before any pair with the next one.
    for one, other in ((a, b) for b in range(len(ids)) for a in range(b)):
        asked = replace(problem, spec={**problem.spec, "answer": solutions[ids[one]].text})
        same = _same(verifier, sandbox, asked, solutions[ids[other]])
        if same is None:
            undecided[ids[one]] += 1
            undecided[ids[other]] += 1
        else:
            (equal if same else different).append((one, other))
    found = answer_classes(len(ids), equal, different)
    conflicts = found.conflicts_of()
    lowest: dict[int, int] = {}
    for at, each in enumerate(found.ids.tolist()):
        lowest[each] = min(ids[at], lowest.get(each, ids[at]))
    return [
        ClassedAnswer(ids[at], lowest[each], int(conflicts[at]), undecided[ids[at]])
        for at, each in enumerate(found.ids.tolist())
    ]


def _same(
    verifier: Verifier, sandbox: Sandbox, problem: Problem, solution: Solution
) -> bool | None:
    """Whether the verifier finds two answers equal; None where it comes to no result."""
    try:
        attempt = verify(verifier, sandbox, problem, solution)
    except _SpentError:
        return None
    if attempt.status is Status.INFRA_ERROR:
        raise SandboxError(f"the answers could not be compared: {attempt.message}")
    if attempt.status is Status.PASSED:
        return True
    return False if attempt.status is Status.FAILED else None
