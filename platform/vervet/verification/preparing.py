"""Owns the preparation of a suite: each problem completed by what its own references show.

Only some kinds of problem have one; it is done once, when a suite is opened, so that what is
found belongs to the problem and is the same for every candidate. Runs nothing itself.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Protocol, runtime_checkable

from vervet.core.values import Problem, Suite
from vervet.sandbox.job import Report
from vervet.sandbox.protocol import Sandbox
from vervet.verification.protocol import Step, Verifier
from vervet.verification.registry import drive

__all__ = ["Preparing", "prepare_problem", "prepare_suite"]


@runtime_checkable
class Preparing(Protocol):
    """A verifier that runs a problem's references before any candidate."""

    def prepare(self, problem: Problem) -> Generator[Step, Report, Problem]:
        """Yield jobs, be sent reports, return the problem; unchanged if there is nothing to find.

        Raises `SandboxError` where the sandbox fails.
        """
        ...


def prepare_suite(suite: Suite, verifiers: Mapping[str, Verifier], sandbox: Sandbox) -> Suite:
    """The suite with every problem prepared by its kind's verifier. Raises `SandboxError`."""
    problems = tuple(
        prepare_problem(verifiers[problem.kind], problem, sandbox) for problem in suite.problems
    )
    return replace(suite, problems=problems)


def prepare_problem(verifier: Verifier, problem: Problem, sandbox: Sandbox) -> Problem:
    """One problem prepared; as it is where its kind needs nothing. Raises `SandboxError`."""
    if not isinstance(verifier, Preparing):
        return problem
    return drive(verifier.prepare(problem), sandbox)
