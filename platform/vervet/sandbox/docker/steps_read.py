"""Owns what the host reads of a container's disk between steps: files and folders, within bounds.

Never follows a link of the container's. No process runs there meanwhile.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vervet.sandbox.docker.steps_disk import Known
from vervet.sandbox.docker.steps_hand import read
from vervet.sandbox.guest import GuestGoneError
from vervet.sandbox.job import ArtifactSpec

if TYPE_CHECKING:
    from vervet.sandbox.docker.steps_room import Room

__all__ = ["fetched", "read_file"]

CHUNK = 1 << 20
MOST_FILES = 20_000


def fetched(room: Room, specs: Iterable[ArtifactSpec]) -> dict[str, bytes]:
    """What the specs name, by name; what is not there, not regular or too large is left out."""
    found: dict[str, bytes] = {}
    known = Known(room)
    for spec in specs:
        if known.obstacle(spec.path) is None:
            entry = known.at(spec.path)
            if entry is not None and entry.kind == "file" and entry.size <= spec.max_size:
                found[spec.name] = read_file(room, spec.path, spec.max_size)
            elif entry is not None and entry.kind == "folder":
                found.update(_folder(room, spec))
    return found


def read_file(room: Room, path: str, most: int) -> bytes:
    """A regular file of at most `most` bytes that no link leads to."""
    if room.pid:
        return read(room, path, most)
    with _archive(room, path) as members:
        for member in members:
            if member.isfile() and member.size <= most:
                return _bytes(members, member)
    raise GuestGoneError(f"{path} is gone from the container")


def _folder(room: Room, spec: ArtifactSpec) -> dict[str, bytes]:
    """Every regular file below a folder, by name; nothing where they are too many or too large."""
    found: dict[str, bytes] = {}
    left = spec.max_size
    top = posixpath.basename(spec.path)
    with _archive(room, spec.path) as members:
        for member in members:
            inner = member.name.strip("/").removeprefix(top).strip("/")
            if not (member.isfile() or member.islnk()) or not inner:
                continue
            if member.islnk():  # the same file once more
                first = member.linkname.strip("/").removeprefix(top).strip("/")
                data = found.get(f"{spec.name}/{first}", b"")
            elif member.size > left:
                return {}
            else:
                data = _bytes(members, member)
            left -= len(data)
            found[f"{spec.name}/{inner}"] = data
            if left < 0 or len(found) > MOST_FILES:
                return {}
    return found


class _Chunks(io.RawIOBase):
    """The engine's answer as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


@contextmanager
def _archive(room: Room, path: str) -> Iterator[tarfile.TarFile]:
    """The engine's archive of a path, read as it comes."""
    chunks, _ = room.engine.client.api.get_archive(room.container, path, chunk_size=CHUNK)
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Chunks(chunks)), mode="r|") as members:
            yield members
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _bytes(members: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = members.extractfile(member)
    return file.read() if file else b""
