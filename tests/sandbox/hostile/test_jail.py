"""Every hostile program gets its status in the jail, and the next one is judged as if alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.hostile.aftermath import Host, inhabitants
from tests.sandbox.hostile.case import PROBE, Case, attempt_at
from tests.sandbox.hostile.catalogue import CASES, HONEST
from tests.sandbox.hostile.users import candidate_uid
from vervet.core.status import Outcome, Status
from vervet.sandbox.jail import JailSandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[JailSandbox]:
    """A jail of this module's own; the host is looked at before it and after it."""
    before = Host.now(candidate_uid())
    made = JailSandbox()
    yield made
    made.close()
    assert before.changes(candidate_uid()) == []


@pytest.fixture(scope="module")
def at_rest(sandbox: JailSandbox) -> int:
    """How many processes are in the jail when no candidate is."""
    attempt_at(sandbox, PROBE)
    return len(inhabitants())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_program_gets_its_status_and_leaves_nothing(
    sandbox: JailSandbox, at_rest: int, case: Case
) -> None:
    attempt = attempt_at(sandbox, case)
    after = attempt_at(sandbox, PROBE)

    assert case.is_met_by(attempt.status, attempt.code, attempt.layers), attempt
    assert after.status is Status.PASSED
    assert len(inhabitants()) == at_rest, inhabitants()


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_an_honest_program_passes(sandbox: JailSandbox, case: Case) -> None:
    attempt = attempt_at(sandbox, case)

    assert (attempt.status, attempt.outcomes) == (Status.PASSED, (Outcome.PASSED,)), attempt
