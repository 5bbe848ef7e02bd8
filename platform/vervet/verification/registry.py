"""Owns which verifier judges which kind of problem, and the driving of its steps.

Verifiers are entry points of the group `vervet.verifiers`, the built-in ones too.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar, runtime_checkable

from vervet.core.errors import UnknownNameError
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.job import Report
from vervet.sandbox.protocol import Sandbox
from vervet.verification.protocol import Step, Verifier

__all__ = ["Thorough", "drive", "thorough", "variants", "verifier_for", "verifier_kinds", "verify"]

GROUP = "vervet.verifiers"
Result = TypeVar("Result")


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def verifier_kinds() -> tuple[str, ...]:
    """Every kind that can be judged."""
    return tuple(sorted(_entries()))


@cache
def verifier_for(kind: str) -> Verifier:
    """The verifier of a kind, with its default settings. Raises `UnknownNameError`."""
    entries = _entries()
    if kind not in entries:
        raise UnknownNameError("kind of problem", kind, entries)
    verifier: Verifier = entries[kind].load()()
    return verifier


@runtime_checkable
class Thorough(Protocol):
    """A verifier that stops at the first check that is missed, unless it is asked not to."""

    def thorough(self) -> Verifier:
        """The same verifier, going on to the last check: another digest."""
        ...


def thorough(verifier: Verifier) -> Verifier:
    """The way to judge that tries every check: for audits, which ask which of them are wrong."""
    return verifier.thorough() if isinstance(verifier, Thorough) else verifier


def variants(verifier: Verifier) -> tuple[Verifier, ...]:
    """The ways to judge that a worker of this verifier offers, the usual one first."""
    return verifier, thorough(verifier)


def verify(verifier: Verifier, sandbox: Sandbox, problem: Problem, solution: Solution) -> Attempt:
    """Drive one solution's steps to its attempt, every job in `sandbox`.

    Raises what the sandbox raises (`JobError`); a failed sandbox is an attempt `infra_error`.
    """
    return drive(verifier.steps(problem, solution), sandbox)


def drive(steps: Generator[Step, Report, Result], sandbox: Sandbox) -> Result:
    """Run every job that is asked for in `sandbox`, to what comes of them."""
    try:
        job, on_check = next(steps)
        while True:
            job, on_check = steps.send(sandbox.run(job, on_check))
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        steps.close()
