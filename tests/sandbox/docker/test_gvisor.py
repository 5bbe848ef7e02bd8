"""With gVisor's kernel between guest and host: fewer layers of our own, the same verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox.docker.test_jobs import ECHO, TELLS_CHILD, may_start_processes
from tests.sandbox.jobs import job, run
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.job import File, LimitHit, Program

pytestmark = pytest.mark.services


def test_jobs_and_checks(gvisor_sandbox: DockerSandbox) -> None:
    for _ in range(2):
        report = run(gvisor_sandbox, job(ECHO, b"ab\n", b"cd\n"))
        assert [check.stdout for check in report.checks] == [b"\nba", b"\ndc"]


def test_the_devices_of_the_host_stay_as_they_are(gvisor_sandbox: DockerSandbox) -> None:
    """runsc makes the container's user the owner of whatever its standard input is."""
    before = Path("/dev/null").stat()
    assert run(gvisor_sandbox, may_start_processes(job("pass"))).infra == ""
    after = Path("/dev/null").stat()
    assert (before.st_uid, after.st_uid, after.st_mode) == (0, 0, before.st_mode)


def test_the_layers_say_gvisor_and_no_landlock(gvisor_sandbox: DockerSandbox) -> None:
    layers = run(gvisor_sandbox, job("pass")).layers
    assert {"gvisor", "seccomp", "pidns", "netns"} <= set(layers)
    assert "landlock" not in layers
    assert gvisor_sandbox.environment()["runtime"] == "runsc"


@pytest.mark.parametrize(
    ("source", "limits", "hit"),
    [
        ("import time; time.sleep(60)", {"wall_s": 0.5}, LimitHit.WALL),
        ("while True: pass", {"cpu_s": 0.5}, LimitHit.CPU),
        ("while True: print('x' * 10_000)", {"output": 100_000}, LimitHit.OUTPUT),
        ("x = []\nwhile True: x.append(bytearray(1 << 24))", {"memory": 1 << 28}, LimitHit.MEMORY),
    ],
)
def test_limits(gvisor_sandbox: DockerSandbox, source: str, limits, hit: LimitHit) -> None:
    report = run(gvisor_sandbox, job(source, **limits))
    assert (report.infra, report.checks[0].limit) == ("", hit)


def test_a_pair(gvisor_sandbox: DockerSandbox) -> None:
    peer = Program(
        "python", (File("s.py", b"import os; os.write(4, os.read(3, 9) * 2)"),), ("s.py",)
    )
    judge = "import os; os.write(4, b'7'); print(os.read(3, 100))"
    report = run(gvisor_sandbox, replace(job(judge), peer=peer))
    assert report.checks[0].stdout == b"b'77'\n"


def test_a_job_that_may_start_processes(gvisor_sandbox: DockerSandbox) -> None:
    report = run(gvisor_sandbox, may_start_processes(job(TELLS_CHILD)))
    assert report.checks[0].stdout == b"b'hi\\n'\n"


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.fork()",
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_UNIX).connect('/control/link')",
        "open('/usr/x', 'w')",
        "open('/control/x', 'w')",
    ],
)
def test_what_a_candidate_cannot_do(gvisor_sandbox: DockerSandbox, source: str) -> None:
    (check,) = run(gvisor_sandbox, job(source)).checks
    assert (check.exit_code, check.stdout) == (1, b"")
    assert run(gvisor_sandbox, job("print('next')")).checks[0].stdout == b"next\n"
