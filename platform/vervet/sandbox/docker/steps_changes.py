"""Owns the question what a container's disk has come to differ in from its image.

Where the host may read the engine's folders, it walks what the container wrote; elsewhere the
engine compares, which takes it seconds for a large image. Never follows a link.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vervet.sandbox.docker.steps_disk import look
from vervet.sandbox.docker.steps_hand import read
from vervet.sandbox.docker.steps_read import read_file
from vervet.sandbox.guest import GuestGoneError
from vervet.sandbox.job import Change

if TYPE_CHECKING:
    from vervet.sandbox.docker.steps_room import Room

__all__ = ["UNREAD", "changes", "since"]

UNREAD = "unread"
MOST, DEEPEST = 20_000, 64
MOST_BYTES = 1 << 30
"""Of all files together whose digest is taken."""
BLOCK = 1 << 20
TOO_LONG = "file name too long"
OPAQUE = "trusted.overlay.opaque"
MADE = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
KINDS = {0: "changed", 1: "added", 2: "deleted"}
TYPES = {"folder": stat.S_IFDIR, "file": stat.S_IFREG, "link": stat.S_IFLNK, "other": 0}


def changes(room: Room) -> tuple[Change, ...]:
    """What is not as in the image; one change of "/" where there is more than is read.

    With it comes all that lies in places that are no part of the disk and that a step can write:
    /dev, /dev/shm and such, and the files that the engine makes in /etc: `since` tells which of
    them have changed. Raises what the engine raises, `OSError`, and `GuestGoneError`.
    """
    try:
        found = _Walk(room).all() if room.upper else _asked(room)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG and TOO_LONG not in str(error):
            raise
        found = [_too_much()]
    return (*found, *(_beside(room) if room.pid else ()))


def since(before: tuple[Change, ...], now: tuple[Change, ...]) -> tuple[Change, ...]:
    """What `now` says that `before` did not, in the order of the paths."""
    there, known = {change.path for change in now}, frozenset(before)
    whole = _too_much() not in now
    gone = (Change(each.path, "deleted") for each in before if whole and each.path not in there)
    paths = {change.path for change in before}
    found = [*gone]
    for each in now:
        if each not in known:
            found.append(replace(each, kind="changed") if each.path in paths else each)
    return tuple(sorted(found, key=lambda change: (change.path, change.kind)))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _too_much() -> Change:
    return Change("/", "changed", UNREAD)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    depth: int


class _Walk:
    """Through the engine's folder that holds what a container wrote, and its marks of deletion."""

    def __init__(self, room: Room) -> None:
        self._upper, self._lower = room.upper, room.lower
        self._bytes = 0

    def all(self) -> list[Change]:
        found: list[Change] = []
        waiting = [_Folder("", 0)]
        while waiting:
            folder = waiting.pop()
            if folder.depth > DEEPEST:
                return [*found, _too_much()]
            for entry in self._entries(folder.path):
                path = f"{folder.path}/{entry.name}"
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(_Folder(path, folder.depth + 1))
                found.extend(self._of(path, status))
                if len(found) > MOST:
                    return [*found, _too_much()]
        return found

    def _entries(self, path: str) -> Iterator[os.DirEntry[str]]:
        with os.scandir(self._upper + path) as entries:
            yield from entries

    def _of(self, path: str, status: os.stat_result) -> Iterator[Change]:
        """What one entry of the folder says of the container's disk."""
        mode = status.st_mode
        if stat.S_ISCHR(mode) and status.st_rdev == 0:
            yield Change(path, "deleted")
        elif not stat.S_ISDIR(mode):
            kind = "changed" if self._in_image(path) else "added"
            yield Change(path, kind, self._digest_of(path, status), mode)
        else:
            was = self._in_image(path)
            if was is None:
                yield Change(path, "added", mode=mode)
            elif not stat.S_ISDIR(was.st_mode) or _opaque(self._upper + path):
                yield Change(path, "deleted")
                yield Change(path, "added", mode=mode)

    def _digest_of(self, path: str, status: os.stat_result) -> str:
        """Of what is neither a file nor a link, the empty one: its mode says what it is."""
        if stat.S_ISLNK(status.st_mode):
            target = os.readlink(self._upper + path)  # noqa: PTH115 - Path would rewrite it
            return _digest(os.fsencode(target))
        if not stat.S_ISREG(status.st_mode):
            return ""
        self._bytes += status.st_size
        if self._bytes > MOST_BYTES:
            return UNREAD
        made = hashlib.sha256()
        held = os.open(self._upper + path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(held, "rb") as file:
            while block := file.read(BLOCK):
                made.update(block)
        return made.hexdigest()

    def _in_image(self, path: str) -> os.stat_result | None:
        """What the image has at a path, through its layers from the uppermost down."""
        parts = path.strip("/").split("/")
        for layer in self._lower:
            hidden = False
            for end in range(1, len(parts) + 1):
                place = "/".join((layer, *parts[:end]))
                try:
                    status = os.lstat(place)
                except OSError:
                    break
                last = end == len(parts)
                if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
                    return None
                if last:
                    return status
                if not stat.S_ISDIR(status.st_mode):
                    return None
                hidden = hidden or _opaque(place)
            if hidden:
                return None
        return None


def _opaque(folder: str) -> bool:
    """Whether a folder of a layer hides what lies below it in the layers further down."""
    with contextlib.suppress(OSError):
        return os.getxattr(folder, OPAQUE, follow_symlinks=False) == b"y"
    return False


def _beside(room: Room) -> Iterator[Change]:
    """What lies in the file systems in memory that a step can write, and is bound into /etc."""
    root = f"/proc/{room.pid}/root"
    waiting = [(place, os.lstat(root + place).st_dev) for place in _in_memory(room)]
    seen = 0
    while waiting:
        folder, device = waiting.pop()
        with os.scandir(root + folder) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}"
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode) and status.st_dev == device:
                    waiting.append((path, device))
                yield Change(path, "added", _of_device(entry.path, status), status.st_mode)
                seen += 1
                if seen > MOST:
                    yield _too_much()
                    return
    for path in MADE:
        with contextlib.suppress(OSError, GuestGoneError):
            yield Change(path, "added", _digest(read(room, path, BLOCK)))


def _in_memory(room: Room) -> list[str]:
    """Where file systems in memory are mounted that can be written: /dev, /dev/shm and such."""
    found = []
    for line in Path(f"/proc/{room.pid}/mountinfo").read_text().splitlines():
        mount, _, system = line.partition(" - ")
        top, place, options = mount.split()[3:6]
        kind, _, rights = system.split()[:3]
        whole = kind == "tmpfs" and top == "/"  # else a file of it that hides one of the kernel's
        if whole and "rw" in options.split(",") and "rw" in rights.split(","):
            found.append(place)
    return found


def _of_device(place: str, status: os.stat_result) -> str:
    """Number, size and, of a link, the target: a file there is as large as memory lets it be."""
    target = os.readlink(place) if stat.S_ISLNK(status.st_mode) else ""  # noqa: PTH115
    times = status.st_mtime_ns if stat.S_ISREG(status.st_mode) else 0
    return _digest(os.fsencode(f"{status.st_rdev} {times} {target}"))


def _asked(room: Room) -> list[Change]:
    """What the engine says. It names every folder in which something changed, too."""
    said = room.engine.client.api.diff(room.container) or []
    found: list[Change] = []
    left = MOST_BYTES
    for each in said[:MOST]:
        path, kind = str(each["Path"]), KINDS[int(each["Kind"])]
        if kind == "deleted":
            found.append(Change(path, kind))
            continue
        entry = look(room, path)
        if entry is None:
            raise GuestGoneError(f"{path} is gone from the container")
        if entry.kind == "folder" and kind == "changed":
            continue
        digest = ""
        if entry.kind == "link":
            digest = _digest(os.fsencode(entry.target))
        elif entry.kind == "file":
            left -= entry.size
            digest = UNREAD if left < 0 else _digest(read_file(room, path, entry.size))
        found.append(Change(path, kind, digest, TYPES[entry.kind] | entry.mode))
    return [*found, _too_much()] if len(said) > MOST else found
