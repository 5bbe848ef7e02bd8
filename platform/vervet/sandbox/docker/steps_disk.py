"""Owns what the host does on a container's disk between steps: looks, lays in, takes away.

Never follows a link of the container's. No process runs there meanwhile, so what a path is does
not change between the look at it and the deed.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import posixpath
import tarfile
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vervet.core.errors import JobError
from vervet.core.limits import Limits
from vervet.sandbox.docker.engine import TIMEOUT_S
from vervet.sandbox.docker.steps_exec import NotStartedError, run_step
from vervet.sandbox.docker.steps_hand import Entry, remove, see, write
from vervet.sandbox.guest import GuestGoneError
from vervet.sandbox.job import Check, File

if TYPE_CHECKING:
    from vervet.sandbox.docker.steps_room import Room

__all__ = ["Known", "check_path", "lay_in", "look", "take_away"]

NOT_THE_DISK = ("proc", "sys", "dev")
LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Links into /usr in most images of today: a path through one is not a file's own."""
GO_DIR, GO_LINK, GO_NOT_REGULAR = 1 << 31, 1 << 27, 0x8F280000
"""Bits of a file's type as the engine says it (Go's `os.FileMode`)."""
GO_SPECIAL = {1 << 23: 0o4000, 1 << 22: 0o2000, 1 << 20: 0o1000}
"""Those of setuid, setgid and sticky, and what they are elsewhere."""
REMOVE = ("/bin/rm", "-rf", "--")
REMOVE_S = 60.0
AT_ONCE = 500
"""How many paths are taken away by one command."""


def check_path(path: str) -> None:
    """Raises `JobError` for a path that is not absolute, plain, and of the container's disk."""
    plain = path.startswith("/") and path == posixpath.normpath(path) and "\0" not in path
    first = path.split("/")[1] if plain else ""
    if not plain or path.startswith("//") or not first or first in NOT_THE_DISK + LINKS:
        raise JobError(
            f"{path!r} is no path to lay a file at, take away or fetch in a container",
            hint="Name an absolute path without . and .., not through /bin or /lib (say /usr/bin) "
            "and not below /proc, /sys or /dev.",
        )


def look(room: Room, path: str) -> Entry | None:
    """What lies at that path; None if nothing. No link may be on the way to it."""
    if room.pid:
        return see(room, path)
    api: Any = room.engine.client.api
    url = f"{api.base_url}/v{api.api_version}/containers/{room.container}/archive"
    answer = api.head(url, params={"path": path}, timeout=TIMEOUT_S)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    said = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
    mode, target = int(said["mode"]), str(said.get("linkTarget", ""))
    kind = "folder" if mode & GO_DIR else "file"
    if mode & GO_NOT_REGULAR and kind == "file":
        kind = "link" if mode & GO_LINK else "other"
    special = sum(bit for go, bit in GO_SPECIAL.items() if mode & go)
    return Entry(kind, int(said["size"]), special | mode & 0o777, target)


class Known:
    """What is known of the paths of one container while none of its processes runs."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._seen: dict[str, Entry | None] = {"/": Entry("folder", 0, 0o755)}

    def at(self, path: str) -> Entry | None:
        """What lies at a path, to which no link leads."""
        if path not in self._seen:
            self._seen[path] = look(self._room, path)
        return self._seen[path]

    def obstacle(self, path: str) -> tuple[str, Entry | None] | None:
        """The first part of the way to a path that is no folder, and what it is instead."""
        for way in _ways(path):
            entry = self.at(way)
            if entry is None or entry.kind != "folder":
                return way, entry
        return None


def _ways(path: str) -> list[str]:
    """The folders on the way to a path, the uppermost first."""
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def lay_in(room: Room, files: Iterable[File]) -> None:
    """Write files as root's, with their parents; what is in the way of either is replaced.

    Raises `GuestGoneError` where the engine cannot, as on a full disk.
    """
    left = [file for file in files if not (room.pid and _written(room, file))]
    if left:
        archive = _archive(room, left)
        if not room.engine.client.api.put_archive(room.container, "/", archive):
            raise GuestGoneError("the engine does not take files for the container")


def _written(room: Room, file: File) -> bool:
    """Write by the host's own hand; whether that is done."""
    try:
        write(room, file)
    except (OSError, RecursionError):
        return False
    return True


def _archive(room: Room, files: list[File]) -> bytes:
    """The files for the engine, behind the folders that are not there or are something else."""
    known = Known(room)
    made: set[str] = set()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for file in files:
            obstacle = known.obstacle(file.path)
            for way in _ways(file.path):
                if obstacle and len(way) >= len(obstacle[0]) and way not in made:
                    made.add(way)
                    archive.addfile(_head(way, tarfile.DIRTYPE, 0o755))
            head = _head(file.path, tarfile.REGTYPE, file.mode)
            head.size = len(file.data)
            archive.addfile(head, io.BytesIO(file.data))
    return held.getvalue()


def _head(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(path.strip("/"))
    head.type, head.mode, head.mtime = kind, mode, time.time()
    return head


def take_away(room: Room, paths: Iterable[str]) -> None:
    """Remove files, links and whole folders; a link on the way to one is removed in its stead.

    Raises `GuestGoneError` if it cannot be done.
    """
    known = Known(room)
    there = sorted({found for path in paths if (found := _removable(known, path))})
    left = [path for path in there if not (room.pid and _removed(room, path))]
    _remove_inside(room, left)
    for path in left:
        if look(room, path) is not None:
            raise GuestGoneError(f"{path} cannot be taken away")


def _removed(room: Room, path: str) -> bool:
    """Remove by the host's own hand; whether that is done."""
    try:
        remove(room, path)
    except (OSError, RecursionError):
        return False
    return True


def _remove_inside(room: Room, paths: list[str]) -> None:
    """Remove by the image's own `rm`. A step may have replaced it: look whether it was done."""
    for start in range(0, len(paths), AT_ONCE):
        argv = (*REMOVE, *paths[start : start + AT_ONCE])
        limits = replace(Limits(), cpu_s=REMOVE_S, wall_s=REMOVE_S)
        with contextlib.suppress(NotStartedError):
            run_step(room, Check("remove", argv=argv), limits, {})


def _removable(known: Known, path: str) -> str:
    """What stands for a path on the disk: itself, or what is no folder on the way; or nothing."""
    obstacle = known.obstacle(path)
    place, entry = obstacle or (path, known.at(path))
    return place if entry is not None else ""
