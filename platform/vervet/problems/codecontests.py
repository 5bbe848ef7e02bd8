"""CodeContests as on the Hugging Face hub (`deepmind/code_contests`), Parquet or JSON lines.

Source: Li et al., "Competition-Level Code Generation with AlphaCode", 2022; the tests are taken
together as Brown et al. ("Large Language Monkeys", 2024) take them: public, private, generated.
The records that their code writes are read too: `question`, `test_cases`, `timeout`, `prompt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.cases import limits_for, paired, pairs
from vervet.problems.fields import text, words_for
from vervet.problems.rows import read_rows
from vervet.problems.yaml_records import is_yaml, read_yaml_records

__all__ = ["CodeContestsFormat", "program_prompt"]

PYTHON3 = 3
REFERENCES = 3
KNOWN_WRONG = 10
_TESTS = ("public_tests", "private_tests", "generated_tests")
_LABELS = ("source", "difficulty", "cf_rating", "cf_tags")
_COLUMNS = (
    "name", "description", *_TESTS, *_LABELS, "solutions", "incorrect_solutions",
    "time_limit", "memory_limit_bytes", "input_file", "output_file", "question", "test_cases",
    "timeout", "prompt",
)  # fmt: skip
_LONGEST = 86_400.0
_IMAGES = ("<image>", "[Image]")


def program_prompt(question: str) -> str:
    """What a model is given to write a program that reads and prints."""
    return (
        f"{question.rstrip()}\n\n"
        "Write a Python 3 program that solves this problem. It reads from standard input and "
        "writes to standard output. Give the whole program in one block fenced by ```.\n"
    )


class CodeContestsFormat:
    """Records with `name`, `description` and tests of three origins, or as the paper has them."""

    name = "codecontests"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """Rows of Parquet or JSON lines, of Parquet only the columns that are used; or YAML."""
        return read_yaml_records(path) if is_yaml(path) else read_rows(path, _COLUMNS)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """By its tests, whose keys no other format has."""
        hub, paper = {"name", "description", "public_tests"}, {"question", "test_cases"}
        return hub <= record.keys() or paper <= record.keys()

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """A problem of kind `program`; its references are the first solutions in Python 3.

        Its known-wrong ones are the first that the set calls incorrect, in Python 3 too.
        """
        for key in ("input_file", "output_file"):
            if record.get(key):
                raise ProblemError(f"uses a file ({key} {record[key]!r:.60}), not standard streams")
        cases = [case for key in (*_TESTS, "test_cases") for case in pairs(record, key)]
        if not cases:
            raise ProblemError("has no tests")
        description = text(record, "question" if "test_cases" in record else "description")
        labels = {key: record[key] for key in _LABELS if record.get(key)}
        if any(tag in description for tag in _IMAGES):
            labels["image"] = True
        limits = limits_for(cases, cpu_s=_seconds(record), memory=_memory(record))
        return Problem(
            id=text(record, "name", default=f"codecontests/{row}"),
            kind="program",
            prompt=text(record, "prompt", default=program_prompt(description)),
            spec={"tests": cases, "checker": "codecontests", **limits},
            labels=labels,
            references=_python(record, "solutions")[:REFERENCES],
            known_wrong=_python(record, "incorrect_solutions")[:KNOWN_WRONG],
        )


def _seconds(record: Mapping[str, Any]) -> float | None:
    limit = record.get("time_limit", record.get("timeout"))
    if limit is None:
        return None
    if "timeout" in record and isinstance(limit, int | float):
        if 0 < limit <= _LONGEST:
            return float(limit)
        raise ProblemError(f"'timeout' is {limit!r:.40}, not a number of seconds")
    if not isinstance(limit, dict):
        raise ProblemError(f"'time_limit' is {words_for(limit)}, not seconds and nanos")
    parts = [limit.get("seconds") or 0, limit.get("nanos") or 0]
    if not all(isinstance(part, int) and part >= 0 for part in parts):
        raise ProblemError(f"'time_limit' is {limit!r:.80}, not seconds and nanos")
    seconds = parts[0] + parts[1] / 1e9
    if seconds > _LONGEST:
        raise ProblemError(f"'time_limit' is {seconds:.3g} seconds, more than a day")
    return seconds or None


def _memory(record: Mapping[str, Any]) -> int | None:
    memory = record.get("memory_limit_bytes")
    if memory is None:
        return None
    if not isinstance(memory, int) or memory < 0:
        raise ProblemError(f"'memory_limit_bytes' is {memory!r:.60}, not a number of bytes")
    return memory or None


def _python(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The solutions in Python 3 under a key; a solution's language is a number, 3 for that one."""
    solutions = record.get(key)
    if solutions is None:
        return ()
    if isinstance(solutions, list) and all(isinstance(one, dict) for one in solutions):
        found = [(one.get("language"), one.get("solution")) for one in solutions]
    elif isinstance(solutions, dict):
        languages, texts = solutions.get("language"), solutions.get("solution")
        found = paired(languages, texts, key, ("languages", "solutions"))
    else:
        raise ProblemError(f"{key!r} is {words_for(solutions)}, not languages and solutions")
    python = [code for language, code in found if language in (PYTHON3, "PYTHON3")]
    return tuple(code for code in python if isinstance(code, str) and code.strip())
