"""What a log of tests says, by the log parsers and the grading of `swebench`, unmodified.

The log is the candidate's word, and some parsers take time that grows with its square: they run
in a process of their own (`aside.py`), which a deadline ends.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vervet.core.errors import ProblemError, UsageError
from vervet.core.values import Problem
from vervet.verification.patches.aside import Aside
from vervet.verification.patches.script import END, START

__all__ = ["DEADLINE_S", "MAX_LOG", "Graded", "check_extra", "get_ready", "markers", "regrade"]

DEADLINE_S = 60.0
"""Longest time that reading one log may take."""
MAX_LOG = 64 << 20
_SPEC = (
    "image", "repo", "version", "FAIL_TO_PASS", "PASS_TO_PASS", "log_parser", "eval_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Graded:
    """What the official grading makes of a log.

    `found` says that results were found in it at all; without, every test counts as failed, and
    `why` is empty or says that the log could not be read ("too_large", or
    "unreadable" where the parser came to no end). `statuses`
    are those of every test that the parser saw ("PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL").
    `resolution` is "RESOLVED_FULL", "RESOLVED_PARTIAL" or "RESOLVED_NO".
    """

    found: bool
    resolved: bool
    resolution: str
    statuses: Mapping[str, str]
    f2p_success: tuple[str, ...]
    f2p_failure: tuple[str, ...]
    p2p_success: tuple[str, ...]
    p2p_failure: tuple[str, ...]
    why: str = ""


def check_extra() -> None:
    """Raise `UsageError` if `swebench`, which the grading is of, is not installed."""
    if importlib.util.find_spec("swebench") is None:
        raise UsageError(
            "patches are graded with the package `swebench`, which is not installed",
            hint="Install the extra: pip install 'vervet[swebench]'.",
        )


def get_ready() -> None:
    """Start the process that reads logs, which takes seconds; it is not waited for.

    Raises `UsageError` without `swebench`.
    """
    check_extra()
    _reader.get_ready()


def markers(log: bytes | str) -> tuple[int, int]:
    """How often the start marker and the end marker of the tests' output stand in a log."""
    text = log.decode("utf-8", "replace") if isinstance(log, bytes) else log
    return text.count(START), text.count(END)


def regrade(log: bytes | str, problem: Problem, *, deadline_s: float = DEADLINE_S) -> Graded:
    """The official verdict on a log of an instance's tests.

    Raises `UsageError` without `swebench`, and `ProblemError` for a log parser that it has not.
    """
    check_extra()
    text = log.decode("utf-8", "replace") if isinstance(log, bytes) else log
    if len(text) > MAX_LOG:
        return _none(problem, "too_large")
    spec = {"instance_id": problem.id, **{key: problem.spec[key] for key in _SPEC}}
    answer = _reader.ask({"log": text, "spec": spec}, deadline_s)
    if answer is None:
        return _none(problem, "unreadable")
    if "error" in answer:
        raise ProblemError(f"problem {problem.id}: {answer['error']}")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in answer.items()
    }
    return Graded(**values)


def _none(problem: Problem, why: str) -> Graded:
    """The grading of a log in which nothing can be found."""
    failing = tuple(problem.spec["FAIL_TO_PASS"]), tuple(problem.spec["PASS_TO_PASS"])
    return Graded(False, False, "RESOLVED_NO", {}, (), failing[0], (), failing[1], why)


_reader = Aside("vervet.verification.patches.grading_process", first_s=120.0)
