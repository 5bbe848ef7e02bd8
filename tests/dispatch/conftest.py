"""A database, settings that are quick, and workers on each broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dispatch.servers import redis_server
from tests.dispatch.world import MARKER, marked, wait_for
from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.dispatch.settings import DispatchSettings, read_settings
from vervet.sandbox.jail import JailSandbox
from vervet.store.database import Database

ROOT = Path(__file__).resolve().parents[2]
ENTRY_POINTS = "[vervet.verifiers]\nobedient = tests.dispatch.obedient:make\n"


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """What decides outcomes in this host's jail."""
    sandbox = JailSandbox()
    sandbox.close()
    return sandbox.environment()


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed distribution that registers the obedient verifier."""
    folder = tmp_path_factory.mktemp("plugins")
    info = folder / "obedient-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: obedient\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


@pytest.fixture
def marker(monkeypatch: pytest.MonkeyPatch, plugins: Path) -> Iterator[str]:
    """A word in the environment of every process of this test; none may outlive it."""
    word = uuid.uuid4().hex
    monkeypatch.setenv(MARKER, word)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(plugins), str(ROOT)]))
    yield word
    left = marked(word)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, "processes outlived the test"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "vervet.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(params=["filesystem", "redis"])
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, database: Database, marker: str
) -> DispatchSettings:
    """Quick settings on each broker."""
    url = "filesystem://"
    if request.param == "redis":
        # A number of its own for each test, so that no message is another's.
        server = request.getfixturevalue("redis_url")
        url = f"{server}?virtual_host={next(_DATABASES)}"
    return quick_settings(database, tmp_path, url)


_DATABASES = iter(range(64))


def quick_settings(database: Database, folder: Path, broker_url: str) -> DispatchSettings:
    return read_settings(
        database_url=database.url,
        broker_url=broker_url,
        state_dir=folder / "state",
        workers=2,
        kinds=("obedient",),
        lease_s=2.0,
        sweep_s=0.2,
        republish_s=1.0,
        grace_s=5.0,
    )


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(settings: DispatchSettings) -> Iterator[Start]:
    """Start a producer or a worker as a process of its own, and end it with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(module: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            env=os.environ | settings.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def dispatcher(
    settings: DispatchSettings, database: Database, start: Start
) -> Iterator[CeleryDispatcher]:
    """A dispatcher that is not started yet; on Redis with workers that are."""
    found = CeleryDispatcher(settings, database)
    worker = None if settings.embedded else start("tests.dispatch.worker")
    yield found
    found.close()
    if worker is not None:
        worker.terminate()
        assert worker.wait(30) == 0


def wait_until_gone(marker: str, seconds: float = 5.0) -> None:
    """Return when no process of the test is left. Fails the test if one stays."""
    wait_for(lambda: not marked(marker), seconds, f"still there: {marked(marker)}")
