"""Every hostile program gets its status, and the next candidate is judged as if alone."""

from __future__ import annotations

import pytest

from tests.sandbox.cases import CASES, HONEST, PROBE, Case, attempt_at
from vervet.core.status import Outcome, Status
from vervet.sandbox.jail import JailSandbox


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_program_gets_its_status_and_leaves_nothing(jail: JailSandbox, case: Case) -> None:
    attempt = attempt_at(jail, case)
    after = attempt_at(jail, PROBE)

    assert (attempt.status, attempt.code) == (case.status, case.code or attempt.code), attempt
    assert after.status is Status.PASSED


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_honest_program_passes(jail: JailSandbox, case: Case) -> None:
    attempt = attempt_at(jail, case)

    assert (attempt.status, attempt.outcomes) == (Status.PASSED, (Outcome.PASSED,)), attempt
