"""MBPP, in full (`text`) and sanitized (`prompt`), as JSON lines or Parquet.

Source: Austin et al., "Program Synthesis with Large Language Models", 2021. The prompt holds
the text and the asserts, as the paper's does, in a docstring that the code follows.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.fields import text, texts
from vervet.problems.rows import read_rows

__all__ = ["STOP", "MbppFormat", "entry_point"]

STOP = ("[DONE]", "\nassert ", '\n"""')


class MbppFormat:
    """Records with `task_id`, `text` or `prompt`, `code` and `test_list`."""

    name = "mbpp"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of JSON lines or Parquet."""
        return read_rows(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By its list of asserts."""
        return {"task_id", "test_list"} <= record.keys()

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `function` with an assert a check; its reference is `code`."""
        del row
        if "test" in record:
            raise ProblemError(
                "is of the hub's MBPP+, whose tests need numpy: take evalplus's own release file"
            )
        asserts = [line.strip() for line in texts(record, "test_list") if line.strip()]
        if not asserts:
            raise ProblemError("has no tests")
        code = text(record, "code", default="", empty=True).replace("\r\n", "\n")
        question = text(record, "text" if "text" in record else "prompt")
        setup = text(record, "test_setup_code", default="", empty=True).replace("\r\n", "\n")
        setup = "\n".join([*texts(record, "test_imports"), setup]).strip("\n")
        return Problem(
            id=_id(record),
            kind="function",
            prompt=_prompt(question, asserts),
            spec={
                "prompt": "",
                "entry_point": entry_point(asserts, code),
                "setup": f"{setup}\n" if setup else "",
                "asserts": asserts,
            },
            stop=STOP,
            references=(code,) if code.strip() else (),
        )


def entry_point(asserts: Sequence[str], code: str) -> str:
    """The function under test: the first one called in the asserts that the code defines.

    Without code, the first called name that is no built-in. Raises `ProblemError` if there is
    none or an assert cannot be parsed.
    """
    called = [name for line in asserts for name in _called(line)]
    defined = _defined(code)
    wanted = [name for name in called if name in defined] or [
        name for name in called if not defined and not hasattr(builtins, name)
    ]
    if not wanted:
        raise ProblemError("calls in its tests no function that its code defines")
    return wanted[0]


def _called(line: str) -> list[str]:
    """Names that are called in an assert, in the order of the text."""
    try:
        tree = ast.parse(line)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ProblemError(f"the test {line!r:.80} is no Python: {error}") from None
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [func for func in calls if isinstance(func, ast.Name)]
    return [func.id for func in sorted(names, key=lambda func: (func.lineno, func.col_offset))]


def _defined(code: str) -> set[str]:
    """Functions and classes that the code defines at its top; none if it is no Python."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in body if isinstance(node, kinds)}


def _id(record: Mapping[str, Any]) -> str:
    value = record.get("task_id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(record, "task_id")


def _prompt(question: str, asserts: Sequence[str]) -> str:
    lines = "\n".join([question.strip().replace("\r\n", "\n"), *asserts])
    return f'"""\n{lines}\n"""\n'
