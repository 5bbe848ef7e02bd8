"""Tests given as calls, arguments and results as JSON, made into asserts for the judge.

Shared by the formats whose problems ask for a function or for a method of a class `Solution`.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Any

from vervet.core.errors import ProblemError

__all__ = ["Call", "call_spec", "function_prompt"]

Call = tuple[list[Any], Any]
"""Positional arguments and the result."""

_IMPORTS = (
    "import bisect, collections, copy, functools, heapq, itertools, math, operator, random, re, "
    "string, sys\nfrom collections import *\nfrom typing import *\n"
)
_METHOD = "def {name}(*args):\n    return Solution().{name}(*args)\n\n\n"
_SETUP = """\
from math import inf, nan


def _plain(value):
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _same(actual, expected, unwrap):
    actual = _plain(actual)
    if actual == expected:
        return True
    return unwrap and isinstance(expected, list) and len(expected) > 0 and actual == expected[0]


"""


def function_prompt(question: str, starter: str) -> str:
    """What a model is given to write a function of which only the beginning is known."""
    return (
        f"{question.rstrip()}\n\n"
        "Write this in Python 3. Keep the names below and give all code in one block fenced "
        f"by ```.\n\n```python\n{starter.rstrip()}\n```\n"
    )


def call_spec(
    name: str, calls: Sequence[Call], *, starter: str, unwrap: bool = False
) -> dict[str, Any]:
    """The spec of kind `function` that calls `name` and compares; tuples equal lists.

    Where the starter asks for a class `Solution`, its method is called on a new object each
    time. `unwrap` also accepts a result that is the first item of the expected list (APPS).
    Raises `ProblemError` for a name that is none.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ProblemError(f"the function's name is {name!r:.60}, which names no function")
    method = _METHOD.format(name=name) if "class Solution" in starter else ""
    asserts = [
        f"assert _same({name}({', '.join(map(repr, given))}), {expected!r}, {unwrap})"
        for given, expected in calls
    ]
    return {
        "prompt": f"{_IMPORTS}\n\n{method}",
        "entry_point": name,
        "setup": _SETUP,
        "asserts": asserts,
    }
