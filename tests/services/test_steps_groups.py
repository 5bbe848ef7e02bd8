"""Control groups of both versions, on files laid out like the kernel's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vervet.sandbox.docker import steps_group
from vervet.sandbox.docker.steps_group import HostGroup, Used, host_sees
from vervet.sandbox.guest import GuestGoneError

ID = "c0ffee"
V2 = {
    "memory.events": "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n",
    "memory.peak": "5000\n",
    "cpu.stat": "usage_usec 3500000\nuser_usec 2500000\nsystem_usec 1000000\n",
    "cgroup.procs": "41\n42\n",
}
V1 = {
    "memory": {
        "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
        "memory.max_usage_in_bytes": "5000\n",
        "cgroup.procs": "41\n42\n",
    },
    "cpuacct": {"cpuacct.stat": "user 250\nsystem 100\n"},
}


def lay(place: Path, files: dict[str, str]) -> None:
    place.mkdir(parents=True)
    for name, text in files.items():
        (place / name).write_text(text)


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: str) -> HostGroup:
    lay(tmp_path / "proc" / "41", {"cgroup": groups})
    monkeypatch.setattr(steps_group, "PROC", tmp_path / "proc")
    monkeypatch.setattr(steps_group, "CGROUPS", tmp_path)
    monkeypatch.setattr(steps_group, "TICKS", 100)
    engine: object = None  # asked only where the container is paused
    return HostGroup(engine, ID, 41)  # type: ignore[arg-type]


@pytest.fixture(params=["v1", "v2"])
def group(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> HostGroup:
    if request.param == "v2":
        lay(tmp_path / "system.slice" / f"docker-{ID}.scope", V2)
        return made(tmp_path, monkeypatch, f"0::/system.slice/docker-{ID}.scope\n")
    for controller, files in V1.items():
        lay(tmp_path / controller / "docker" / ID, files)
    lines = (f"9:cpu,cpuacct:/docker/{ID}", f"4:memory:/docker/{ID}", "0::/", "")
    return made(tmp_path, monkeypatch, "\n".join(lines))


def test_what_was_used_is_read(group: HostGroup) -> None:
    assert group.used() == Used(user_s=2.5, system_s=1.0, peak=5000, kills=1)


def test_what_waits_is_spared(group: HostGroup) -> None:
    group.clear()  # would else try for 20 s to end processes 41 and 42 of this host


def test_a_group_that_lost_what_waits_has_ended(group: HostGroup, tmp_path: Path) -> None:
    (next(tmp_path.rglob("cgroup.procs"))).write_text("41\n")

    with pytest.raises(GuestGoneError):
        group.clear()


def test_a_kernel_without_a_peak_reports_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: text for name, text in V2.items() if name != "memory.peak"}
    lay(tmp_path / "docker" / ID, files)

    assert made(tmp_path, monkeypatch, f"0::/docker/{ID}\n").used().peak == 0


def test_a_process_of_another_container_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path / str(os.getpid()), {"cgroup": f"0::/docker/{ID}\n"})
    monkeypatch.setattr(steps_group, "PROC", tmp_path)

    assert host_sees(ID, os.getpid())
    assert not host_sees("decaf", os.getpid())
    assert not host_sees(ID, 0)
