"""Owns what a problem's reference shows of its tests: how many asserts, what must cross.

Run once when a suite is opened, never for a candidate: what is found is part of the problem.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from vervet.core.errors import SandboxError
from vervet.core.limits import Limits
from vervet.core.status import Status
from vervet.core.values import Problem, Solution
from vervet.sandbox.job import Report
from vervet.verification.functions.account import Account, account_of, ending_of
from vervet.verification.functions.jobs import Way, beside_job, pair_job
from vervet.verification.functions.tests import BESIDE, FACTS, Tests, tests_of
from vervet.verification.protocol import Step

__all__ = ["prepare"]

PATIENCE = 10
"""How much more time a reference gets than a candidate: what it shows must not depend on load."""

Trial = Generator[Step, Report, Account | None]


def prepare(
    problem: Problem, reference: Solution, limits: Limits
) -> Generator[Step, Report, Problem]:
    """The problem, its spec with the facts of `FACTS` that its reference shows.

    As it is where it states facts already, or the reference fails in every way. `limits` are a
    candidate's. Raises `SandboxError` where the sandbox fails.
    """
    if any(key in problem.spec for key in FACTS):
        return problem
    more = replace(limits, cpu_s=PATIENCE * limits.cpu_s, wall_s=PATIENCE * limits.wall_s)
    bench = _Bench(replace(tests_of(problem), reaches=0), reference, more)
    facts = yield from _facts(bench)
    return replace(problem, spec={**problem.spec, **facts}) if facts else problem


@dataclass(frozen=True, slots=True)
class _Bench:
    """A reference and the tests that it is to pass."""

    tests: Tests
    reference: Solution
    limits: Limits

    def apart(self, way: Way) -> Trial:
        """What the judge tells where the reference passes in a solver of its own."""
        report = yield pair_job(self.tests, self.reference, way, self.limits), lambda _: True
        return self._passed(report, "")

    def beside(self) -> Trial:
        """The same in the tests' own process."""
        word = secrets.token_hex(16)
        job = beside_job(self.tests, self.reference, Way(), self.limits, word)
        report = yield job, lambda _: True
        return self._passed(report, word)

    def _passed(self, report: Report, word: str) -> Account | None:
        if report.infra:
            raise SandboxError(f"the reference of a problem could not be run: {report.infra}")
        check = report.checks[0]
        found = account_of(check, word)
        return found if ending_of(check, found, self.tests)[0] is Status.PASSED else None


def _facts(bench: _Bench) -> Generator[Step, Report, dict[str, Any]]:
    """The first way in which the reference passes: the strictest one is tried first."""
    found = yield from bench.apart(Way())
    if found and not found.changed:
        return {"reaches": found.reached}
    mirrored = yield from bench.apart(Way(mirror=True))
    if mirrored:
        return {"reaches": mirrored.reached, "mirror": True}
    if found:
        return {"reaches": found.reached}
    handled = yield from bench.apart(Way(mirror=True, handles=True))
    if handled:
        facts = {"reaches": handled.reached, "handles": True}
        return facts | ({"mirror": True} if handled.changed else {})
    beside = yield from bench.beside()
    return {"reaches": beside.reached, "mode": BESIDE} if beside else {}
