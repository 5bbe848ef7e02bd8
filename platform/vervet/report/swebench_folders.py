"""SWE-bench's folders of a run, written for its tools and read back to grade logs anew.

ROOT/logs/run_evaluation/RUN/MODEL/INSTANCE/{report.json,test_output.txt,patch.diff,
run_instance.log,eval.sh}, ROOT/logs/run_evaluation/RUN/{run.json,predictions.jsonl} and
ROOT/MODEL.RUN.json. The k-th candidates (from 0) of a model stand under `MODEL__k<k>` for k > 0.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vervet.core.errors import UsageError
from vervet.core.status import Status
from vervet.report.swebench import (
    EvaluatedPatch,
    file_name,
    instance_report,
    model_folder,
    run_report,
)

__all__ = ["StoredLog", "stored_logs", "write_instance", "write_run", "write_run_reports"]

LOGS = Path("logs") / "run_evaluation"
APPLIED, NOT_APPLIED = ">>>>> Applied Patch", ">>>>> Patch Apply Failed"
_ORDINAL = re.compile(r"(?P<model>.+)__k(?P<ordinal>[1-9]\d{0,6})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class StoredLog:
    """What a folder of an instance holds; `log` is None where the tests never ran."""

    folder: Path
    model: str
    ordinal: int
    instance_id: str
    patch: str
    log: bytes | None


def write_run(
    root: Path,
    run_id: str,
    patches: Sequence[EvaluatedPatch],
    instance_ids: Sequence[str],
    *,
    dataset: str,
    split: str = "test",
    task_repo: str | None = None,
) -> tuple[Path, ...]:
    """Write every folder and report of a run; the paths of the reports of the run.

    `dataset`, `split` and `task_repo` are what `swebench report` takes the tests from. Raises
    `UsageError` if the folder cannot be written.
    """
    run = root / LOGS / file_name(run_id)
    try:
        for patch in patches:
            write_instance(root, run_id, patch)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        metadata = {"dataset": dataset, "split": split, "task_repo": task_repo}
        _write(run / "run.json", _json({**metadata, "created_at": created}))
        _write(run / "predictions.jsonl", "".join(map(_line, _in_order(patches))))
        return write_run_reports(root, run_id, patches, instance_ids)
    except OSError as error:
        raise UsageError(
            f"cannot write to {root}: {error.strerror or error}", hint="Name another folder."
        ) from error


def write_run_reports(
    root: Path, run_id: str, patches: Iterable[EvaluatedPatch], instance_ids: Iterable[str]
) -> tuple[Path, ...]:
    """One official report for each model and ordinal: `MODEL.RUN.json` in `root`."""
    wanted = list(instance_ids)
    groups: dict[tuple[str, int], list[EvaluatedPatch]] = defaultdict(list)
    for patch in patches:
        groups[patch.model, patch.ordinal].append(patch)
    written = []
    for (model, ordinal), group in sorted(groups.items()):
        path = root / f"{model_folder(model, ordinal)}.{file_name(run_id)}.json"
        _write(path, _json(run_report(group, wanted)))
        written.append(path)
    return tuple(written)


def write_instance(root: Path, run_id: str, patch: EvaluatedPatch) -> Path:
    """Write the folder of one candidate; `report.json` last, since tools take it for the end."""
    model = model_folder(patch.model, patch.ordinal)
    folder = root / LOGS / file_name(run_id) / model / file_name(patch.instance_id)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "patch.diff", patch.patch or "")
    _write(folder / "run_instance.log", _run_log(patch))
    if patch.eval_script:
        _write(folder / "eval.sh", patch.eval_script)
    if patch.log is not None:
        _write(folder / "test_output.txt", _log(patch))
    report = folder / "report.json"
    if patch.has_report:
        _write(report, _json(instance_report(patch)))
    else:
        report.unlink(missing_ok=True)
    return folder


def stored_logs(root: Path, run_id: str) -> Iterator[StoredLog]:
    """Every folder of an instance of a run, sorted by model and instance.

    Raises `UsageError` if there is no such run.
    """
    run = root / LOGS / file_name(run_id)
    if not run.is_dir():
        known = sorted(each.name for each in (root / LOGS).glob("*") if each.is_dir())
        raise UsageError(
            f"{root} holds no logs of run {run_id!r}",
            hint=f"It has: {', '.join(known[:12])}." if known else "It has none at all.",
        )
    for folder in sorted(each for each in run.glob("*/*") if each.is_dir()):
        patch, log = folder / "patch.diff", folder / "test_output.txt"
        model, ordinal = _model_of(folder)
        yield StoredLog(
            folder=folder,
            model=model,
            ordinal=ordinal,
            instance_id=folder.name,
            patch=patch.read_bytes().decode("utf-8", "replace") if patch.is_file() else "",
            log=log.read_bytes() if log.is_file() else None,
        )


def _model_of(folder: Path) -> tuple[str, int]:
    """Model and ordinal: as our report says, else as the folder's name does."""
    try:
        report = json.loads((folder / "report.json").read_bytes())
        beside = report[folder.name]["vervet"]
        return str(beside["model"]), int(beside["ordinal"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        named = _ORDINAL.fullmatch(folder.parent.name)
        return (named["model"], int(named["ordinal"])) if named else (folder.parent.name, 0)


def _run_log(patch: EvaluatedPatch) -> str:
    """How the patch fared before its tests, and what came of it, a line each."""
    lines = [f"Vervet's log of {patch.instance_id}, {patch.model}, candidate {patch.ordinal}"]
    if not patch.is_empty:
        lines.append(APPLIED if patch.applied else NOT_APPLIED)
    lines += patch.notes
    flags = ", ".join(sorted(flag.value for flag in patch.flags))
    code = f" ({patch.code})" if patch.code else ""
    lines.append(f"Verdict: {patch.status.value}{code}{f'; {flags}' if flags else ''}")
    return "\n".join([*lines, ""])


def _log(patch: EvaluatedPatch) -> str:
    """The tests' output as the official tool writes it, which reads nothing but UTF-8."""
    text = (patch.log or b"").decode("utf-8", "replace")
    if patch.status is Status.TIMED_OUT and patch.timeout_s is not None:
        text += f"\n\nTimeout error: {patch.timeout_s:g} seconds exceeded."
    return text


def _in_order(patches: Iterable[EvaluatedPatch]) -> list[EvaluatedPatch]:
    return sorted(patches, key=lambda each: (each.ordinal, each.model, each.instance_id))


def _line(patch: EvaluatedPatch) -> str:
    """A prediction as a line: read again, it has the ordinal that it has here."""
    prediction = {
        "instance_id": patch.instance_id,
        "model_name_or_path": patch.model,
        "model_patch": patch.patch,
    }
    return f"{json.dumps(prediction)}\n"


def _json(value: Mapping[str, Any]) -> str:
    return f"{json.dumps(value, indent=4)}\n"


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8", errors="replace", newline="")
    part.replace(path)
