"""Reading known-correct solutions from a file into the references of a suite, and listing them.

The suite is recorded as every audit will look for it: with what its own references showed of it.
Nothing is verified here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vervet.core.errors import CandidateError
from vervet.core.lines import SetAside
from vervet.core.status import Status
from vervet.core.values import Suite
from vervet.generation.recorded import RecordedCandidate, read_recorded
from vervet.pipeline.config import RunConfig
from vervet.pipeline.prepared import prepared_suite
from vervet.pipeline.session import verifiers_of
from vervet.sandbox.protocol import Sandbox
from vervet.store.database import Database
from vervet.store.references import Reference, add_references, load_references
from vervet.store.suites import save_suite

__all__ = ["ImportedReferences", "import_references", "references_of"]

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ImportedReferences:
    """What came of a file: usable completions, how many of them were `new`, of how many problems.

    `without` are problems of the suite that still have no reference at all.
    """

    file: str
    suite: str
    origin: str
    usable: int
    new: int
    problems: int
    without: tuple[str, ...]
    set_aside: tuple[SetAside, ...]


def import_references(
    database: Database,
    path: Path,
    suite: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    *,
    origin: str,
    source: str | None = None,
) -> ImportedReferences:
    """Add the completions of a file of candidates to the references of a suite.

    What is there already is not written again. Set aside are lines that cannot be read, what
    belongs to no problem, empty completions, and those that the file itself says do not pass.
    Raises `CandidateError` if no usable one is left or the file cannot be read.
    """
    set_aside: list[SetAside] = []
    found: Counter[str] = Counter()
    new = 0
    usable = _usable(path, suite, source, set_aside)
    first = next(usable, None)
    if first is None:
        reasons = "; ".join(dict.fromkeys(str(each) for each in set_aside[:3]))
        raise CandidateError(
            f"{path} holds no reference of suite {suite.name!r}",
            hint=reasons or "The file is empty.",
        )
    prepared = prepared_suite(suite, verifiers_of(suite), sandbox, config.prepared_dir)
    with database.write() as conn:
        suite_id = save_suite(conn, prepared)
    some = [first, *islice(usable, AT_ONCE - 1)]
    while some:
        by_problem: dict[str, list[str]] = defaultdict(list)
        for each in some:
            by_problem[each.problem_id].append(each.completion)
            found[each.problem_id] += 1
        with database.write() as conn:
            new += add_references(conn, suite_id, by_problem, origin)
        some = list(islice(usable, AT_ONCE))
    with database.read() as conn:
        known = load_references(conn, suite_id)
    return ImportedReferences(
        file=str(path),
        suite=suite.name,
        origin=origin,
        usable=found.total(),
        new=new,
        problems=len(found),
        without=tuple(problem.id for problem in suite.problems if problem.id not in known),
        set_aside=tuple(set_aside),
    )


def references_of(
    database: Database, suite: Suite, config: RunConfig, sandbox: Sandbox
) -> dict[str, list[Reference]]:
    """The references of each problem that has any, its own first, then the imported ones."""
    prepared = prepared_suite(suite, verifiers_of(suite), sandbox, config.prepared_dir)
    with database.write() as conn:
        return load_references(conn, save_suite(conn, prepared))


def _usable(
    path: Path, suite: Suite, source: str | None, set_aside: list[SetAside]
) -> Iterator[RecordedCandidate]:
    for item in read_recorded(path, suite, source=source):
        if isinstance(item, SetAside):
            set_aside.append(item)
        elif not item.completion.strip():
            set_aside.append(SetAside(str(path), item.line, "an empty completion"))
        elif item.claimed is Status.FAILED:
            reason = "the file itself says that it does not pass"
            set_aside.append(SetAside(str(path), item.line, reason))
        else:
            yield item
