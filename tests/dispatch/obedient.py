"""A verifier for tests that does what the solution says; only tests register it.

"pass", "fail", "sleep 0.2" (then passes), "kill" (the worker process, with SIGKILL),
"raise" (an error of the verifier itself), "run 3" (three checks in the sandbox, then passes),
"hold 5" (a program that sleeps in the sandbox, then passes).
"""

from __future__ import annotations

import os
import signal
import time

from vervet.core.errors import ProblemError
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.job import Check, File, Job, Program
from vervet.verification.protocol import Steps

KIND = "obedient"


class Obedient:
    """Judges by the solution's first word; whatever follows makes solutions distinct."""

    kind = KIND

    def digest(self) -> str:
        return "0b" * 32

    def check_problem(self, problem: Problem) -> None:
        if problem.kind != KIND:
            raise ProblemError(f"{problem.id} is not for this verifier")

    def extract(self, problem: Problem, completion: str, *, cut: bool) -> Solution:  # noqa: ARG002
        return Solution(KIND, completion)

    def steps(self, problem: Problem, solution: Solution) -> Steps:  # noqa: ARG002
        word, *rest = solution.text.split()
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "raise":
            raise RuntimeError("this verifier is broken")
        if word == "sleep":
            time.sleep(float(rest[0]))
        if word in ("run", "hold"):
            text = f"import time; time.sleep({rest[0] if word == 'hold' else 0})".encode()
            program = Program("python", (File("main.py", text),), ("main.py",))
            checks = tuple(Check(f"check {at}") for at in range(int(rest[0])))
            checks = checks if word == "run" else checks[:1]
            report = yield Job(program, checks), lambda _: True
            if report.infra:
                return Attempt(Status.INFRA_ERROR, message=report.infra)
            return Attempt(Status.PASSED, outcomes=(Outcome.PASSED,) * len(checks))
        return Attempt(Status.FAILED if word == "fail" else Status.PASSED)


def make() -> Obedient:
    """What the entry point names."""
    return Obedient()
