"""Owns the files of a check: the working folder before it, the artifacts after it.

Never follows a link, and never repairs what a candidate left behind in an odd shape: then the
jail is spent and the host starts another.
"""

from __future__ import annotations

import os
import stat

__all__ = ["SpentError", "clean", "lay", "open_artifact"]

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
MANY = 256
MODE = 0o700


class SpentError(Exception):
    """Raised when the folder is not in a state to hold another check."""


def clean(root: str) -> None:
    """Empty `root` of plain files and make it as it was.

    Raises `SpentError` for anything else that lies there or sticks to it.
    """
    work = os.path.join(root, "work")
    try:
        if any(not name.startswith("security.") for name in os.listxattr(root)):
            raise SpentError
        os.chmod(root, MODE)
        os.utime(root, (0, 0))
        for name in os.listdir(root):
            if name == "work":
                _empty(work)
                os.rmdir(work)
            elif name == ".stdin":
                os.unlink(os.path.join(root, name))
            else:
                raise SpentError
    except OSError as error:
        raise SpentError from error


def _empty(folder: str) -> None:
    names = os.listdir(folder)
    if len(names) > MANY:
        raise SpentError
    for name in names:
        os.unlink(os.path.join(folder, name))


def lay(root: str, files: list[tuple[str, int]], bodies: int, stdin: int) -> None:
    """Make `root/work` with the program's files: paths and sizes, one after the other in `bodies`.

    `stdin` is a file to be seen as `root/.stdin`, too, or -1. Raises `SpentError` where that
    cannot be done.
    """
    try:
        work = os.path.join(root, "work")
        os.mkdir(work, 0o700)
        start = 0
        for path, size in files:
            if "/" in path:
                os.makedirs(os.path.join(work, os.path.dirname(path)), exist_ok=True)
            _copy(os.path.join(work, path), bodies, start, size)
            start += size
        if stdin >= 0:
            _copy(os.path.join(root, ".stdin"), stdin, 0, os.fstat(stdin).st_size)
    except OSError as error:
        raise SpentError from error


def _copy(path: str, source: int, start: int, size: int) -> None:
    """Within the kernel: the bytes never come to lie in this process."""
    descriptor = os.open(path, NEW, 0o600)
    try:
        end = start + size
        while start < end:
            start += os.sendfile(descriptor, source, start, end - start)
    finally:
        os.close(descriptor)


def open_artifact(root: str, path: str, max_size: int) -> tuple[int, int] | None:
    """A regular file below the working folder, opened, and its size.

    None if it is missing, odd or too large. The caller closes it.
    """
    *folders, name = path.split("/")
    opened: list[int] = []
    try:
        opened.append(os.open(os.path.join(root, "work"), os.O_DIRECTORY | os.O_NOFOLLOW))
        for folder in folders:
            flags = os.O_DIRECTORY | os.O_NOFOLLOW
            opened.append(os.open(folder, flags, dir_fd=opened[-1]))
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(name, flags, dir_fd=opened[-1])
    except OSError:
        return None
    finally:
        for descriptor in opened:
            os.close(descriptor)
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode) and found.st_size <= max_size:
        return file, found.st_size
    os.close(file)
    return None
