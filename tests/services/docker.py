"""A real Docker engine for tests, with the image of Python programs and gVisor beside runc.

One that is not there is installed and started; where that fails, so does the test.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from vervet.core.errors import NoIsolationError
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import Engine, connect

__all__ = ["docker_engine", "docker_image", "docker_sandbox", "gvisor_sandbox"]

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "tests" / "services" / "engine.sh"
BUILD = ROOT / "docker" / "images.sh"
PROFILE = "python"


def _sh(script: Path, seconds: float, **env: str) -> None:
    done = subprocess.run(
        ["sh", script],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{script.name}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """The engine that answers, or one that is started now."""
    _sh(START, 600)
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def docker_image(docker_engine: Engine) -> str:
    """The id of the image of Python programs, which is built where it is not there."""
    try:
        return docker_engine.image(PROFILE)
    except NoIsolationError:
        _sh(BUILD, 600, BASE="debootstrap")
    return docker_engine.image(PROFILE)


@pytest.fixture(scope="session")
def docker_sandbox(docker_image: str) -> Iterator[DockerSandbox]:
    """The sandbox, with the engine's own runtime."""
    sandbox = DockerSandbox(runtime="runc")
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="session")
def gvisor_sandbox(docker_image: str) -> Iterator[DockerSandbox]:
    """The same with gVisor's kernel between guest and host."""
    sandbox = DockerSandbox(runtime="runsc")
    yield sandbox
    sandbox.close()
