"""Owns reading a problem's spec: typed access that names the problem when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vervet.core.errors import JobError, ProblemError
from vervet.core.limits import Limits
from vervet.core.values import Problem

__all__ = ["flag_of", "known_keys", "limits_of", "text_of"]


def known_keys(problem: Problem, spec: Mapping[str, Any], known: set[str], where: str) -> None:
    """Raise `ProblemError` for a key that nobody reads: it is a typing error or a wrong format."""
    unknown = sorted(set(spec) - known)
    if unknown:
        raise ProblemError(
            f"problem {problem.id}: unknown key {unknown[0]!r} in {where}",
            hint=f"Known keys: {', '.join(sorted(known))}.",
        )


def text_of(problem: Problem, spec: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """The text under `key`. Raises `ProblemError` if it is missing or no text."""
    value = spec.get(key, default)
    if not isinstance(value, str):
        raise ProblemError(f"problem {problem.id}: {key!r} is missing or not a text")
    return value


def flag_of(problem: Problem, spec: Mapping[str, Any], key: str) -> bool:
    """Whether `key` is true; false where it is missing. Raises `ProblemError` if it is neither."""
    value = spec.get(key, False)
    if not isinstance(value, bool):
        raise ProblemError(f"problem {problem.id}: {key!r} is neither true nor false")
    return value


def limits_of(problem: Problem, default: Limits) -> Limits:
    """The limits of the problem's checks: the default with what the spec changes.

    Raises `ProblemError` for an unknown limit, one that is no positive number, or one below what
    the interpreter needs.
    """
    changes = problem.spec.get("limits", {})
    if not isinstance(changes, Mapping):
        raise ProblemError(f"problem {problem.id}: 'limits' is not a mapping")
    known_keys(problem, changes, set(asdict(default)), "limits")
    for name, value in changes.items():
        whole = isinstance(getattr(default, name), int)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            kind = "a whole number" if whole else "a number"
            raise ProblemError(f"problem {problem.id}: limit {name} is not {kind}")
    try:
        limits = replace(default, **changes)
        limits.check_usable()
    except JobError as error:
        raise ProblemError(f"problem {problem.id}: {error.message}", hint=error.hint) from error
    return limits
