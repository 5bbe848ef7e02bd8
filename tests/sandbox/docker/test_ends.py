"""Whatever ends a worker, its containers end with it, or at the next look."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sandbox.docker.containers import containers_of, fresh_sandbox, until
from tests.sandbox.jobs import job, run
from vervet.core.processes import identity
from vervet.sandbox.docker.container import Mould, container_options
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.janitor import Janitor
from vervet.sandbox.docker.labels import WORKER, labels
from vervet.sandbox.docker.reaper import reap
from vervet.sandbox.keeper import Plan

pytestmark = pytest.mark.services

WORKER_SCRIPT = """
import sys
from dataclasses import replace
from tests.sandbox.jobs import job
from vervet.core.processes import identity
from vervet.sandbox.docker.backend import DockerSandbox
sandbox = DockerSandbox(runtime="runc")
alone = sys.argv[1] == "alone"
def tell(_):
    print(identity(), flush=True)
    return True
try:
    for source in ("pass", "pass", "pass", {source!r}):
        asked = job(source, b"", b"", wall_s=3600.0, cpu_s=3600.0)
        sandbox.run(replace(asked, program=replace(asked.program, processes_allowed=alone)), tell)
finally:
    sandbox.close()
"""
STUBBORN = """
import os, signal, sys, time
for number in range(1, 64):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
try:
    os.kill(os.getppid(), signal.SIGSTOP)
except OSError:
    pass
if os.path.exists("/tmp/seen"):
    time.sleep(3600)
"""
PLAN = Plan(space=1 << 20, memory=256 << 20, processes=20, alone=False)
ELSEWHERE = "another-host:0a1b2c3d.4026531836:17:12345"


@pytest.fixture
def start_worker(docker_image: str):
    """Start a real worker in a session of its own; its process and its identity."""
    started: list[subprocess.Popen[str]] = []

    def start(kind: str, source: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER_SCRIPT.format(source=source), kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            cwd=Path(__file__).parents[3],
        )
        started.append(process)
        assert process.stdout
        names = {process.stdout.readline().strip() for _ in range(6)}
        time.sleep(0.5)
        return process, names.pop()

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


@pytest.mark.parametrize("kind", ["shared", "alone"])
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_runs_on_after_the_worker(
    docker_engine: Engine, start_worker, ending: signal.Signals, kind: str
) -> None:
    """The signal goes to the whole group, as ^C does; the candidate would go on for an hour."""
    process, worker = start_worker(kind, STUBBORN + "\ntime.sleep(3600)")
    assert containers_of(docker_engine, worker)
    os.killpg(process.pid, ending)
    assert process.wait(20) != 0
    until(lambda: containers_of(docker_engine, worker) == [], 10)
    assert list(Path("/tmp").glob(f"vervet-docker-{process.pid}-*")) == []


def janitors_of(worker: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"vervet.sandbox.docker.janitor" in words and worker.encode() in words:
                found.append(int(entry.name))
    return found


def test_what_worker_and_janitor_leave_goes_at_the_next_start(
    docker_engine: Engine, start_worker
) -> None:
    process, worker = start_worker("alone", STUBBORN + "\ntime.sleep(3600)")
    (janitor,) = janitors_of(worker)
    os.kill(janitor, signal.SIGKILL)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    left = containers_of(docker_engine, worker)
    assert left
    with fresh_sandbox(runtime="runc"):
        assert containers_of(docker_engine, worker) == []


def test_a_guest_ends_by_itself_when_its_host_is_gone(docker_engine: Engine, start_worker) -> None:
    """With nobody left to remove it, it is there still, but nothing of it runs."""
    process, worker = start_worker("shared", "import time; time.sleep(1)")
    (janitor,) = janitors_of(worker)
    os.kill(janitor, signal.SIGKILL)
    process.kill()
    process.wait()

    def ended() -> bool:
        left = containers_of(docker_engine, worker)
        states = [docker_engine.client.api.inspect_container(each)["State"] for each in left]
        return not any(state["Running"] for state in states)

    until(ended, 10)
    reap(docker_engine.client)
    assert containers_of(docker_engine, worker) == []


def test_a_sandbox_that_is_closed_leaves_nothing(docker_engine: Engine, docker_image: str) -> None:
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        run(sandbox, job("pass"))
        assert janitors_of(identity())
    sandbox.close()
    assert containers_of(docker_engine) == known


def test_a_janitor_that_is_dismissed_removes_nothing(docker_engine: Engine, docker_image: str):
    with made(docker_engine, docker_image, labels("nobody:0.0:1:1", "", time.time() + 60)) as one:
        janitor = Janitor("nobody:0.0:1:1")
        janitor.dismiss()
        janitor.dismiss()
        assert containers_of(docker_engine, "nobody:0.0:1:1") == [one.id]


class made:  # noqa: N801
    """A container with these labels, that has never run."""

    def __init__(self, engine: Engine, image: str, marks: dict[str, str]) -> None:
        options = container_options(Mould(image, "runc", 1), PLAN, marks) | {"ulimits": []}
        self._container = engine.client.containers.create(**options)

    def __enter__(self):
        return self._container

    def __exit__(self, *_: object) -> None:
        self._container.remove(force=True)


def test_the_reaper_leaves_those_whose_time_is_not_up(docker_engine: Engine, docker_image: str):
    mine = labels(identity(), "", 0.0)
    others = labels(ELSEWHERE, "", time.time() + 60)
    stranger = {"org.example": "1"}
    with (
        made(docker_engine, docker_image, mine) as first,
        made(docker_engine, docker_image, others) as second,
        made(docker_engine, docker_image, stranger) as third,
    ):
        reap(docker_engine.client)
        for each in (first, second, third):
            each.reload()


def test_the_reaper_removes_what_is_past_its_deadline(docker_engine: Engine, docker_image: str):
    with made(docker_engine, docker_image, {}) as kept:
        options = container_options(
            Mould(docker_image, "runc", 1), PLAN, labels(ELSEWHERE, "", time.time() - 1)
        )
        docker_engine.client.containers.create(**options | {"ulimits": []})
        assert reap(docker_engine.client) == 1
        assert reap(docker_engine.client) == 0
        kept.reload()


def test_a_container_that_dies_is_no_verdict(docker_engine: Engine, docker_image: str) -> None:
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        asked = job("print(1)", b"", b"")

        def kill(_: object) -> bool:
            for each in set(containers_of(docker_engine)) - set(known):
                docker_engine.client.api.kill(each)
            return True

        report = sandbox.run(asked, kill)
        assert report.infra.startswith("the sandbox died during check 2")
        assert run(sandbox, asked).infra == ""


def test_labels_are_on_every_container(docker_engine: Engine, docker_image: str, monkeypatch):
    monkeypatch.setenv("VERVET_RUN", "code-embedded-1")
    known = containers_of(docker_engine)
    with fresh_sandbox(runtime="runc") as sandbox:
        run(sandbox, job("pass"))
        for each in set(containers_of(docker_engine)) - set(known):
            found = docker_engine.client.api.inspect_container(each)["Config"]["Labels"]
            assert found["vervet.run"] == "code-embedded-1"
            assert found[WORKER] == identity()
