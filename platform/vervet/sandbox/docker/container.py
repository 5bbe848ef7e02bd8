"""Owns the making of one hardened container and the socket to the guest inside it.

The host listens in a folder that only it and the engine can reach, takes one connection and
removes socket and folder: a candidate finds an empty, read-only folder. Never runs a job.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vervet.sandbox.docker.holder import ContainerHolder, last_words
from vervet.sandbox.docker.reaper import FOLDER, remove
from vervet.sandbox.guest import Guest, GuestGoneError, boot_argv
from vervet.sandbox.interpreter import seeded
from vervet.sandbox.keeper import Plan

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["Mould", "container_options", "is_gvisor", "start_guest"]

START_S = 30.0
LOOK_S = 0.5
MEETING = "/control"
"""Where the folder with the socket is seen inside."""
NAME = "link"
NOBODY = 65534
MOST_PROCESSORS = 2
SENTRY_PROCESSES, SENTRY_MEMORY = 512, 256 << 20
"""What gVisor's own kernel takes on top, which the container's limits count, too."""
CONNECT = f"""import _socket, os
link = _socket.socket(1, 1)
link.connect("{MEETING}/{NAME}")
os.dup2(link.fileno(), 0)
link.close()
del link
"""


@dataclass(frozen=True, slots=True)
class Mould:
    """What all containers of one sandbox have in common; `hash_seed` is their interpreters'."""

    image: str
    runtime: str
    processors: int
    hash_seed: int = 0


def is_gvisor(runtime: str) -> bool:
    """Whether, by its name, a kernel of gVisor's stands between guest and host."""
    return runtime.startswith("runsc")


def container_options(mould: Mould, plan: Plan, labels: dict[str, str]) -> dict[str, Any]:
    """How a container is made, in the words of the SDK, but for the place of its socket.

    The engine's default seccomp profile stays in force: nothing here names another.
    """
    gvisor = is_gvisor(mould.runtime)
    memory = plan.memory + (SENTRY_MEMORY if gvisor else 0)
    *options, source = boot_argv()
    return {
        "image": mould.image,
        "command": ["python3", *options, CONNECT + source],
        "environment": dict([seeded(mould.hash_seed)]),
        "runtime": mould.runtime,
        "labels": labels,
        "user": f"{NOBODY}:{NOBODY}",
        "hostname": "jail",
        "working_dir": "/",
        "init": True,
        "stdin_open": gvisor,  # else runsc gives the host's own /dev/null to the container's user
        "network_mode": "none",
        "ipc_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": plan.processes + (SENTRY_PROCESSES if gvisor else 0),
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": int(min(MOST_PROCESSORS, mould.processors) * 1e9),
        "tmpfs": {
            "/tmp": f"size={plan.space},uid={NOBODY},gid={NOBODY},mode=0700,noexec,nosuid,nodev",
            "/dev/mqueue": "ro,size=4096,mode=0555",
        },
        "ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
        "log_config": {"Type": "json-file", "Config": {"max-size": "64k", "max-file": "1"}},
        "restart_policy": {"Name": "no"},
        "stop_signal": "SIGKILL",
    }


def start_guest(engine: Engine, mould: Mould, plan: Plan, labels: dict[str, str]) -> Guest:
    """A guest whose interpreter waits for its first word, in a container of its own.

    Raises `GuestGoneError` with what the engine or the container said.
    """
    import docker.errors
    import docker.types
    import requests

    options = container_options(mould, plan, labels)
    options["ulimits"] = [docker.types.Ulimit(**each) for each in options["ulimits"]]
    try:
        with _meeting() as (listener, folder):
            mount = docker.types.Mount(MEETING, str(folder), type="bind", read_only=True)
            container = str(engine.client.containers.create(**options, mounts=[mount]).id)
            try:
                engine.client.api.start(container)
                link = _accept(listener, engine, container)
            except BaseException:
                remove(engine.client, container)
                raise
    except docker.errors.APIError as error:
        raise GuestGoneError(_words(str(error.explanation or error))) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise GuestGoneError(f"the Docker engine does not do its work ({error})") from error
    return Guest(link, ContainerHolder(engine, container, _peer(link)), portable=True)


def _words(said: str) -> str:
    if "bind source path does not exist" in said:
        return (
            f"the Docker engine sees another {tempfile.gettempdir()} than this process: it must "
            "run on the same host (docs/docker.md)"
        )
    return f"the Docker engine says: {said}"


@contextmanager
def _meeting() -> Iterator[tuple[socket.socket, Path]]:
    """A listening socket, and the folder that holds it and is seen inside the container.

    Any uid may go to the socket once it is in the inner folder, but only this user and the
    engine, which mounts it, can pass the outer one.
    """
    outer = Path(tempfile.mkdtemp(prefix=f"{FOLDER}-{os.getpid()}-"))
    inner = outer / "meeting"
    try:
        inner.mkdir()
        inner.chmod(0o711)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            place = os.open(inner, os.O_PATH | os.O_DIRECTORY)
            try:
                listener.bind(f"/proc/self/fd/{place}/{NAME}")  # a long path has no room there
            finally:
                os.close(place)
            (inner / NAME).chmod(0o666)
            listener.listen(1)
            yield listener, inner
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _accept(listener: socket.socket, engine: Engine, container: str) -> socket.socket:
    """The one connection. Raises `GuestGoneError` where none comes."""
    listener.settimeout(LOOK_S)
    deadline = time.monotonic() + START_S
    while True:
        try:
            link, _ = listener.accept()
        except TimeoutError:
            words = last_words(engine, container)
            if words or time.monotonic() > deadline:
                words = words or "it does not reach the host's socket"
                raise GuestGoneError(f"the container did not start ({words})") from None
        else:
            return link


def _peer(link: socket.socket) -> int:
    """The pid of the other end, as this host numbers it; 0 where it cannot be seen."""
    size = struct.calcsize("3i")
    credentials = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", credentials)[0])
