"""Owns what is said where a container or its engine failed, and the look at the engine's disk.

Such words are never about a candidate.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vervet.sandbox.guest import GuestGoneError

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["InfraError", "engine_words", "require_space"]

LEAST_SPACE = 256 << 20
"""Bytes below which the engine's disk counts as full: nobody's step failed by its own doing."""
FULL = "no space left on device"
GONE = ("is not running", "no such container", "is not paused", "no such exec")


class InfraError(Exception):
    """Raised with plain words where the sandbox failed and the candidate did not."""


@contextmanager
def engine_words(during: str = "") -> Iterator[None]:
    """Turn whatever an engine or its host may raise into an `InfraError`."""
    import docker.errors
    import requests

    where = f" during {during}" if during else ""
    try:
        yield
    except docker.errors.APIError as error:
        said = str(error.explanation or error)
        if any(each in said.lower() for each in GONE):
            raise InfraError(f"the container ended{where}") from error
        if FULL in said.lower():
            raise InfraError(f"the engine's disk is full{where}") from error
        raise InfraError(f"the Docker engine says{where}: {said}") from error
    except GuestGoneError as error:
        raise InfraError(f"{error}{where}") from error
    except (docker.errors.DockerException, requests.RequestException, ConnectionError) as error:
        raise InfraError(f"the Docker engine does not answer any more{where}") from error
    except (OSError, tarfile.TarError) as error:
        raise InfraError(f"the container's disk could not be used{where} ({error})") from error


def require_space(engine: Engine) -> None:
    """Raises `InfraError` where the engine's disk, if it can be seen from here, is full."""
    try:
        found = os.statvfs(engine.facts.place)
    except OSError:
        return
    if found.f_bavail * found.f_frsize < LEAST_SPACE:
        raise InfraError("the engine's disk is full")
