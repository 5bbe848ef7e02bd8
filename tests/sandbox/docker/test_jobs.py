"""Honest and limited jobs in containers: the same reports as from the jail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sandbox.docker.containers import containers_of, fresh_sandbox, inspected
from tests.sandbox.jobs import job, run
from vervet.core.errors import JobError
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.job import ArtifactSpec, Check, File, Job, LimitHit, Program

pytestmark = pytest.mark.services

ECHO = "import sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data[::-1])"
TELLS_CHILD = "import subprocess; print(subprocess.run(['echo', 'hi'], capture_output=True).stdout)"


def may_start_processes(asked: Job) -> Job:
    env = (("PATH", "/usr/bin:/bin"),)
    return replace(asked, program=replace(asked.program, processes_allowed=True, env=env))


def test_many_checks_of_one_program(docker_sandbox: DockerSandbox) -> None:
    inputs = [f"{i}|\n".encode() for i in range(50)]
    report = run(docker_sandbox, job(ECHO, *inputs))
    assert [check.stdout for check in report.checks] == [each[::-1] for each in inputs]
    assert report.infra == ""


def test_ten_megabytes_of_input(docker_sandbox: DockerSandbox) -> None:
    source = "import sys; print(sum(len(line) for line in sys.stdin))"
    report = run(docker_sandbox, job(source, b"0123456789\n" * 1_000_000))
    assert report.checks[0].stdout == b"11000000\n"


@pytest.mark.parametrize(
    "source",
    [
        "print(input())",
        "import fileinput; print(next(fileinput.input()), end='')",
        "print(open(0).read(), end='')",
        "print(open('/dev/stdin').read(), end='')",
    ],
)
def test_every_way_to_read_the_input(docker_sandbox: DockerSandbox, source: str) -> None:
    report = run(docker_sandbox, job(source, b"a line\n"))
    assert (report.checks[0].stdout, report.checks[0].stderr) == (b"a line\n", b"")


def test_threads_and_deep_recursion(docker_sandbox: DockerSandbox) -> None:
    source = """
import sys, threading
sys.setrecursionlimit(100_000)
threading.stack_size(512 << 20)
def depth(n): return n if n == 0 else 1 + depth(n - 1)
thread = threading.Thread(target=lambda: print(depth(50_000)))
thread.start(); thread.join()
"""
    report = run(docker_sandbox, job(source, memory=1 << 30))
    assert report.checks[0].stdout == b"50000\n"


@pytest.mark.parametrize(
    ("source", "limits", "hit"),
    [
        ("import time; time.sleep(60)", {"wall_s": 0.3}, LimitHit.WALL),
        ("while True: pass", {"cpu_s": 0.3}, LimitHit.CPU),
        ("while True: print('x' * 10_000)", {"output": 100_000}, LimitHit.OUTPUT),
        ("x = []\nwhile True: x.append(bytearray(1 << 24))", {"memory": 1 << 28}, LimitHit.MEMORY),
    ],
)
def test_limits(docker_sandbox: DockerSandbox, source: str, limits, hit: LimitHit) -> None:
    report = run(docker_sandbox, job(source, **limits))
    assert report.checks[0].limit is hit
    assert report.infra == ""


def test_files_fill_no_more_than_their_space(docker_sandbox: DockerSandbox) -> None:
    source = """
try:
    for i in range(1000):
        open(f"f{i}", "wb").write(bytes(1 << 20))
except OSError as error:
    print(error.errno)
"""
    report = run(docker_sandbox, job(source, b"", b"", file_size=4 << 20))
    assert [check.stdout for check in report.checks] == [b"28\n", b"28\n"]  # ENOSPC


def test_artifacts_come_out(docker_sandbox: DockerSandbox) -> None:
    asked = job("open('a.txt', 'w').write('kept'); open('b.txt', 'w').write('x' * 100)")
    specs = (ArtifactSpec("a", "a.txt", 10), ArtifactSpec("b", "b.txt", 10))
    assert run(docker_sandbox, replace(asked, artifacts=specs)).artifacts == {"a": b"kept"}


def test_a_pair_talks_and_each_has_a_container(
    docker_sandbox: DockerSandbox, docker_engine: Engine
) -> None:
    judge = "import os; os.write(4, b'7\\n'); print(os.read(3, 100))"
    solver = "import os; n = int(os.read(3, 100)); os.write(4, str(n * 6).encode())"
    peer = Program("python", (File("s.py", solver.encode()),), ("s.py",))
    with fresh_sandbox(runtime="runc") as sandbox:
        known = containers_of(docker_engine)
        report = run(sandbox, replace(job(judge), peer=peer))
        assert len(inspected(docker_engine, known)) == 2
    assert report.checks[0].stdout == b"b'42'\n"
    assert report.checks[0].peer is not None
    assert report.checks[0].peer.exit_code == 0


def test_jobs_of_one_worker_share_one_container(docker_engine: Engine, docker_image: str) -> None:
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        for i in range(5):
            assert run(sandbox, job(f"print({i})")).checks[0].stdout == f"{i}\n".encode()
        assert len(inspected(docker_engine, known)) == 1
    assert containers_of(docker_engine) == known


def test_a_job_that_may_start_processes_never_shares_one(
    docker_engine: Engine, docker_image: str
) -> None:
    """The host name of a container is always the same, the inode of its namespaces never."""
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        assert run(sandbox, job("print(1)")).infra == ""
        shared = {each["Id"] for each in inspected(docker_engine, known)}
        seen: set[str] = set()
        for _ in range(4):
            during: list[str] = []

            def look(_: object, during: list[str] = during) -> bool:
                during += [each["Id"] for each in inspected(docker_engine, known)]
                return True

            report = sandbox.run(may_start_processes(job(TELLS_CHILD)), look)
            assert report.checks[0].stdout == b"b'hi\\n'\n"
            after = {each["Id"] for each in inspected(docker_engine, known)}
            gone = set(during) - after
            assert len(gone) == 1
            assert gone.isdisjoint(shared | seen)
            seen |= gone
    assert containers_of(docker_engine) == known


def test_the_layers_that_confined_a_candidate(docker_sandbox: DockerSandbox) -> None:
    layers = run(docker_sandbox, job("pass")).layers
    expected = {"pidns", "netns", "mountns", "ipcns", "utsns", "rlimits", "nonewprivs", "cgroup"}
    assert expected | {"seccomp"} <= set(layers)
    assert docker_sandbox.layers() == layers


def test_the_environment_names_the_image(docker_sandbox: DockerSandbox, docker_image: str) -> None:
    environment = docker_sandbox.environment()
    assert environment["kind"] == "docker"
    assert environment["image"] == docker_image
    assert environment["image"].startswith("sha256:")
    assert environment["runtime"] == "runc"


def test_an_unknown_profile_is_refused(docker_sandbox: DockerSandbox) -> None:
    asked = job("pass")
    other = replace(asked, program=replace(asked.program, profile="pyhton"))
    with pytest.raises(JobError, match="pyhton") as caught:
        run(docker_sandbox, other)
    assert "python" in caught.value.hint


def test_a_job_that_cannot_be_run_starts_nothing(docker_engine: Engine, docker_image: str) -> None:
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        with pytest.raises(JobError):
            run(sandbox, job("pass", memory=1 << 20))
        with pytest.raises(JobError):
            run(sandbox, Job(Program("python", (), ("x.py",)), (Check("c"),)))
        assert containers_of(docker_engine) == known
