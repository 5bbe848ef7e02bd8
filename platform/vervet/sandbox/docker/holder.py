"""Owns the hold on one container: its end, its last words, what it lost for want of memory."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vervet.sandbox.docker.reaper import remove

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["ContainerHolder"]

ENDING_S, LOOK_S = 1.0, 0.02
"""How long a container may take to end after its guest has, and how often that is looked at."""
CGROUPS = Path("/sys/fs/cgroup")


class ContainerHolder:
    """Holds a started container. `pid` is one of its processes as this host numbers it, or 0."""

    def __init__(self, engine: Engine, container: str, pid: int) -> None:
        self._engine, self.container = engine, container
        self._counts = _memory_counts(pid)
        self._ended = False

    def admit(self) -> None:
        """Nothing is left to do: the engine has bounded the container before it started it."""

    def last_words(self) -> str:
        """The last line that the container's interpreter or init wrote, or how it ended."""
        deadline = time.monotonic() + ENDING_S
        while not (words := last_words(self._engine, self.container)):
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK_S)
        return words

    def memory_kills(self) -> int:
        """Processes of the container killed for memory; after its end, 1 if that ended it."""
        try:
            found = re.search(r"^oom_kill (\d+)$", self._counts.read_text(), re.MULTILINE)
            return int(found[1]) if found else 0
        except OSError:
            return int(bool(_state(self._engine, self.container).get("OOMKilled")))

    def end(self) -> None:
        """Kill every process of the container and remove it; a second time does nothing."""
        if not self._ended:
            remove(self._engine.client, self.container)
            self._ended = True


def last_words(engine: Engine, container: str) -> str:
    """The last line that a container wrote, else what its engine says of its end, else nothing."""
    import docker.errors
    import requests

    try:
        state = _state(engine, container)
        if state.get("Running"):
            return ""
        said = engine.client.api.logs(container, tail=1).decode(errors="replace").strip()
    except (docker.errors.DockerException, requests.RequestException):
        return ""
    if state.get("OOMKilled"):
        return "the container was killed for memory (exit 137)"
    code = state.get("ExitCode")
    return said or str(state.get("Error") or f"the container ended with exit status {code}")


def _state(engine: Engine, container: str) -> dict[str, Any]:
    state: dict[str, Any] = engine.client.api.inspect_container(container)["State"]
    return state


def _memory_counts(pid: int) -> Path:
    """The file in which the kernel counts the kills for memory of a process's control group.

    One that is not there where it cannot be seen from here.
    """
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    groups = {controllers: path for _, controllers, path in (each.split(":", 2) for each in lines)}
    for controllers, path in groups.items():
        if "memory" in controllers.split(","):
            return CGROUPS / "memory" / path.lstrip("/") / "memory.oom_control"
    return CGROUPS / groups.get("", "").lstrip("/") / "memory.events"
