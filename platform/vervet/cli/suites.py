"""Suites and recorded candidates as commands name them: loaded, checked by their verifiers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vervet.core.errors import VervetError
from vervet.core.lines import SetAside
from vervet.core.values import Problem
from vervet.problems.bundled import load
from vervet.problems.checking import CheckedFile, check_file
from vervet.problems.formats import LoadedSuite
from vervet.verification.registry import verifier_for

__all__ = [
    "CheckedCandidates",
    "as_json",
    "check_candidates",
    "check_problems",
    "holds_patches",
    "judgeable",
    "load_suite",
]


@dataclass(frozen=True, slots=True)
class CheckedCandidates:
    """What a check of a file of candidates found; an empty completion counts as usable."""

    file: str
    usable: int
    problems: int
    without_candidates: int
    quarantined: tuple[SetAside, ...]


def load_suite(name: str, format: str | None, limit: int | None = None) -> LoadedSuite:  # noqa: A002
    """The suite of that name; a problem that its verifier cannot judge is set aside.

    Raises what `vervet.problems.bundled.load` raises.
    """
    return load(name, format=format, limit=limit, check=judgeable)


def holds_patches(name: str, format: str | None) -> bool:  # noqa: A002
    """Whether a suite of that name has problems that are solved by patches; false for none."""
    try:
        suite = load(name, format=format, limit=1).suite
    except VervetError:
        return False
    return any(problem.kind == "patch" for problem in suite.problems)


def check_problems(name: str, format: str | None) -> CheckedFile:  # noqa: A002
    """The check of a file of problems, with what their verifiers say of each."""
    return check_file(name, format=format, check=judgeable)


def check_candidates(path: Path, suite: LoadedSuite, source: str | None) -> CheckedCandidates:
    """The check of a file of candidates of a suite.

    An empty completion is named, and yet an import records it: it is a candidate that counts.
    Raises `CandidateError` if the file cannot be read.
    """
    from vervet.generation.recorded import read_recorded

    quarantined: list[SetAside] = []
    seen: set[str] = set()
    usable = 0
    for item in read_recorded(path, suite.suite, source=source):
        if isinstance(item, SetAside):
            quarantined.append(item)
            continue
        usable += 1
        seen.add(item.problem_id)
        if not item.completion.strip():
            reason = (
                f"an empty completion, number {item.ordinal + 1} of {item.problem_id!r}; "
                "recorded, it counts as malformed"
            )
            quarantined.append(SetAside(str(path), item.line, reason))
    return CheckedCandidates(
        file=str(path),
        usable=usable,
        problems=len(seen),
        without_candidates=len(suite.suite.problems) - len(seen),
        quarantined=tuple(quarantined),
    )


def as_json(problems: CheckedFile, candidates: CheckedCandidates | None) -> dict[str, Any]:
    """The quarantine report: the same fields for programs as for people."""
    return {
        "problems": asdict(problems),
        "candidates": asdict(candidates) if candidates else None,
    }


def judgeable(problem: Problem) -> None:
    """Raise `ProblemError` or `UnknownNameError` for what no verifier can judge."""
    verifier_for(problem.kind).check_problem(problem)
