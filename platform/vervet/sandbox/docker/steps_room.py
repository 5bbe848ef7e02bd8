"""Owns the making of one container in which a job's checks run as steps, and its removal.

It waits, started, for its one job: an init and a `sleep` that ends with the container's life, so
that no container outlives it even where worker, janitor and host's clock are gone. Never runs a
step.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vervet.sandbox.docker.container import MOST_PROCESSORS
from vervet.sandbox.docker.reaper import remove
from vervet.sandbox.docker.steps_group import EngineGroup, Group, HostGroup, host_sees

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["CAPABILITIES", "DISK", "WAITERS_GROUP", "Plan", "Room", "open_room", "room_options"]

CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER")
"""What root needs to write files as the instance's own scripts do: owners as an archive says
them, files without the bit for writing, modes of files of another owner. Not SETUID, SETGID and
KILL: with the first two a step could become whoever waits, and write to its memory."""
WAITERS_GROUP = 65_534
WAITER = f"0:{WAITERS_GROUP}"
"""Root, or the engine would give the steps' root no capabilities; of another group than they, or
the kernel would let them trace it."""
OWN_PROCESSES = 4
"""The init, what waits, and what the engine starts a step with."""
DISK = 8 << 30
"""Bytes that the container's disk may grow by."""
SHARED_MEMORY = 64 << 20
COPYING = ("overlay2", "overlay", "fuse-overlayfs")
"""Storage drivers that copy a file of the image before a step writes to it, so that no step can
write into the program that waits."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a container must be: one job's limits, and how long it may be there, in seconds."""

    image: str
    memory: int
    processes: int
    file_size: int
    open_files: int
    life_s: int
    alone: bool = True


class Room:
    """A started container that serves one job; `bounded` says that the engine holds its disk.

    `pid` is its first process as this host numbers it, and `upper` the engine's folder with all
    that was written above the image's folders `lower`, uppermost first: 0 and empty where this
    process may not see them.
    """

    def __init__(self, engine: Engine, container: str, plan: Plan, *, bounded: bool) -> None:
        self.engine, self.container, self.plan = engine, container, plan
        self.bounded, self.pid, self.upper = bounded, 0, ""
        said = engine.client.api.inspect_container(container)
        pid, disk = int(said["State"]["Pid"]), said.get("GraphDriver") or {}
        layers: dict[str, str] = disk.get("Data") or {}
        self.lower = tuple(str(layers.get("LowerDir", "")).split(":"))
        self.group: Group = EngineGroup(engine, container)
        near = engine.near and disk.get("Name") in COPYING
        if near and host_sees(container, pid):
            self.group, self.pid = HostGroup(engine, container, pid), pid
            upper = str(layers.get("UpperDir", ""))
            if engine.facts.plain_layers and os.access(upper, os.R_OK | os.X_OK):
                self.upper = upper

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as the engine says."""
        import docker.errors
        import requests

        try:
            return bool(
                self.engine.client.api.inspect_container(self.container)["State"]["Running"]
            )
        except (docker.errors.DockerException, requests.RequestException):
            return False

    def grown(self) -> int:
        """Bytes that its disk has come to hold above the image, as the engine counts them."""
        asked = {"id": self.container}
        found = self.engine.client.api.containers(all=True, size=True, filters=asked)
        return sum(int(each.get("SizeRw") or 0) for each in found)

    def close(self) -> None:
        """Kill every process of the container and remove it; a second time does nothing.

        Where the engine is gone, the container's own end and the janitor are behind this.
        """
        import docker.errors
        import requests

        with contextlib.suppress(docker.errors.DockerException, requests.RequestException):
            remove(self.engine.client, self.container)


def room_options(plan: Plan, runtime: str, processors: int) -> dict[str, Any]:
    """How a container is made, in the words of the SDK, but for labels and the disk's bound.

    The engine's default seccomp profile stays in force: nothing here names another.
    """
    return {
        "image": plan.image,
        "entrypoint": ["sleep"],
        "command": [str(plan.life_s)],
        "runtime": runtime,
        "user": WAITER,
        "hostname": "jail",
        "extra_hosts": {"jail": "127.0.0.1"},
        "working_dir": "/",
        "healthcheck": {"test": ["NONE"]},
        "init": True,
        "network_mode": "none",
        "ipc_mode": "private",
        "shm_size": SHARED_MEMORY,
        "cap_drop": ["ALL"],
        "cap_add": list(CAPABILITIES),
        "security_opt": ["no-new-privileges"],
        "pids_limit": plan.processes + OWN_PROCESSES,
        "mem_limit": plan.memory,
        "memswap_limit": plan.memory,
        "nano_cpus": int(min(MOST_PROCESSORS, processors) * 1e9),
        "tmpfs": {"/dev/mqueue": "ro,size=4096,mode=0555"},
        "ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": plan.file_size, "Hard": plan.file_size},
            {"Name": "nofile", "Soft": plan.open_files, "Hard": plan.open_files},
        ],
        "log_config": {"Type": "none"},
        "stop_signal": "SIGKILL",
    }


def open_room(
    engine: Engine, options: dict[str, Any], plan: Plan, *, bounded: bool, fleeting: bool
) -> Room:
    """A started container; `bounded` says that its storage driver holds the disk to its size.

    `fleeting`: the engine removes it when it ends, which may be asked of none that is restarted.
    Raises what the engine raises, and `GuestGoneError` where the container does not stay.
    """
    import docker.types

    made = dict(options, ulimits=[docker.types.Ulimit(**each) for each in options["ulimits"]])
    made["auto_remove"] = fleeting
    if bounded:
        made["storage_opt"] = {"size": str(DISK)}
    container = str(engine.client.containers.create(**made).id)
    try:
        engine.client.api.start(container)
        return Room(engine, container, plan, bounded=bounded)
    except BaseException:
        remove(engine.client, container)
        raise
