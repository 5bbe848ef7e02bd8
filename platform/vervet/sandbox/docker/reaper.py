"""Owns the removal of containers that a dead worker left, found by their labels.

Never touches a container without Vervet's label, nor one whose worker lives.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vervet.sandbox.docker.labels import WORKER, is_left_over

if TYPE_CHECKING:
    import docker

__all__ = ["FOLDER", "reap", "remove", "remove_folders", "remove_old_folders"]

FOLDER = "vervet-docker"
"""How the folders are called, with the pid of their worker, in which hosts and guests meet."""
OLD_S = 600.0


def reap(
    client: docker.DockerClient, left_over: Callable[[Mapping[str, str]], bool] = is_left_over
) -> int:
    """Remove every container of Vervet's that is left over by its labels; how many there were."""
    found = client.api.containers(all=True, filters={"label": WORKER})
    left = [each["Id"] for each in found if left_over(each.get("Labels") or {})]
    for container in left:
        remove(client, container)
    return len(left)


def remove_folders(pid: int) -> None:
    """Remove the folders of a worker that died while a container was starting."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}-{pid}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def remove_old_folders() -> None:
    """Remove such folders of whatever worker, once no start of a container can take so long."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}-*"):
        with contextlib.suppress(OSError):  # it is gone, or another user's
            if time.time() - folder.stat().st_mtime > OLD_S:
                shutil.rmtree(folder)


def remove(client: docker.DockerClient, container: str) -> None:
    """Kill and remove a container; one that is gone or going already will do."""
    import docker.errors

    with contextlib.suppress(docker.errors.NotFound):
        try:
            client.api.remove_container(container, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:  # somebody else is removing it
                raise
            client.api.wait(container, condition="removed")
