"""What every verifier can do: a conversation with the sandbox."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, runtime_checkable

from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.job import Job, OnCheck, Report

__all__ = ["Step", "Steps", "Verifier"]

Step = tuple[Job, OnCheck]
Steps = Generator[Step, Report, Attempt]


@runtime_checkable
class Verifier(Protocol):
    """Judges solutions of problems of one kind. Holds no state between solutions."""

    @property
    def kind(self) -> str:
        """The kind of problem it judges ("program", "function", "answer")."""
        ...

    def digest(self) -> str:
        """Identity of the way it judges: code version and settings, not the problem."""
        ...

    def check_problem(self, problem: Problem) -> None:
        """Raise `ProblemError` if the problem's spec is not one that it can judge."""
        ...

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:
        """What there is to verify in a completion; `cut` if the token limit ended it."""
        ...

    def steps(self, problem: Problem, solution: Solution) -> Steps:
        """Yield jobs with what to do at each check, be sent reports, return the attempt."""
        ...
