"""Owns the connection to the Docker engine: whether it answers, which images and runtimes it has.

Never starts or removes a container. Whatever `DOCKER_HOST` or the default socket names is the
engine; each thread has a client of its own, since the SDK promises no more.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vervet.core.errors import NoIsolationError
from vervet.core.resources import sandboxes_dir

if TYPE_CHECKING:
    import docker

__all__ = ["Engine", "Facts", "connect", "engine_errors", "image_name", "profiles"]

TIMEOUT_S = 60
DEFAULT_HOST = "unix:///var/run/docker.sock"
START_IT = (
    "Start one (Debian: install docker.io as root, then join the group docker), or name another "
    "with DOCKER_HOST."
)


def profiles() -> tuple[str, ...]:
    """The profiles that have an image: the folders of `sandboxes/` with a Dockerfile."""
    return tuple(sorted(file.parent.name for file in sandboxes_dir().glob("*/Dockerfile")))


def image_name(profile: str) -> str:
    """The image that `make images` builds for a profile."""
    return f"vervet/{profile}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an engine says of itself. `unlimited`: what it cannot limit, in words.

    With `plain_layers` the kernel has no shorthand for a renamed folder: what a container wrote
    lies in its upper folder as it is. With `other_users` root of a container is not this host's.
    Without `sizes` it cannot hold a container's disk to a size; with them it may. `place` is where
    it keeps its disks.
    """

    processors: int
    runtimes: tuple[str, ...]
    default_runtime: str
    seccomp: bool
    unlimited: tuple[str, ...]
    plain_layers: bool = False
    other_users: bool = False
    sizes: bool = True
    place: str = ""


class Engine:
    """A Docker engine that answers. Made by `connect`.

    With `near` cleared, its containers' processes and files are not looked for on this host.
    """

    def __init__(self, where: str, make: Callable[[], docker.DockerClient]) -> None:
        self.where = where
        self._make = make
        self._here = threading.local()
        self._clients: list[docker.DockerClient] = []
        self.facts = _facts(self.client.info())
        self.near = not self.facts.other_users

    @property
    def client(self) -> docker.DockerClient:
        """This thread's client."""
        client: docker.DockerClient | None = getattr(self._here, "client", None)
        if client is None:
            client = self._here.client = self._make()
            self._clients.append(client)
        return client

    def image(self, profile: str) -> str:
        """The id of the image of a profile: the digest of all that it holds.

        Raises `NoIsolationError` if the engine has none.
        """
        import docker.errors

        try:
            with engine_errors(self.where):
                return str(self.client.images.get(image_name(profile)).id)
        except docker.errors.ImageNotFound:
            raise NoIsolationError(
                f"the engine at {self.where} has no image {image_name(profile)}",
                hint="Build it with `make images`, or `make images BASE=debootstrap` as root "
                "where no registry can be reached (docs/docker.md).",
            ) from None

    def require_limits(self) -> None:
        """Raises `NoIsolationError` where the engine cannot bound what a container takes."""
        if self.facts.unlimited:
            raise NoIsolationError(
                f"the engine at {self.where} cannot limit {' and '.join(self.facts.unlimited)}",
                hint="Give it control groups with memory and pids (a rootless engine: delegate "
                "them), or use another engine.",
            )

    def runtime(self, name: str) -> str:
        """The runtime of that name, or the engine's default for "". Raises `NoIsolationError`."""
        if not name:
            return self.facts.default_runtime
        if name not in self.facts.runtimes:
            raise NoIsolationError(
                f"the engine at {self.where} has no runtime {name!r}",
                hint=f"It knows: {', '.join(self.facts.runtimes)}. docs/docker.md says how to "
                "add runsc; VERVET_DOCKER_RUNTIME names the one to use.",
            )
        return name

    def close(self) -> None:
        """Close every connection; calling it twice is harmless."""
        while self._clients:
            self._clients.pop().close()


def connect() -> Engine:
    """The engine that the environment names.

    Raises `NoIsolationError` where it does not answer or the SDK is not installed.
    """
    try:
        import docker
    except ImportError:
        raise NoIsolationError(
            "the docker sandbox needs the Python package docker",
            hint="Install Vervet with the extra docker, or `pip install docker`.",
        ) from None
    where = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    if where.startswith("unix://") and not Path(where.removeprefix("unix://")).exists():
        raise _silent(where, "there is no such socket")  # the SDK leaves its own one open
    with engine_errors(where):
        return Engine(where, lambda: docker.from_env(version="auto", timeout=TIMEOUT_S))


def _facts(info: dict[str, Any]) -> Facts:
    limits = {"MemoryLimit": "memory", "PidsLimit": "processes"}
    return Facts(
        processors=int(info.get("NCPU") or 1),
        runtimes=tuple(sorted(info.get("Runtimes") or {})),
        default_runtime=str(info.get("DefaultRuntime") or "runc"),
        seccomp=any("name=seccomp" in each for each in info.get("SecurityOptions") or ()),
        unlimited=tuple(word for name, word in limits.items() if not info.get(name)),
        plain_layers=["Native Overlay Diff", "true"] in (info.get("DriverStatus") or ()),
        other_users=any("name=userns" in each for each in info.get("SecurityOptions") or ()),
        sizes=["Backing Filesystem", "extfs"] not in (info.get("DriverStatus") or ()),
        place=str(info.get("DockerRootDir") or ""),
    )


@contextmanager
def engine_errors(where: str) -> Iterator[None]:
    """Turn what the SDK raises where an engine does not answer into `NoIsolationError`."""
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.APIError:
        raise
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise _silent(where, _cause(error)) from error


def _silent(where: str, cause: str) -> NoIsolationError:
    return NoIsolationError(f"no Docker engine answers at {where} ({cause})", hint=START_IT)


def _cause(error: BaseException) -> str:
    """The innermost reason, without the SDK's wrapping."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words.lower().rstrip(".") or type(error).__name__
