"""Every hostile program gets its status in a container, and the next one is judged as if alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import docker.errors
import pytest

from tests.sandbox.docker.containers import containers_of
from tests.sandbox.hostile.aftermath import Host
from tests.sandbox.hostile.between import PAIRS, Pair
from tests.sandbox.hostile.case import PROBE, Case, attempt_at
from tests.sandbox.hostile.catalogue import CASES, HONEST
from vervet.core.status import Outcome, Status
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import Engine

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("docker")]
INSIDE_UID = 65534
AT_REST = 2
"""The first process of a container, and the runner."""


@pytest.fixture(scope="module")
def sandbox(docker_image: str) -> Iterator[DockerSandbox]:
    """A sandbox of this module's own; the host is looked at before it and after it."""
    before = Host.now(INSIDE_UID)
    made = DockerSandbox(runtime="runc")
    yield made
    made.close()
    assert before.changes(INSIDE_UID) == []


def running(engine: Engine) -> list[list[list[str]]]:
    """The processes of each of this worker's containers that has not ended meanwhile."""
    found = []
    for each in containers_of(engine):
        with contextlib.suppress(docker.errors.APIError):
            found.append(engine.client.api.top(each)["Processes"] or [])
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_program_gets_its_status_and_leaves_nothing(
    sandbox: DockerSandbox, docker_engine: Engine, case: Case
) -> None:
    attempt = attempt_at(sandbox, case)
    after = attempt_at(sandbox, PROBE)

    assert case.is_met_by(attempt.status, attempt.code, attempt.layers), attempt
    assert after.status is Status.PASSED
    assert [each for each in running(docker_engine) if len(each) > AT_REST] == []


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_an_honest_program_passes(sandbox: DockerSandbox, case: Case) -> None:
    attempt = attempt_at(sandbox, case)

    assert (attempt.status, attempt.outcomes) == (Status.PASSED, (Outcome.PASSED,)), attempt


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_candidate_finds_nothing_of_the_one_before(sandbox: DockerSandbox, pair: Pair) -> None:
    leaves, looks = pair.cases
    for _ in range(2):
        attempt_at(sandbox, leaves)

    attempt = attempt_at(sandbox, looks)

    assert attempt.status is Status.PASSED, attempt
