"""Owns the files of a check: the working folder before it, the artifacts after it.

Never follows a link, and never repairs what a candidate left behind in an odd shape: then the
jail is spent and the host starts another.
"""

from __future__ import annotations

import os
import stat

__all__ = ["SpentError", "clean", "lay", "read_artifact"]

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
MANY = 256


class SpentError(Exception):
    """Raised when the folder is not in a state to hold another check."""


def clean(root: str) -> None:
    """Empty `root/tmp` of plain files. Raises `SpentError` for anything else that lies there."""
    work = os.path.join(root, "work")
    try:
        if set(os.listdir(root)) - {"work", ".stdin"}:
            raise SpentError
        for folder in (work, root):
            names = os.listdir(folder) if os.path.lexists(folder) else []
            if len(names) > MANY:
                raise SpentError
            for name in names:
                if name != "work":
                    os.unlink(os.path.join(folder, name))
        if os.path.lexists(work):
            os.rmdir(work)
    except OSError as error:
        raise SpentError from error


def lay(root: str, files: list[tuple[str, bytes]], stdin: bytes) -> None:
    """Write the program's files into `root/work` and the input to `root/.stdin`."""
    work = os.path.join(root, "work")
    os.mkdir(work, 0o700)
    for path, data in files:
        os.makedirs(os.path.join(work, os.path.dirname(path)), exist_ok=True)
        _write(os.path.join(work, path), data)
    _write(os.path.join(root, ".stdin"), stdin)


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, NEW, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def read_artifact(root: str, path: str, max_size: int) -> bytes | None:
    """A regular file below the working folder; None if it is missing, odd or too large."""
    *folders, name = path.split("/")
    opened: list[int] = []
    try:
        opened.append(os.open(os.path.join(root, "work"), os.O_DIRECTORY | os.O_NOFOLLOW))
        for folder in folders:
            flags = os.O_DIRECTORY | os.O_NOFOLLOW
            opened.append(os.open(folder, flags, dir_fd=opened[-1]))
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        opened.append(os.open(name, flags, dir_fd=opened[-1]))
        found = os.fstat(opened[-1])
        if not stat.S_ISREG(found.st_mode) or found.st_size > max_size:
            return None
        with os.fdopen(os.dup(opened[-1]), "rb") as file:
            return file.read(max_size)
    except OSError:
        return None
    finally:
        for descriptor in opened:
            os.close(descriptor)
