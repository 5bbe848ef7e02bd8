"""Conditions in real containers: hashes, zone, and who serves a second job."""

from __future__ import annotations

import pytest

from tests.sandbox.jobs import job, run
from vervet.core.conditions import Condition
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.guest import Guest
from vervet.sandbox.perturbed import perturbed

HASH = "print(hash('vervet'))"
ZONE = "import datetime as d\nprint(d.datetime.fromtimestamp(0).isoformat())"


def said(condition: Condition, *sources: str) -> list[bytes]:
    with perturbed(condition, "docker") as make:
        sandbox = make()
        try:
            return [run(sandbox, job(source)).checks[0].stdout for source in sources]
        finally:
            sandbox.close()


def test_hashes_are_the_same_in_every_container_unless_they_are_seeded(
    docker_sandbox: DockerSandbox,
) -> None:
    usual = run(docker_sandbox, job(HASH)).checks[0].stdout
    other, again = said(Condition(hashseed=1, fresh=True), HASH, HASH)
    assert said(Condition(fresh=True), HASH, HASH) == [usual, usual]
    assert other == again != usual


def test_local_time_is_that_of_the_zone(docker_image: str) -> None:
    assert said(Condition(tz="UTC-14"), ZONE) == [b"1970-01-01T14:00:00\n"]


@pytest.mark.parametrize(
    ("condition", "containers"), [(Condition(tz="UTC0"), 1), (Condition(fresh=True), 2)]
)
def test_no_container_serves_a_second_job_where_a_fresh_one_is_asked_for(
    docker_image: str, started: list[Guest], condition: Condition, containers: int
) -> None:
    said(condition, HASH, HASH)
    assert len(started) == containers
