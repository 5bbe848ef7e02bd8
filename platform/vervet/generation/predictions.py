"""Predictions as SWE-bench's tools write them: one object a patch, any number an instance.

`{"instance_id", "model_name_or_path", "model_patch"}`, as JSON lines, a JSON list or a mapping by
instance. The order of the file gives the ordinals: the k-th prediction of an instance is its
k-th candidate, also where it repeats an earlier one. Never looks into a patch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vervet.core.digests import digest_text
from vervet.core.documents import read_objects
from vervet.core.errors import CandidateError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Suite
from vervet.generation.matching import PromptMatcher

__all__ = [
    "INSTANCE",
    "MODEL",
    "PATCH",
    "Prediction",
    "Predictions",
    "Remark",
    "is_prediction",
    "prediction_of",
    "read_predictions",
]

INSTANCE = "instance_id"
MODEL = "model_name_or_path"
PATCH = "model_patch"
UNNAMED = "None"
"""What SWE-bench's tools call a model whose predictions do not name it."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One patch: the `ordinal`-th (from 0) of its instance and model, and its line in the file.

    `patch` is empty where the file gives none; it is a candidate all the same, since one that
    was sampled counts.
    """

    instance_id: str
    model: str
    ordinal: int
    patch: str
    line: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What is odd about a line and yet used."""

    line: int
    words: str


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a file holds: predictions in its order, what was left out, and what was remarked.

    `passed_over` counts predictions of instances that were not asked for.
    """

    file: str
    predictions: tuple[Prediction, ...]
    set_aside: tuple[SetAside, ...]
    remarks: tuple[Remark, ...]
    passed_over: int = 0

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in the order in which the file comes to them."""
        return tuple(dict.fromkeys(each.model for each in self.predictions))

    @property
    def most(self) -> int:
        """The largest number of candidates that a model has of one instance."""
        counts = Counter((each.model, each.instance_id) for each in self.predictions)
        return max(counts.values(), default=0)

    @property
    def summary(self) -> str:
        """What was used and what was left out, in one sentence."""
        instances = len({each.instance_id for each in self.predictions})
        empty = sum(not each.patch.strip() for each in self.predictions)
        parts = [
            f"{len(self.predictions):,} predictions of {instances:,} instances",
            f"{empty:,} without a patch" if empty else "",
            f"{self.passed_over:,} of instances that were not asked for"
            if self.passed_over
            else "",
            f"{len(self.set_aside):,} lines left out" if self.set_aside else "",
        ]
        return "; ".join(part for part in parts if part)


def is_prediction(value: Mapping[str, Any]) -> bool:
    """Whether a record is a prediction and no other form of a candidate."""
    return INSTANCE in value and "completion" not in value and "samples" not in value


def prediction_of(value: Mapping[str, Any], matcher: PromptMatcher) -> tuple[str, str, str, str]:
    """Instance, model, patch and remark ("" if there is none) of a record.

    Raises `CandidateError` for an unknown instance and for a model or patch that is no text.
    """
    if INSTANCE not in value:
        keys = ", ".join(map(str, list(value)[:8])) or "none"
        raise CandidateError(f"the key {INSTANCE!r} is missing; its keys are {keys}")
    instance_id = matcher.by_id(value[INSTANCE])
    model = value.get(MODEL)
    if model is not None and not isinstance(model, str):
        raise CandidateError(f"{MODEL!r} is {type(model).__name__}, not a string")
    patch = value.get(PATCH)
    if patch is not None and not isinstance(patch, str):
        raise CandidateError(f"{PATCH!r} is {type(patch).__name__}, not a string")
    remarks = []
    if not model:
        remarks.append(f"names no model ({MODEL!r})")
    if PATCH not in value:
        remarks.append(f"has no {PATCH!r}: it counts as a candidate without a patch")
    elif not (patch or "").strip():
        state = "null" if patch is None else "empty"
        remarks.append(f"{PATCH!r} is {state}: it counts as a candidate without a patch")
    return instance_id, model or UNNAMED, patch or "", "; ".join(remarks)


def read_predictions(
    path: Path,
    suite: Suite,
    *,
    whole: Suite | None = None,
    model: str | None = None,
    per_instance: int | None = None,
) -> Predictions:
    """Every prediction of the file for an instance of `suite`, the first `per_instance` of each.

    Predictions for other instances of `whole` are passed over and counted, those for none are set
    aside; with `model`, so are those of other models. Raises `CandidateError` if the file cannot
    be read or no prediction is left.
    """
    found = _Reading(str(path), suite, whole or suite, model, per_instance)
    try:
        for item in read_objects(path, INSTANCE):
            found.take(item)
    except OSError as error:
        raise CandidateError(f"cannot read {path}: {error.strerror or error}") from error
    if not found.predictions:
        first = {item.reason: item for item in reversed(found.set_aside)}
        reasons = "; ".join(map(str, sorted(first.values(), key=lambda item: item.line)[:3]))
        raise CandidateError(
            f"{path} holds no prediction for an instance of {suite.name!r}",
            hint=reasons or "The file is empty, or its instances are not among those asked for.",
        )
    return Predictions(
        str(path),
        tuple(found.predictions),
        tuple(found.set_aside),
        tuple(found.remarks),
        found.passed_over,
    )


class _Reading:
    """A file on its way to `Predictions`."""

    def __init__(
        self, file: str, suite: Suite, whole: Suite, model: str | None, most: int | None
    ) -> None:
        self.predictions: list[Prediction] = []
        self.set_aside: list[SetAside] = []
        self.remarks: list[Remark] = []
        self.passed_over = 0
        self._file = file
        self._model = model
        self._most = most
        self._matcher = PromptMatcher(whole)
        self._wanted = {problem.id for problem in suite.problems}
        self._ordinals: Counter[tuple[str, str]] = Counter()
        self._lines: dict[tuple[str, str, str], int] = {}

    def take(self, item: Record | SetAside) -> None:
        if isinstance(item, SetAside):
            self.set_aside.append(item)
            return
        try:
            instance_id, model, patch, remark = prediction_of(item.value, self._matcher)
            if self._model is not None and model != self._model:
                raise CandidateError(f"is of the model {model!r:.80}, not of {self._model!r:.80}")
        except CandidateError as error:
            self.set_aside.append(SetAside(self._file, item.line, error.message))
            return
        key = (model, instance_id)
        if instance_id not in self._wanted or self._ordinals[key] == self._most:
            self.passed_over += 1
            return
        if remark:
            self.remarks.append(Remark(item.line, remark))
        self._remark_on_twin((*key, digest_text(patch)), item.line, bool(patch.strip()))
        self.predictions.append(
            Prediction(instance_id, model, self._ordinals[key], patch, item.line)
        )
        self._ordinals[key] += 1

    def _remark_on_twin(self, key: tuple[str, str, str], line: int, has_patch: bool) -> None:
        earlier = self._lines.setdefault(key, line)
        if earlier != line and has_patch:
            words = f"holds the same patch for {key[1]!r} as line {earlier}: it counts once more"
            self.remarks.append(Remark(line, words))
