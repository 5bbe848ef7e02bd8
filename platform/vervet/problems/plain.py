"""Vervet's own format: JSONL (plain or gzip) or YAML, one problem a record.

`docs/problems.md` describes it; `dump` writes what `PlainFormat` reads.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from vervet.core.digests import canonical_json
from vervet.core.errors import JobError, ProblemError, UnknownNameError
from vervet.core.limits import Limits
from vervet.core.lines import Record, SetAside
from vervet.core.values import Problem
from vervet.problems.fields import only_keys, text, texts, words_for
from vervet.problems.rows import read_rows
from vervet.problems.swebench import PATCH_KEYS, patch_spec
from vervet.problems.yaml_records import is_yaml, read_yaml_records

__all__ = ["PlainFormat", "dump"]

_COMMON = ("id", "kind", "prompt", "stop", "labels", "reference", "references", "known_wrong")


class PlainFormat:
    """Records with `id`, `kind`, `prompt` and what the kind's verifier needs."""

    name = "plain"

    def records(self, path: Path) -> Iterator[Record | SetAside]:
        """YAML by its suffix (also before `.gz`), else JSON lines or Parquet."""
        return read_yaml_records(path) if is_yaml(path) else read_rows(path)

    def recognises(self, record: Mapping[str, Any]) -> bool:
        """Only this format has a key `kind`; without it, `id` and `prompt` suffice."""
        return "kind" in record or {"id", "prompt"} <= record.keys()

    def problem(self, record: Mapping[str, Any], row: int = 0) -> Problem:
        """The problem of one record, checked key by key."""
        del row
        kind = text(record, "kind")
        if kind not in _KINDS:
            raise ProblemError(str(UnknownNameError("kind", kind, _KINDS)).replace("\n  ", "; "))
        keys, spec_of = _KINDS[kind]
        only_keys(record, (*_COMMON, *keys))
        return Problem(
            id=_id(record),
            kind=kind,
            prompt=text(record, "prompt"),
            spec=spec_of(record) | _limits(record),
            stop=texts(record, "stop"),
            labels=_labels(record),
            references=_references(record),
            known_wrong=texts(record, "known_wrong", empty=True),
        )


def dump(problem: Problem) -> str:
    """The problem as one line of JSON in this format, without the newline."""
    spec = dict(problem.spec)
    if problem.kind == "function":
        spec["function_prompt"] = spec.pop("prompt")
    record: dict[str, Any] = {
        "id": problem.id,
        "kind": problem.kind,
        "prompt": problem.prompt,
        "stop": list(problem.stop),
        "labels": dict(problem.labels),
        "references": list(problem.references),
        "known_wrong": list(problem.known_wrong),
        **spec,
    }
    return canonical_json({key: value for key, value in record.items() if value not in ([], {})})


def _id(record: Mapping[str, Any]) -> str:
    value = record.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(record, "id")


def _labels(record: Mapping[str, Any]) -> dict[str, Any]:
    labels = record.get("labels", {})
    if not isinstance(labels, dict):
        raise ProblemError(f"'labels' is {words_for(labels)}, not a mapping")
    try:
        canonical_json(labels)
    except (TypeError, ValueError, RecursionError) as error:
        raise ProblemError(f"'labels' holds what JSON cannot: {error}") from None
    return labels


def _references(record: Mapping[str, Any]) -> tuple[str, ...]:
    if "reference" in record and "references" in record:
        raise ProblemError("'reference' and 'references' are both given; keep one")
    if "reference" in record:
        return (text(record, "reference"),)
    return texts(record, "references")


def _limits(record: Mapping[str, Any]) -> dict[str, Any]:
    """`{"limits": {...}}` with what the record sets, or nothing."""
    limits = record.get("limits", {})
    if not isinstance(limits, dict):
        raise ProblemError(f"'limits' is {words_for(limits)}, not a mapping")
    only_keys(limits, (field.name for field in dataclass_fields(Limits)), "limits.")
    for name, value in limits.items():
        wanted = type(getattr(Limits(), name))
        fits = isinstance(value, int | wanted) and not isinstance(value, bool)
        if not fits or not math.isfinite(value):
            number = "a whole number" if wanted is int else "a number"
            raise ProblemError(f"'limits.{name}' is {value!r}, not {number}")
    try:
        Limits(**limits).check_usable()
    except JobError as error:
        raise ProblemError(f"{error.message}: {error.hint}") from None
    return {"limits": limits} if limits else {}


def _program(record: Mapping[str, Any]) -> dict[str, Any]:
    template = record.get("template", {})
    if not isinstance(template, dict):
        raise ProblemError(f"'template' is {words_for(template)}, not a mapping")
    only_keys(template, ("prefix", "suffix"), "template.")
    return {
        "template": {
            part: text(template, part, default="", empty=True, where="template.")
            for part in ("prefix", "suffix")
        },
        "tests": _tests(record),
        "checker": _checker(record),
        **{key: record[key] for key in ("tolerance", "language") if key in record},
        **_processes_allowed(record),
    }


def _checker(record: Mapping[str, Any]) -> str | dict[str, str]:
    """The name of a checker, or a mapping with the source of a special judge."""
    checker = record.get("checker", "exact")
    if not isinstance(checker, dict):
        return text({"checker": checker}, "checker")
    only_keys(checker, ("judge",), "checker.")
    return {"judge": text(checker, "judge", where="checker.")}


def _processes_allowed(record: Mapping[str, Any]) -> dict[str, bool]:
    """Nothing where it is left out, so that the problems of older files keep their digests."""
    value = record.get("processes_allowed", False)
    if not isinstance(value, bool):
        raise ProblemError(f"'processes_allowed' is {words_for(value)}, not true or false")
    return {"processes_allowed": True} if value else {}


def _tests(record: Mapping[str, Any]) -> list[dict[str, str]]:
    tests = record.get("tests")
    if not tests:
        raise ProblemError("has no tests")
    if not isinstance(tests, list):
        raise ProblemError(f"'tests' is {words_for(tests)}, not a list")
    made = []
    for at, test in enumerate(tests):
        if not isinstance(test, dict):
            raise ProblemError(f"'tests[{at}]' is {words_for(test)}, not a mapping")
        where = f"tests[{at}]."
        only_keys(test, ("input", "output"), where)
        made.append({key: text(test, key, empty=True, where=where) for key in ("input", "output")})
    return made


def _function(record: Mapping[str, Any]) -> dict[str, Any]:
    entry_point = text(record, "entry_point")
    if not entry_point.isidentifier() or keyword.iskeyword(entry_point):
        raise ProblemError(f"'entry_point' is {entry_point!r}, which names no function")
    prompt = text(record, "function_prompt", default=text(record, "prompt"), empty=True)
    return {
        "prompt": prompt,
        "entry_point": entry_point,
        **_function_tests(record),
        **{key: record[key] for key in ("mode", "mirror") if key in record},
    }


def _function_tests(record: Mapping[str, Any]) -> dict[str, Any]:
    """A text that defines `check`, or asserts with what is run before them."""
    if "asserts" in record:
        if "test" in record:
            raise ProblemError("'test' and 'asserts' are both given; keep one")
        asserts = texts(record, "asserts")
        if not asserts:
            raise ProblemError("has no tests")
        return {
            "setup": text(record, "setup", default="", empty=True),
            "asserts": list(asserts),
        }
    if "setup" in record:
        raise ProblemError("'setup' is given without 'asserts'")
    test = text(record, "test")
    if not test.strip():
        raise ProblemError("has no tests")
    return {"test": test}


def _answer(record: Mapping[str, Any]) -> dict[str, Any]:
    answer = record.get("answer")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    given = {**record, "answer": answer} if "answer" in record else record
    spec: dict[str, Any] = {"answer": text(given, "answer")}
    if "pattern" in record:
        spec["pattern"] = text(record, "pattern")
    if "choices" in record:
        spec["choices"] = list(texts(record, "choices", empty=True))
    return spec


def _patch(record: Mapping[str, Any]) -> dict[str, Any]:
    """An instance as SWE-bench has it, and what validation showed of it."""
    facts = record.get("facts", {})
    if not isinstance(facts, dict):
        raise ProblemError(f"'facts' is {words_for(facts)}, not a mapping")
    spec = patch_spec({"PASS_TO_PASS": [], **record})
    return {**spec, **({"facts": facts} if facts else {})}


_Spec = Callable[[Mapping[str, Any]], dict[str, Any]]
_KINDS: Mapping[str, tuple[tuple[str, ...], _Spec]] = {
    "program": (
        (
            "template", "tests", "checker", "tolerance", "language", "limits",
            "processes_allowed",
        ),
        _program,
    ),
    "function": (
        ("entry_point", "test", "setup", "asserts", "function_prompt", "mode", "mirror", "limits"),
        _function,
    ),
    "answer": (("answer", "pattern", "choices", "limits"), _answer),
    "patch": ((*PATCH_KEYS, "facts", "limits"), _patch),
}  # fmt: skip
