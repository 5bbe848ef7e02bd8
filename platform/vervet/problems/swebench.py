"""SWE-bench's instances: rows of the data set as `swebench` 5 publishes them, or a folder of tasks.

Jimenez et al., "SWE-bench", 2024. A row names the image, the script and the log parser that
judge it; rows of older editions, which lack these, are set aside with what gives them. Never
starts a container and needs no `swebench`: what the script means is the verifier's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.fields import text, words_for
from vervet.problems.swebench_rows import is_task_folder, read_instances

__all__ = ["EVAL_TYPES", "PATCH_KEYS", "SwebenchFormat", "patch_spec"]

EVAL_TYPES = ("pass_and_fail", "fail_only")
PATCH_KEYS = (
    "repo", "base_commit", "image", "eval_script", "log_parser", "eval_type", "FAIL_TO_PASS",
    "PASS_TO_PASS", "test_patch", "version", "environment_setup_commit",
)  # fmt: skip
"""Keys of what `patch_spec` makes."""
_OF_FIVE = ("image", "eval_script", "log_parser", "eval_type")
TESTS = ("FAIL_TO_PASS", "PASS_TO_PASS")
_LABELS = ("repo", "version", "created_at", "difficulty", "split", "datasets")
_MOST_TESTS = 100_000


class SwebenchFormat:
    """Records with `instance_id`, `base_commit`, `eval_script`, `FAIL_TO_PASS` and the like."""

    name = "swebench"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of JSON lines, a JSON document or Parquet, each also as gzip; or a task folder."""
        return read_instances(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By keys that no other format has."""
        return {"instance_id", "base_commit", "problem_statement"} <= record.keys()

    def recognises_folder(self, path: Path) -> bool:
        """By its folder `tasks`, as task repositories have it."""
        return is_task_folder(path)

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `patch`; its reference is the gold patch."""
        del row
        for key in ("instance_id", "problem_statement"):
            text(record, key)
        gold = text(record, "patch", default="", empty=True)
        spec = patch_spec(record)
        return Problem(
            id=record["instance_id"],
            kind="patch",
            prompt=record["problem_statement"],
            spec=spec,
            labels={key: record[key] for key in _LABELS if record.get(key)},
            references=(gold,) if gold else (),
        )


def patch_spec(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the verifier of patches needs of a record. Raises `ProblemError` for the first fault."""
    where = {key: text(record, key) for key in ("repo", "base_commit")}
    _check_edition(record)
    spec: dict[str, Any] = {
        **where,
        **{key: text(record, key) for key in _OF_FIVE},
        **{key: _tests(record, key) for key in TESTS},
        "test_patch": text(record, "test_patch", empty=True),
        "version": _version(record),
        "environment_setup_commit": _optional(record, "environment_setup_commit"),
    }
    if not spec["FAIL_TO_PASS"]:
        raise ProblemError("'FAIL_TO_PASS' is empty, so no test could tell a fix from none")
    return spec


def _check_edition(record: Mapping[str, Any]) -> None:
    """Raise `ProblemError` for a row of an older edition, and for one that needs images."""
    missing = [key for key in _OF_FIVE if record.get(key) in (None, "")]
    if missing:
        raise ProblemError(
            f"lacks {_listed(missing)}, which rows of before swebench 5 do not have: take the "
            "data set as it is published now (hf://SWE-bench/SWE-bench_Lite) or a task repository"
        )
    if record["eval_type"] not in EVAL_TYPES:
        raise ProblemError(
            f"'eval_type' is {record['eval_type']!r:.60}, which is none of {', '.join(EVAL_TYPES)}"
        )
    assets = record.get("image_assets")
    if isinstance(assets, str):
        assets = _decoded(assets, "image_assets") if assets else {}
    if isinstance(assets, dict) and any(assets.get(key) for key in ("patch", "test_patch")):
        raise ProblemError(
            "needs images beside its patches ('image_assets'), which are not laid in"
        )


def _tests(record: Mapping[str, Any], key: str) -> list[str]:
    """A list of test names, which most editions keep as JSON text."""
    value = record.get(key)
    if value is None:
        raise ProblemError(f"the key {key!r} is missing")
    if isinstance(value, str):
        value = _decoded(value, key)
    if not isinstance(value, list):
        raise ProblemError(f"{key!r} is {words_for(value)}, not a list of tests")
    if len(value) > _MOST_TESTS:
        raise ProblemError(f"{key!r} lists {len(value):,} tests; {_MOST_TESTS:,} are the most")
    return [text({f"{key}[{at}]": name}, f"{key}[{at}]") for at, name in enumerate(value)]


def _decoded(value: str, key: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise ProblemError(f"{key!r} holds text that is not JSON ({error})") from None
    except RecursionError:
        raise ProblemError(f"{key!r} is nested too deep") from None


def _version(record: Mapping[str, Any]) -> str:
    value = record.get("version")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _optional(record, "version")


def _optional(record: Mapping[str, Any], key: str) -> str:
    return text({key: record.get(key) or ""}, key, empty=True)


def _listed(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
