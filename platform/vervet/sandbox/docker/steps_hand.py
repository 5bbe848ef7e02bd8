"""Owns what the host does on a container's disk with its own hand, through the root of its init.

Each part of a path is opened by itself and no link is followed: absolute ones would lead to the
host's files. Raises `OSError` (or `RecursionError` for a folder too deep) where something cannot be
done; the engine may still be able to.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vervet.sandbox.guest import GuestGoneError

if TYPE_CHECKING:
    from vervet.sandbox.docker.steps_room import Room
    from vervet.sandbox.job import File

__all__ = ["Entry", "inside", "read", "remove", "see", "write"]

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OPEN = 0o755
"""Mode of a folder that is made on the way to a file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies at a path, itself and not what it may link to.

    `kind` is "folder", "file", "link" or "other"; `mode` has no type.
    """

    kind: str
    size: int
    mode: int
    target: str = ""


@contextmanager
def inside(room: Room, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """The folder of a path, opened part by part, and the path's name in it.

    With `make`, folders are made that are not there, in place of whatever else is.
    """
    *parts, name = path.strip("/").split("/")
    here = os.open(f"/proc/{room.pid}/root", FOLDER & ~os.O_NOFOLLOW)
    try:
        for part in parts:
            try:
                there = os.open(part, FOLDER, dir_fd=here)
            except OSError:
                if not make:
                    raise
                there = _folder(here, part)
            os.close(here)
            here = there
        yield here, name
    finally:
        os.close(here)


def _folder(above: int, name: str) -> int:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=above)
    os.mkdir(name, OPEN, dir_fd=above)
    made = os.open(name, FOLDER, dir_fd=above)
    os.fchmod(made, OPEN)  # whatever this process's own mask is
    return made


def see(room: Room, path: str) -> Entry | None:
    """What lies at a path; None if nothing, or nothing without following a link."""
    try:
        with inside(room, path) as (folder, name):
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            mode, target = stat.S_IMODE(status.st_mode), ""
            if stat.S_ISLNK(status.st_mode):
                target = os.readlink(name, dir_fd=folder)
    except OSError:
        return None
    kinds = {stat.S_IFDIR: "folder", stat.S_IFREG: "file", stat.S_IFLNK: "link"}
    return Entry(kinds.get(stat.S_IFMT(status.st_mode), "other"), status.st_size, mode, target)


def write(room: Room, file: File) -> None:
    """Write a file anew, with its folders, in place of what is there."""
    with inside(room, file.path, make=True) as (folder, name):
        _gone(folder, name)
        with os.fdopen(os.open(name, NEW, 0o600, dir_fd=folder), "wb") as held:
            held.write(file.data)
            os.fchmod(held.fileno(), file.mode)


def remove(room: Room, path: str) -> None:
    """Remove a file, a link, or a folder with all it holds; what is not there will do."""
    with contextlib.suppress(FileNotFoundError), inside(room, path) as (folder, name):
        _gone(folder, name)


def _gone(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def read(room: Room, path: str, most: int) -> bytes:
    """The first `most` bytes of a regular file. Raises `GuestGoneError` for anything else."""
    with inside(room, path) as (folder, name):
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise GuestGoneError(f"{path} is no regular file any more")
        with os.fdopen(os.open(name, OLD, dir_fd=folder), "rb") as held:
            return held.read(most)
