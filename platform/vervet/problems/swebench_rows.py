"""Where SWE-bench's instances are kept: JSON lines, one JSON document, Parquet, a task repository.

A task repository holds `tasks/<instance_id>/` with `task.yaml`, `tests.json`, `eval.sh`,
`gold.patch`, `test.patch` and `problem_statement.md`. Reads them by the layout alone, never
through `swebench`, and never looks outside the folder.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from vervet.core.documents import read_objects
from vervet.core.lines import MAX_LINE, Record, SetAside, open_bytes
from vervet.problems.rows import is_parquet, read_rows
from vervet.problems.strict_yaml import StrictLoader

__all__ = ["is_task_folder", "read_instances"]

_TASKS = "tasks"
_TASK = "task.yaml"
_TESTS = "tests.json"
_FILES = {
    "patch": "gold.patch",
    "test_patch": "test.patch",
    "eval_script": "eval.sh",
    "problem_statement": "problem_statement.md",
}
_MAGIC = b"PAR1"


def is_task_folder(path: Path) -> bool:
    """Whether a folder is laid out as a task repository."""
    return (path / _TASKS).is_dir()


def read_instances(path: Path) -> Iterator[Record | SetAside]:
    """Each instance with its line (of a file), row (of Parquet) or place (of a folder), from 1.

    Raises `OSError` if nothing can be read there, `ProblemError` for Parquet without pyarrow.
    """
    if path.is_dir():
        yield from _tasks(path)
    elif is_parquet(path):
        yield from read_rows(path)
    elif _starts_as_parquet(path):
        yield from _unpacked_parquet(path)
    else:
        yield from read_objects(path, "instance_id")


def _starts_as_parquet(path: Path) -> bool:
    """Whether a file is Parquet within gzip."""
    try:
        with open_bytes(path) as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False


def _unpacked_parquet(path: Path) -> Iterator[Record | SetAside]:
    """Rows of a compressed Parquet file, which is read from both its ends."""
    with tempfile.TemporaryDirectory(prefix="vervet-") as folder:
        unpacked = Path(folder) / path.name.removesuffix(".gz")
        try:
            with open_bytes(path) as packed, unpacked.open("wb") as file:
                shutil.copyfileobj(packed, file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield SetAside(str(path), 1, f"the compressed file is damaged ({error})")
            return
        for item in read_rows(unpacked):
            yield item if isinstance(item, Record) else SetAside(str(path), item.line, item.reason)


def _tasks(path: Path) -> Iterator[Record | SetAside]:
    """One record a task folder, in the order of their names."""
    folders = sorted(each for each in (path / _TASKS).iterdir() if each.is_dir())
    for number, folder in enumerate(folders, 1):
        try:
            yield Record(number, _task(folder))
        except FileNotFoundError as error:
            missing = Path(str(error.filename)).name
            yield SetAside(str(folder), 1, f"has no {missing}")
        except _BrokenError as error:
            yield SetAside(str(folder / error.file), error.line, error.reason)


class _BrokenError(Exception):
    """A file of a task that cannot be read, its line and why."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(reason)
        self.file = file
        self.line = line
        self.reason = reason


def _task(folder: Path) -> dict[str, Any]:
    instance = {key: _plain(value) for key, value in _mapping_of_yaml(folder).items()}
    instance.setdefault("instance_id", folder.name)
    for key, name in _FILES.items():
        instance[key] = _text(folder, name)
    return instance | _mapping_of_json(folder)


def _mapping_of_yaml(folder: Path) -> dict[Any, Any]:
    try:
        value = yaml.load(_text(folder, _TASK), Loader=StrictLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        line = mark.line + 1 if mark else 1
        raise _BrokenError(_TASK, line, f"not YAML that can be read: {problem}") from None
    if not isinstance(value, dict):
        raise _BrokenError(_TASK, 1, "not a mapping")
    return value


def _mapping_of_json(folder: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(folder, _TESTS))
    except json.JSONDecodeError as error:
        raise _BrokenError(_TESTS, error.lineno, f"not JSON: {error.msg}") from None
    except RecursionError:
        raise _BrokenError(_TESTS, 1, "nested too deep") from None
    if not isinstance(value, dict):
        raise _BrokenError(_TESTS, 1, "not a JSON object")
    return value


def _text(folder: Path, name: str) -> str:
    """The file's text, line ends kept. Raises `FileNotFoundError`, `_BrokenError`."""
    path = folder / name
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise _BrokenError(name, 1, "is a link that leads out of the task's folder")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LINE + 1)
        if len(data) > MAX_LINE:
            raise _BrokenError(name, 1, f"longer than {MAX_LINE:,} bytes")
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _BrokenError(name, line, "not UTF-8") from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _BrokenError(name, 1, f"cannot be read: {error.strerror or error}") from None


def _plain(value: Any) -> Any:
    """Dates as text, since problems are JSON."""
    return value.isoformat() if isinstance(value, date | datetime) else value
