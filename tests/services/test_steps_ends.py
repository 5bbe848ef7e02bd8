"""No container of a job of steps is left, whatever ends; no failure of an engine is a verdict."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.sandbox.docker.containers import containers_of, fresh_sandbox, until
from tests.services.steps import done, go_on, job, shell
from vervet.core.processes import identity
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.labels import labels
from vervet.sandbox.docker.reaper import reap
from vervet.sandbox.docker.steps_room import Plan, open_room, room_options

pytestmark = pytest.mark.services

ENGINE = "/var/run/docker.sock"
WORKER = """
import sys
from tests.services.steps import go_on, job, shell
from vervet.core.processes import identity
from vervet.sandbox.docker.backend import DockerSandbox

sandbox = DockerSandbox(runtime="runc")
print(identity(), flush=True)
sandbox.run(job(shell("long", "sleep 25")), go_on)
"""


def test_a_job_has_a_container_for_itself_and_the_next_one_waits(docker_image: str) -> None:
    with fresh_sandbox(runtime="runc") as sandbox:
        before = set(containers_of(sandbox._engine))
        done(sandbox, shell("mark", "touch /mark"))
        until(lambda: len(set(containers_of(sandbox._engine)) - before) == 1, 20)
        assert done(sandbox, shell("look", "ls /mark || true")).checks[0].stdout.startswith(b"ls:")
        engine = sandbox._engine
        sandbox.close()
        left = set(containers_of(engine)) - before
    assert left == set()


def test_a_sandbox_that_was_closed_opens_again(docker_image: str) -> None:
    with fresh_sandbox(runtime="runc") as sandbox:
        for _ in range(2):
            done(sandbox, shell("step", "true"))
            sandbox.close()


def test_a_container_ends_by_itself_when_its_life_is_over(
    docker_engine: Engine, docker_image: str
) -> None:
    plan = Plan(docker_image, 64 << 20, 8, 1 << 20, 64, life_s=2)
    options = room_options(plan, "runc", 1)
    options["labels"] = labels(identity(), "", time.time() + 2)

    room = open_room(docker_engine, options, plan, bounded=False, fleeting=True)

    until(lambda: room.container not in containers_of(docker_engine), 20)


def test_nothing_is_left_of_a_worker_that_was_killed(
    docker_engine: Engine, docker_image: str
) -> None:
    root = Path(__file__).resolve().parents[2]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout
    name = worker.stdout.readline().strip()
    until(lambda: len(containers_of(docker_engine, name)) > 1, 30)

    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()

    until(lambda: containers_of(docker_engine, name) == [], 30)


class Gate:
    """A socket that leads to the engine's for as long as it is open."""

    def __init__(self, place: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(ENGINE)
                self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=ends, daemon=True).start()

    def close(self) -> None:
        """As if the engine had ended."""
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


@contextmanager
def gate(place: Path) -> Iterator[Gate]:
    made = Gate(place)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the SDK's sockets
def test_an_engine_that_goes_away_is_no_verdict(
    docker_engine: Engine, docker_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
    before = set(containers_of(docker_engine))
    with gate(place) as first, fresh_sandbox(runtime="runc") as sandbox:
        done(sandbox, shell("good", "true"))
        until(lambda: len(set(containers_of(docker_engine)) - before) == 1, 20)
        threading.Timer(1, first.close).start()

        report = sandbox.run(job(shell("long", "sleep 3"), shell("next", "true")), go_on)

        assert report.infra == "the Docker engine does not answer any more during check 'long'"
        assert report.checks == ()
        place.unlink()
        with gate(place):  # it is back
            done(sandbox, shell("good", "true"))
            sandbox.close()
    reap(docker_engine.client, lambda found: found.get("vervet.worker") == identity())


def test_a_full_disk_is_no_verdict(docker_image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with fresh_sandbox(runtime="runc") as sandbox:
        monkeypatch.setattr("vervet.sandbox.docker.steps_words.LEAST_SPACE", 1 << 60)
        report = sandbox.run(job(shell("a", "true")), go_on)

    assert "the engine's disk is full" in report.infra
    assert report.checks == ()
