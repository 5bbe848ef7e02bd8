"""What an engine says of the containers of one worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vervet.core.processes import identity
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.labels import WORKER

__all__ = ["containers_of", "fresh_sandbox", "inspected", "until"]


def containers_of(engine: Engine, worker: str | None = None) -> list[str]:
    """Ids of a worker's containers, running or not; of this process's by default."""
    mark = f"{WORKER}={worker or identity()}"
    found = engine.client.api.containers(all=True, filters={"label": mark})
    return [each["Id"] for each in found]


def inspected(engine: Engine, known: list[str]) -> list[dict[str, Any]]:
    """What the engine knows of this process's containers that are not `known`."""
    new = [each for each in containers_of(engine) if each not in known]
    return [engine.client.api.inspect_container(each) for each in new]


@contextmanager
def fresh_sandbox(**options: Any) -> Iterator[DockerSandbox]:
    """A sandbox of its own, closed at the end."""
    sandbox = DockerSandbox(**options)
    try:
        yield sandbox
    finally:
        sandbox.close()


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait for what should come to hold. Raises `AssertionError` if it does not."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
