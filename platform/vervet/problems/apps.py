"""APPS (`codeparrot/apps`) and TACO (`BAAI/TACO`), whose records differ by an id alone.

Sources: Hendrycks et al., "Measuring Coding Challenge Competence With APPS", 2021, from whose
testing code come the 4 seconds a test; Li et al., "TACO", 2023. `solutions` and `input_output`
are JSON texts; problems with `fn_name` ask for a function, the others for a program. Outputs
are compared by the checker `codecontests`: APPS's own comparison takes whole numbers that are
relatively near for equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.digests import digest_text
from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.calls import Call, call_spec, function_prompt
from vervet.problems.cases import Case, decoded, limits_for, paired
from vervet.problems.codecontests import program_prompt
from vervet.problems.fields import text, words_for
from vervet.problems.rows import read_rows

__all__ = ["AppsFormat"]

CPU_S = 4.0
REFERENCES = 3
_LABELS = ("difficulty", "source", "url")
_COLUMNS = (
    "problem_id", "id", "question", "solutions", "input_output", "starter_code", "time_limit",
    "memory_limit", *_LABELS,
)  # fmt: skip
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) (\w+)")
_UNITS = {"bytes": 1, "kilobytes": 1 << 10, "megabytes": 1 << 20, "gigabytes": 1 << 30}


class AppsFormat:
    """Records with `question`, `input_output`, `solutions` and `starter_code`."""

    name = "apps"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of Parquet or JSON lines; of Parquet only the columns that are used."""
        return read_rows(path, _COLUMNS)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By the key `input_output`, which no other format has."""
        return {"question", "input_output"} <= record.keys()

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `function` where a function is named, else of kind `program`."""
        tests = decoded(record.get("input_output") or "{}", "input_output")
        if not isinstance(tests, dict):
            raise ProblemError(f"'input_output' is {words_for(tests)}, not a mapping")
        found = paired(tests.get("inputs", []), tests.get("outputs", []), "input_output")
        if not found:
            raise ProblemError("has no tests")
        question = text(record, "question")
        starter = text(
            {"starter_code": record.get("starter_code") or ""}, "starter_code", empty=True
        )
        name = tests.get("fn_name")
        cpu_s = _amount(record, "time_limit", {"seconds": 1}) or CPU_S
        memory = _amount(record, "memory_limit", _UNITS)
        if name:
            kind, prompt = "function", function_prompt(question, starter or f"def {name}")
            calls = [_call(given, expected) for given, expected in found]
            spec = call_spec(str(name), calls, starter=starter, unwrap=True)
            spec |= limits_for([], cpu_s=cpu_s, memory=_whole(memory))
        else:
            kind, prompt = "program", program_prompt(question)
            cases = [_case(given, expected, at) for at, (given, expected) in enumerate(found)]
            limits = limits_for(cases, cpu_s=cpu_s, memory=_whole(memory))
            spec = {"tests": cases, "checker": "codecontests", **limits}
        return Problem(
            id=_id(record, question),
            kind=kind,
            prompt=prompt,
            spec=spec,
            labels={key: record[key] for key in _LABELS if record.get(key)} | {"row": row},
            references=_references(record),
        )


def _id(record: Mapping[str, Any], question: str) -> str:
    """APPS numbers its problems; TACO does not, so they are named by their question."""
    for key in ("problem_id", "id"):
        if isinstance(record.get(key), int | str) and record[key] != "":
            return str(record[key])
    return f"taco/{digest_text(question)[:12]}"


def _call(given: object, expected: object) -> Call:
    arguments = given if isinstance(given, list) else [given]
    if arguments and isinstance(arguments[0], dict):
        arguments = [_with_numbers(arguments[0]), *arguments[1:]]
    if isinstance(expected, dict):
        expected = _with_numbers(expected)
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        expected = [_with_numbers(expected[0]), *expected[1:]]
    return arguments, expected


def _with_numbers(value: dict[str, Any]) -> dict[Any, Any]:
    """Keys that are numbers as numbers, since JSON has but strings there."""
    if all(re.fullmatch(r"-?\d{1,18}", key) for key in value):
        return {int(key): item for key, item in value.items()}
    return value


def _case(given: object, expected: object, at: int) -> Case:
    return {"input": _lines(given, f"inputs[{at}]"), "output": _lines(expected, f"outputs[{at}]")}


def _lines(value: object, where: str) -> str:
    """A test's text; some are lists with a line each."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        raise ProblemError(f"'input_output.{where}' is {words_for(value)}, not text")
    return text({where: value}, where, empty=True)


def _references(record: Mapping[str, Any]) -> tuple[str, ...]:
    solutions = decoded(record.get("solutions") or "[]", "solutions")
    if not isinstance(solutions, list):
        raise ProblemError(f"'solutions' is {words_for(solutions)}, not a list")
    return tuple(one for one in solutions if isinstance(one, str) and one.strip())[:REFERENCES]


def _amount(record: Mapping[str, Any], key: str, units: Mapping[str, int]) -> float | None:
    """TACO's limits are texts such as "2.0 seconds" and "256.0 megabytes", or none."""
    value = record.get(key)
    found = (
        re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) (\w+)", value) if isinstance(value, str) else None
    )
    if found is None or found[2] not in units:
        return None
    return float(found[1]) * units[found[2]] or None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
