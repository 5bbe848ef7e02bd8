"""What isolates a container, as its engine tells it and as a candidate finds it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.sandbox.docker.containers import containers_of, fresh_sandbox, inspected
from tests.sandbox.docker.test_jobs import may_start_processes
from tests.sandbox.jobs import job, run
from vervet.core.processes import identity
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.job import LimitHit

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def container(docker_engine: Engine, docker_image: str):
    """What the engine knows of the container that a plain job went through."""
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        assert run(sandbox, job("print(1)")).checks[0].stdout == b"1\n"
        (found,) = inspected(docker_engine, known)
        yield found


def test_limits_and_rights_as_the_engine_tells_them(container) -> None:
    host = container["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["IpcMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["Privileged"] is False
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Memory"] == host["MemorySwap"] > 0
    assert host["PidsLimit"] > 0
    assert host["NanoCpus"] > 0
    assert host["Init"] is True
    assert host["RestartPolicy"]["Name"] in ("", "no")
    assert {"noexec", "nosuid", "nodev"} < set(host["Tmpfs"]["/tmp"].split(","))
    assert container["Config"]["User"] == "65534:65534"


def test_its_only_mount_is_read_only(container) -> None:
    assert [mount["RW"] for mount in container["Mounts"]] == [False]


def test_its_labels_name_worker_and_deadline(container) -> None:
    labels = container["Config"]["Labels"]
    assert labels["vervet.worker"] == identity()
    assert time.time() < int(labels["vervet.deadline"]) < time.time() + 86_400


def test_nothing_of_the_meeting_is_left_on_the_host(container) -> None:
    assert not Path(container["Mounts"][0]["Source"]).exists()
    assert list(Path(tempfile.gettempdir()).glob(f"vervet-docker-{os.getpid()}-*")) == []


INSIDE = """
import json, os
def can(act, *given):
    try:
        act(*given)
        return True
    except OSError:
        return False
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(json.dumps({
    "ids": os.getresuid() + os.getresgid(),
    "groups": os.getgroups(),
    "caps": [status[name].strip() for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "seccomp": status["Seccomp_filters"].strip(),
    "control": can(os.listdir, "/control"),
    "shm": os.path.exists("/dev/shm"),
    "writable": [top for top, _, _ in os.walk("/") if top[:5] not in ("/proc", "/sys/")
                 and top[:4] != "/tmp" and os.access(top, os.W_OK)],
    "setuid": [os.path.join(top, name) for top, _, names in os.walk("/usr") for name in names
               if os.path.isfile(os.path.join(top, name))
               and os.stat(os.path.join(top, name)).st_mode & 0o6000],
    "network": sorted(os.listdir("/sys/class/net")),
}))
"""


def test_a_container_as_seen_from_inside(docker_engine: Engine, docker_image: str) -> None:
    """With no layer of the guest's own: what the engine alone answers for."""
    from vervet.sandbox.docker.container import Mould, container_options
    from vervet.sandbox.keeper import Plan

    plan = Plan(space=1 << 20, memory=256 << 20, processes=20, alone=False)
    options = container_options(Mould(docker_image, "runc", 1), plan, {"vervet.worker": identity()})
    options |= {"command": ["python3", "-I", "-S", "-c", INSIDE], "ulimits": []}
    container = docker_engine.client.containers.create(**options)
    try:
        container.start()
        assert container.wait()["StatusCode"] == 0, container.logs()
        seen = json.loads(container.logs())
    finally:
        container.remove(force=True)
    assert seen["ids"] == [65534] * 6
    assert seen["groups"] in ([], [65534])
    assert seen["caps"] == ["0000000000000000"] * 4
    assert int(seen["seccomp"]) >= 1
    assert seen["shm"] is False
    assert seen["writable"] == []
    assert seen["setuid"] == []
    assert seen["network"] == ["lo"]


@pytest.mark.parametrize(
    "source",
    [
        "import os; print(os.listdir('/control'))",
        "import os; print(os.open('/control/link', os.O_RDWR))",
        "open('/control/x', 'w')",
        "open('/dev/mqueue/x', 'w')",
        "open('/usr/x', 'w')",
        "open('/proc/1/environ').read()",
        "import socket; socket.socket(socket.AF_UNIX).connect('/control/link')",
        "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
    ],
)
@pytest.mark.parametrize("processes", [False, True])
def test_what_a_candidate_cannot_reach(
    docker_sandbox: DockerSandbox, source: str, processes: bool
) -> None:
    asked = job(source)
    report = run(docker_sandbox, may_start_processes(asked) if processes else asked)
    (check,) = report.checks
    assert check.exit_code == 1, check.stdout
    assert check.stdout == b""


def test_the_engine_of_the_host_is_not_inside(docker_sandbox: DockerSandbox) -> None:
    source = "import os; print([p for p in ('/var/run/docker.sock', '/run') if os.path.exists(p)])"
    assert b"docker.sock" not in run(docker_sandbox, job(source)).checks[0].stdout


HUNGRY = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        time.sleep(0.5)
        kept = b"." * (40 << 20)
        time.sleep(60)
kept = b"." * (180 << 20)
time.sleep(60)
"""


def test_processes_together_stay_within_the_memory_of_the_container(
    docker_sandbox: DockerSandbox,
) -> None:
    """Each is below its own limit; the control group counts them all and the report says so."""
    asked = may_start_processes(job(HUNGRY, memory=256 << 20, wall_s=20.0))
    (check,) = run(docker_sandbox, asked).checks
    assert (check.signal, check.limit, check.known_by) == (9, LimitHit.MEMORY, "cgroup")
    assert run(docker_sandbox, job("print('next')")).checks[0].stdout == b"next\n"


BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


def processes_here() -> int:
    return sum(entry.name.isdigit() for entry in Path("/proc").iterdir())


def test_a_fork_bomb_stays_within_the_processes_of_the_container(
    docker_sandbox: DockerSandbox,
) -> None:
    before = processes_here()
    run(docker_sandbox, may_start_processes(job(BOMB, wall_s=1.0, processes=32)))
    assert run(docker_sandbox, job("print('next')")).checks[0].stdout == b"next\n"
    assert processes_here() < before + 30
