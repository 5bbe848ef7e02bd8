"""Suites by name or path: the ones that ship with Vervet lie beside this module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from vervet.core.errors import ProblemError, UnknownNameError
from vervet.core.values import Problem, Suite
from vervet.problems.formats import LoadedSuite
from vervet.problems.hub import is_hub_name, read_hub_suite
from vervet.problems.reading import ProblemCheck, first_reasons, guess_format, read_suite

__all__ = [
    "SuiteSummary",
    "bundled_names",
    "existing_file",
    "find_problem",
    "load",
    "recorded_candidates",
    "recorded_names",
    "suite_file",
    "summaries",
    "summarise",
]

_FOLDER = Path(__file__).parent / "bundled"
_BY_PATH = {
    "humaneval": "HumanEval does not ship with Vervet: give the path of HumanEval.jsonl.gz instead "
    "(from OpenAI's repository human-eval); humaneval-mini has a few problems of its form."
}


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    """What a list of suites shows: problems in all and by kind, and with references."""

    name: str
    problems: int
    kinds: Mapping[str, int]
    with_references: int
    origin: str


def bundled_names() -> tuple[str, ...]:
    """Names of the suites that ship with Vervet, sorted."""
    return tuple(sorted(_bundled()))


def load(
    name_or_path: str,
    *,
    format: str | None = None,  # noqa: A002
    limit: int | None = None,
    check: ProblemCheck | None = None,
) -> LoadedSuite:
    """A bundled suite by name, the problems of a file, or `hf://OWNER/NAME` of the hub.

    What `check` refuses is set aside. Raises `UnknownNameError` if there is no such suite,
    `ProblemError` if it cannot be read or no problem of it is sound, `UsageError` for a limit
    below 1.
    """
    bundled = _bundled()
    if is_hub_name(name_or_path):
        loaded = read_hub_suite(name_or_path, format=format, limit=limit, check=check)
    elif name_or_path in bundled:
        path = bundled[name_or_path]
        loaded = read_suite(path, name=name_or_path, limit=limit, check=check)
        loaded = replace(loaded, suite=replace(loaded.suite, origin="bundled"))
    else:
        path = existing_file(name_or_path)
        loaded = read_suite(path, format=format, limit=limit, check=check)
    if not loaded.suite.problems:
        raise ProblemError(
            f"{loaded.suite.origin} holds no sound problem; {len(loaded.set_aside)} were set aside",
            hint=first_reasons(loaded.set_aside) or "The file is empty.",
        )
    return loaded


def recorded_names() -> tuple[str, ...]:
    """Names of the bundled suites that ship with candidates, sorted."""
    return tuple(sorted(_recorded()))


def recorded_candidates(name_or_path: str) -> Path:
    """The candidates that a bundled suite ships with, or the file of that name.

    Raises `UnknownNameError` or `ProblemError` if there is neither.
    """
    return _recorded().get(name_or_path) or existing_file(name_or_path)


def find_problem(suite: Suite, problem_id: str) -> Problem:
    """The problem of that id. Raises `UnknownNameError` with the nearest ids."""
    for problem in suite.problems:
        if problem.id == problem_id:
            return problem
    raise UnknownNameError(
        f"problem of suite {suite.name}", problem_id, (problem.id for problem in suite.problems)
    )


def summarise(suite: Suite) -> SuiteSummary:
    """Counts of one suite."""
    return SuiteSummary(
        name=suite.name,
        problems=len(suite.problems),
        kinds=dict(sorted(Counter(problem.kind for problem in suite.problems).items())),
        with_references=sum(1 for problem in suite.problems if problem.references),
        origin=suite.origin,
    )


def summaries() -> tuple[SuiteSummary, ...]:
    """One summary per bundled suite, sorted by name."""
    return tuple(summarise(load(name).suite) for name in bundled_names())


def suite_file(name: str) -> Path:
    """The file of a bundled suite, or the one of that name; raises as `existing_file` does."""
    return _bundled().get(name) or existing_file(name)


def existing_file(name: str) -> Path:
    """The file of that name, or the folder, if a format reads it.

    Raises `UnknownNameError` or `ProblemError` if it is none.
    """
    bundled = _bundled()
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        guess_format(path)
        return path
    known = _neighbours(path) if path.suffix or len(path.parts) > 1 else (*bundled, *_BY_PATH)
    error = UnknownNameError("suite or problem file", name, known or bundled)
    error.hint = _BY_PATH.get(name.lower(), error.hint)
    raise error


def _bundled() -> dict[str, Path]:
    return _by_name(_FOLDER) | {path.name: path for path in _folders()}


def _recorded() -> dict[str, Path]:
    predictions = {path.name: path / "predictions.jsonl" for path in _folders()}
    return _by_name(_FOLDER / "recorded") | {
        name: path for name, path in predictions.items() if path.is_file()
    }


def _folders() -> list[Path]:
    """Suites that are a folder of tasks, as SWE-bench keeps its instances."""
    return [path.parent for path in _FOLDER.glob("*/tasks")]


def _by_name(folder: Path) -> dict[str, Path]:
    files = (*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz"))
    return {path.name.split(".")[0]: path for path in files}


def _neighbours(path: Path) -> tuple[str, ...]:
    """Files in the folder where a file was looked for: a misspelt one has its twin there."""
    if not path.parent.is_dir():
        return ()
    return tuple(str(one) for one in islice(path.parent.iterdir(), 200) if one.is_file())
