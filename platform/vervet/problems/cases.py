"""Tests as pairs of input and output, and the limits that such tests need.

Shared by the formats of programming contests; never decides how outputs are compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.limits import Limits
from vervet.problems.fields import text, words_for

__all__ = ["Case", "decoded", "limits_for", "paired", "pairs"]

Case = dict[str, str]
"""`{"input": str, "output": str}`."""

_WALL_PER_CPU = Limits().wall_s / Limits().cpu_s
_LEAST_MEMORY = 64 << 20  # What an interpreter itself takes of a suite's limit has to fit in.
_LONGEST_TEXT = 512 << 20


def paired(
    inputs: object, outputs: object, where: str, names: tuple[str, str] = ("inputs", "outputs")
) -> list[tuple[Any, Any]]:
    """Two lists of equal length as pairs. Raises `ProblemError` naming both lengths if not."""
    for name, value in zip(names, (inputs, outputs), strict=True):
        if not isinstance(value, list):
            raise ProblemError(f"{where!r} has {words_for(value)} for {name}, not a list")
    assert isinstance(inputs, list)
    assert isinstance(outputs, list)
    if len(inputs) != len(outputs):
        raise ProblemError(
            f"{where!r} has {len(inputs):,} {names[0]} and {len(outputs):,} {names[1]}: "
            "not one each"
        )
    return list(zip(inputs, outputs, strict=True))


def pairs(record: Mapping[str, Any], key: str) -> list[Case]:
    """The cases under `key`: `{"input": [...], "output": [...]}`, or a list of single cases."""
    value = record.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        return [_case(case, case, f"{key}[{at}].") for at, case in enumerate(value)]
    if not isinstance(value, dict):
        raise ProblemError(f"{key!r} is {words_for(value)}, not a mapping of inputs and outputs")
    found = paired(value.get("input"), value.get("output"), key)
    return [
        _case({"input": given}, {"output": expected}, f"{key}[{at}].")
        for at, (given, expected) in enumerate(found)
    ]


def _case(given: object, expected: object, where: str) -> Case:
    for value in (given, expected):
        if not isinstance(value, dict):
            raise ProblemError(f"{where.rstrip('.')!r} is {words_for(value)}, not a mapping")
    assert isinstance(given, dict)
    assert isinstance(expected, dict)
    return {
        "input": text(given, "input", empty=True, where=where),
        "output": text(expected, "output", empty=True, where=where),
    }


def limits_for(
    cases: Sequence[Case], *, cpu_s: float | None = None, memory: int | None = None
) -> dict[str, Any]:
    """`{"limits": {...}}` for a spec: what the suite says, and room for the longest output.

    `cpu_s` in seconds a test, `memory` in bytes. Empty where the defaults do.
    """
    limits: dict[str, Any] = {}
    if cpu_s:
        limits |= {"cpu_s": cpu_s, "wall_s": max(Limits().wall_s, cpu_s * _WALL_PER_CPU)}
    if memory:
        limits["memory"] = max(memory, _LEAST_MEMORY)
    longest = max((len(case["output"].encode()) for case in cases), default=0)
    if 2 * longest > Limits().output:
        limits["output"] = 2 * longest
    return {"limits": limits} if limits else {}


def decoded(value: object, key: str) -> Any:
    """What a JSON text holds; a value that is no text is given back, since it is decoded already.

    Raises `ProblemError` if the text is no JSON.
    """
    if not isinstance(value, str):
        return value
    if len(value) > _LONGEST_TEXT:
        raise ProblemError(f"{key!r} is a JSON text of more than {_LONGEST_TEXT:,} characters")
    try:
        return json.loads(value)
    except RecursionError:
        raise ProblemError(f"{key!r} is a JSON text that is nested too deep") from None
    except ValueError as error:
        raise ProblemError(f"{key!r} is no JSON text: {error}") from None
