"""What a container is made with, before any engine is asked."""

from __future__ import annotations

import pytest

from vervet.sandbox.docker.container import Mould, container_options
from vervet.sandbox.keeper import Plan

OWN = "uid=65534,gid=65534,mode=0700"
PLAN = Plan(space=8 << 20, memory=512 << 20, processes=40, alone=False)


def options(runtime: str = "runc", processors: int = 8, plan: Plan = PLAN) -> dict[str, object]:
    return container_options(Mould("sha256:1", runtime, processors), plan, {"a": "b"})


def test_limits_are_those_of_the_plan() -> None:
    made = options()
    assert made["mem_limit"] == made["memswap_limit"] == 512 << 20
    assert made["pids_limit"] == 40
    assert made["tmpfs"]["/tmp"] == f"size={8 << 20},{OWN},noexec,nosuid,nodev"


@pytest.mark.parametrize(("processors", "expected"), [(1, 1_000_000_000), (64, 2_000_000_000)])
def test_no_more_processors_than_there_are_and_never_all_of_a_large_host(processors, expected):
    assert options(processors=processors)["nano_cpus"] == expected


def test_the_kernel_of_gvisor_has_room_of_its_own() -> None:
    assert options("runsc")["mem_limit"] > 512 << 20
    assert options("runsc")["pids_limit"] > 40


def test_nothing_weakens_what_the_engine_does_by_default() -> None:
    made = options()
    assert made["security_opt"] == ["no-new-privileges"]
    assert {"privileged", "cap_add", "devices", "pid_mode", "userns_mode"}.isdisjoint(made)
