"""Importing candidates that were sampled elsewhere into a run of their own.

The file is read twice, a record at a time: once to count, once to record. What cannot be used
is set aside by line and never stops the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vervet.core.digests import digest_file
from vervet.core.errors import CandidateError
from vervet.core.lines import SetAside
from vervet.core.sampling import GeneratorInfo
from vervet.core.values import Candidate, Suite
from vervet.generation.recorded import RecordedCandidate, read_recorded
from vervet.pipeline.record import Recorder
from vervet.pipeline.session import Session

__all__ = ["FileContents", "import_candidates", "survey"]

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class FileContents:
    """What a file of candidates holds, seen before anything is recorded.

    `most` is the largest number of candidates of one problem, `empty` how many completions hold
    nothing; `unsampled` are problems of the suite that it has no candidate of. At most
    `per_problem` candidates of each problem are counted and imported, if that is given.
    """

    path: Path
    whole: Suite
    source: str | None
    per_problem: int | None
    model: GeneratorInfo
    candidates: int
    most: int
    empty: int
    unsampled: tuple[str, ...]
    set_aside: tuple[SetAside, ...]


def survey(
    path: Path,
    suite: Suite,
    *,
    whole: Suite,
    source: str | None = None,
    per_problem: int | None = None,
) -> FileContents:
    """Read the file once and count its candidates of `suite`, which is part of `whole`.

    What belongs to the rest of `whole` is passed over; what belongs to no problem is set aside.
    Raises `CandidateError` if no usable candidate is left.
    """
    wanted = {problem.id for problem in suite.problems}
    counts: Counter[str] = Counter()
    set_aside: list[SetAside] = []
    empty = 0
    for item in read_recorded(path, whole, source=source):
        if isinstance(item, SetAside):
            set_aside.append(item)
        elif item.problem_id in wanted and _within(item, per_problem):
            counts[item.problem_id] += 1
            empty += not item.completion.strip()
    if not counts:
        first = {item.reason: item for item in reversed(set_aside)}  # one line for each reason
        reasons = "; ".join(map(str, sorted(first.values(), key=lambda item: item.line)[:3]))
        raise CandidateError(
            f"{path} holds no candidate of suite {suite.name!r}",
            hint=reasons or "The file is empty.",
        )
    return FileContents(
        path=path,
        whole=whole,
        source=source,
        per_problem=per_problem,
        model=GeneratorInfo("recorded", _model(path, source), None, digest_file(path)),
        candidates=counts.total(),
        most=max(counts.values()),
        empty=empty,
        unsampled=tuple(p.id for p in suite.problems if p.id not in counts),
        set_aside=tuple(set_aside),
    )


def import_candidates(contents: FileContents, session: Session, recorder: Recorder) -> int:
    """Record every usable candidate of the file; how many were not there before."""
    before = recorder.inserted
    candidates = _candidates(contents, session)
    while some := list(islice(candidates, AT_ONCE)):
        recorder.record(some)
    return recorder.inserted - before


def _model(path: Path, source: str | None) -> str:
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return stem if source is None else f"{stem}:{source}"


def _within(item: RecordedCandidate, per_problem: int | None) -> bool:
    return per_problem is None or item.ordinal < per_problem


def _candidates(contents: FileContents, session: Session) -> Iterator[Candidate]:
    problems = {problem.id: problem for problem in session.suite.problems}
    for item in read_recorded(contents.path, contents.whole, source=contents.source):
        if isinstance(item, SetAside) or not _within(item, contents.per_problem):
            continue
        if item.problem_id in problems:
            problem = problems[item.problem_id]
            verifier = session.verifiers[problem.kind]
            yield Candidate(
                problem_id=item.problem_id,
                ordinal=item.ordinal,
                completion=item.completion,
                solution=verifier.extract(
                    problem, item.completion, cut=item.finish_reason == "length"
                ),
                finish_reason=item.finish_reason,
                claimed=item.claimed,
            )
