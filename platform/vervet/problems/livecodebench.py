"""LiveCodeBench (`livecodebench/code_generation` and `..._lite`), JSON lines or Parquet.

Source: Jain et al., "LiveCodeBench", 2024, from whose testing code come the 6 seconds a test.
`public_test_cases` is a JSON text; `private_test_cases` too, or packed: base64 of zlib of a
pickled JSON text, which is read without unpickling. Outputs are compared as there: words that
are equal, or equal as decimal numbers.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.calls import Call, call_spec, function_prompt
from vervet.problems.cases import Case, decoded, limits_for, pairs
from vervet.problems.codecontests import program_prompt
from vervet.problems.fields import text, words_for
from vervet.problems.pickled import pickled_text
from vervet.problems.rows import read_rows

__all__ = ["LiveCodeBenchFormat"]

CPU_S = 6.0
LONGEST = 1 << 30
_LABELS = ("platform", "difficulty", "contest_date", "contest_id", "question_title")
_COLUMNS = (
    "question_id", "question_content", "starter_code", "public_test_cases",
    "private_test_cases", "metadata", *_LABELS,
)  # fmt: skip


class LiveCodeBenchFormat:
    """Records with `question_id`, `question_content` and public and private test cases."""

    name = "livecodebench"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of Parquet or JSON lines; of Parquet only the columns that are used."""
        return read_rows(path, _COLUMNS)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By the keys of question and tests."""
        return {"question_content", "public_test_cases"} <= record.keys()

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `function` if its tests are functional, else of kind `program`."""
        del row
        tests = [*_public(record), *_private(record)]
        if not tests:
            raise ProblemError("has no tests")
        cases = pairs({"tests": tests}, "tests")
        types = {str(test.get("testtype", "stdin")) for test in tests}
        if len(types) > 1 or not types <= {"stdin", "functional"}:
            raise ProblemError(f"has tests of the types {', '.join(sorted(types))}")
        question = text(record, "question_content")
        starter = str(record.get("starter_code") or "")
        if types == {"functional"}:
            kind, prompt = "function", function_prompt(question, starter)
            calls = [_call(case, at) for at, case in enumerate(cases)]
            spec = call_spec(_function(record), calls, starter=starter)
            spec |= limits_for([], cpu_s=CPU_S)
        else:
            kind, prompt = "program", program_prompt(question)
            limits = limits_for(cases, cpu_s=CPU_S)
            spec = {"tests": cases, "checker": "float", "tolerance": 0.0, **limits}
        return Problem(
            id=text(record, "question_id"),
            kind=kind,
            prompt=prompt,
            spec=spec,
            labels={key: str(record[key]) for key in _LABELS if record.get(key)},
        )


def _public(record: Mapping[str, Any]) -> list[Any]:
    return _list(decoded(record.get("public_test_cases") or "[]", "public_test_cases"))


def _private(record: Mapping[str, Any]) -> list[Any]:
    """Plain JSON as in the first edition, or packed as in the lite one."""
    value = record.get("private_test_cases") or "[]"
    if isinstance(value, str) and not value.lstrip().startswith("["):
        value = pickled_text(_unpacked(value))
    return _list(decoded(value, "private_test_cases"))


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ProblemError(f"test cases are {words_for(value)}, not a list of mappings")
    return value


def _unpacked(value: str) -> bytes:
    try:
        packed = base64.b64decode(value, validate=True)
        stream = zlib.decompressobj()
        data = stream.decompress(packed, LONGEST)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise ProblemError(f"'private_test_cases' cannot be unpacked: {error}") from None
    if not stream.eof:
        raise ProblemError("'private_test_cases' is cut short, or unpacks to over a gigabyte")
    return data


def _function(record: Mapping[str, Any]) -> str:
    metadata = decoded(record.get("metadata") or "{}", "metadata")
    name = metadata.get("func_name") if isinstance(metadata, dict) else None
    if not isinstance(name, str):
        raise ProblemError("has functional tests, and 'metadata' names no 'func_name'")
    return name


def _call(case: Case, at: int) -> Call:
    """A functional test: one JSON value a line for the arguments, one for the result."""
    try:
        arguments = [json.loads(line) for line in case["input"].split("\n")]
        return arguments, json.loads(case["output"])
    except (ValueError, RecursionError) as error:
        raise ProblemError(f"'tests[{at}]' is no call in JSON: {error}") from None
