"""SWE-bench's own reports of evaluated patches: one of each instance, one of each run.

The form is that of `swebench` 5 (schema_version 2), so that tools for it read these; a key
`vervet` beside the official ones holds what they have no place for. The official form knows one
patch an instance: of k candidates the first is reported under the model's name, the others under
`MODEL__k1`, `MODEL__k2` and so on, each as if it were a model of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vervet.core.errors import UsageError
from vervet.core.status import Flag, Status

__all__ = [
    "EvaluatedPatch",
    "TestLists",
    "file_name",
    "instance_report",
    "model_folder",
    "run_report",
]

SCHEMA_VERSION = 2
_AMBIGUOUS = frozenset({Status.TIMED_OUT, Status.MEMORY_EXCEEDED, Status.OUTPUT_EXCEEDED})
_DOUBTED = frozenset({Flag.FLAGGED, Flag.UNSAFE})
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class TestLists:
    """The instance's tests by what became of them: names of those met and those missed."""

    __test__ = False

    f2p_success: tuple[str, ...] = ()
    f2p_failure: tuple[str, ...] = ()
    p2p_success: tuple[str, ...] = ()
    p2p_failure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluatedPatch:
    """One candidate and its verdict.

    `patch` is None where the prediction has none. `lists` is None unless results were found in
    the log; `tests` holds the outcome of every test that the parser saw. `log` is
    what the tests printed, markers and all; `notes` are lines on how the patch fared before.
    """

    instance_id: str
    model: str
    ordinal: int
    patch: str | None
    status: Status
    code: str = ""
    flags: frozenset[Flag] = frozenset()
    tests: Mapping[str, str] | None = None
    lists: TestLists | None = None
    log: bytes | None = None
    eval_script: str = ""
    notes: tuple[str, ...] = ()
    timeout_s: float | None = None
    applied: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether there is no patch at all, as the official report takes it."""
        return self.patch is None or self.patch == ""

    @property
    def resolved(self) -> bool:
        """Whether it passed and nothing about that is doubted."""
        return self.status is Status.PASSED and not self.flags & _DOUBTED

    @property
    def has_report(self) -> bool:
        """Whether the official layout has a `report.json` of it: its tests came to an end."""
        ended = self.status not in (Status.TIMED_OUT, Status.INFRA_ERROR)
        return not self.is_empty and self.applied and self.log is not None and ended


def instance_report(patch: EvaluatedPatch) -> dict[str, Any]:
    """The content of `report.json`, by instance as the official one is.

    `resolved` is Vervet's verdict, so a forged pass is not resolved whatever the log says.
    """
    report: dict[str, Any] = {
        "patch_is_None": patch.patch is None,
        "patch_exists": patch.patch is not None,
        "patch_successfully_applied": patch.lists is not None,
        "resolved": patch.resolved,
        "infra_failure": patch.status is Status.INFRA_ERROR,
    }
    if patch.status is Status.INFRA_ERROR:
        report["infra_failure_reason"] = patch.code
    if patch.lists is not None:
        lists = patch.lists
        report["tests_status"] = {
            "FAIL_TO_PASS": _both(lists.f2p_success, lists.f2p_failure),
            "PASS_TO_PASS": _both(lists.p2p_success, lists.p2p_failure),
            "FAIL_TO_FAIL": _both((), ()),
            "PASS_TO_FAIL": _both((), ()),
        }
    report["vervet"] = {
        "model": patch.model,
        "ordinal": patch.ordinal,
        "status": patch.status.value,
        "code": patch.code,
        "flags": sorted(flag.value for flag in patch.flags),
        "tests": dict(patch.tests or {}),
    }
    return {patch.instance_id: report}


def run_report(patches: Sequence[EvaluatedPatch], instance_ids: Iterable[str]) -> dict[str, Any]:
    """The official report of a run: at most one patch an instance, of all of `instance_ids`.

    Raises `UsageError` for two patches of one instance. The official lists overlap as theirs do:
    what has a report is completed, and what has none and is not empty is an error.
    """
    by_id: dict[str, EvaluatedPatch] = {}
    for patch in patches:
        if by_id.setdefault(patch.instance_id, patch) is not patch:
            raise UsageError(
                f"a run's report holds one patch an instance, and {patch.instance_id} has two",
                hint="Report each ordinal on its own.",
            )
    wanted = list(dict.fromkeys(instance_ids))
    judged = [by_id[each] for each in wanted if each in by_id]
    tried = [each for each in judged if not each.is_empty]
    ids: dict[str, list[str]] = {
        "completed": _ids(each for each in tried if each.has_report),
        "incomplete": sorted(each for each in wanted if each not in by_id),
        "empty_patch": _ids(each for each in judged if each.is_empty),
        "submitted": sorted(by_id),
        "resolved": _ids(each for each in tried if each.has_report and each.resolved),
        "unresolved": _ids(each for each in tried if each.has_report and not each.resolved),
        "infra_failure": _ids(each for each in tried if each.status is Status.INFRA_ERROR),
        "ambiguous_failure": _ids(each for each in tried if each.status in _AMBIGUOUS),
        "error": _ids(each for each in tried if not each.has_report),
    }
    counted = (
        "completed", "resolved", "unresolved", "infra_failure", "ambiguous_failure",
        "empty_patch", "error",
    )  # fmt: skip
    failed = _ids(each for each in tried if each.status in {Status.INFRA_ERROR, *_AMBIGUOUS})
    return {
        "total_instances": len(wanted),
        "submitted_instances": len(by_id),
        **{f"{name}_instances": len(ids[name]) for name in counted},
        **{f"{name}_ids": ids[name] for name in ids},
        "failure_reasons": {each: by_id[each].code or by_id[each].status.value for each in failed},
        "schema_version": SCHEMA_VERSION,
        "vervet": _beside(judged),
    }


def _beside(judged: Sequence[EvaluatedPatch]) -> dict[str, Any]:
    """What the official report has no place for: statuses, rejected patches, doubted passes."""
    passed = [each for each in judged if each.status is Status.PASSED]
    return {
        "statuses": {each.instance_id: each.status.value for each in judged},
        "codes": {each.instance_id: each.code for each in judged if each.code},
        "rejected_ids": _ids(each for each in judged if each.status is Status.REJECTED),
        "flagged_ids": _ids(each for each in passed if not each.resolved),
    }


def model_folder(model: str, ordinal: int) -> str:
    """What the official layout calls the `ordinal`-th candidates (from 0) of a model."""
    name = file_name(model)
    return name if ordinal == 0 else f"{name}__k{ordinal}"


def file_name(name: str) -> str:
    """A name as part of a path: slashes become "__" as in `swebench`, and it stays a name.

    Long ones end in their digest, so that no two fall together.
    """
    plain = name.replace("/", "__").replace("\0", "")
    if plain in ("", ".", ".."):
        plain = f"_{plain}"
    if len(plain.encode("utf-8", "surrogatepass")) <= _LONGEST and plain.isprintable():
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    kept = "".join(each for each in plain if each.isprintable() and each.isascii())
    return f"{kept[: _LONGEST - 20]}-{digest}"


def _both(success: Sequence[str], failure: Sequence[str]) -> dict[str, list[str]]:
    return {"success": list(success), "failure": list(failure)}


def _ids(patches: Iterable[EvaluatedPatch]) -> list[str]:
    return sorted(each.instance_id for each in patches)
