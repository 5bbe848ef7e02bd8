"""Files and folders that are written whole or not at all: made beside their place, then renamed.

Knows nothing of what is in them. Never writes over what is there unless told to, and never over
the database that is read.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vervet.core.errors import DiskFullError, UsageError
from vervet.store.database import Database

__all__ = ["refuse_itself", "whole_file", "whole_folder"]

SIDECARS = ("", "-wal", "-shm", "-journal")
_FULL = (errno.ENOSPC, errno.EDQUOT)


def refuse_itself(database: Database, path: Path) -> None:
    """Raise `UsageError` if `path` is the database's own file, or one that SQLite keeps by it."""
    if database.dialect != "sqlite":
        return
    own = Path(database.where).resolve()
    if path.resolve() in {own.with_name(own.name + suffix) for suffix in SIDECARS}:
        raise UsageError(f"{path} is the database that is read", hint="Name another file.")


@contextmanager
def whole_file(path: Path, *, force: bool = False) -> Iterator[Path]:
    """A new, empty file to write to, which is `path` once this ends without an exception.

    Raises `UsageError` if `path` is there and not `force`, or cannot be made, and
    `DiskFullError`.
    """
    with _told(path):
        _refuse_taken(path, force=force)
        partial = _partial(path)
        partial.touch(exist_ok=False)
        try:
            yield partial
            _refuse_taken(path, force=force)
            partial.replace(path)
        finally:
            for suffix in SIDECARS:
                partial.with_name(partial.name + suffix).unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, *, force: bool = False) -> Iterator[Path]:
    """A new folder for files, which is `path` once this ends without an exception.

    A `path` that is there may be empty; with `force`, files of the same names are replaced and
    others left. Raises as `whole_file` does.
    """
    with _told(path):
        _refuse_filled(path, force=force)
        partial = _partial(path)
        partial.mkdir()
        try:
            yield partial
            _refuse_filled(path, force=force)
            if path.is_dir() and any(path.iterdir()):
                for made in sorted(partial.iterdir()):
                    made.replace(path / made.name)
            else:
                partial.replace(path.resolve())
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _partial(path: Path) -> Path:
    return path.absolute().with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.partial")


def _refuse_taken(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="Name a file in it.")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no plain file", hint="Name another; `--csv` prints on stdout.")
    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} is there already", hint="--force replaces it.")


def _refuse_filled(path: Path, *, force: bool) -> None:
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{path} is a file", hint="Name a folder; it is made if it is not there.")
    if path.is_dir() and any(path.iterdir()) and not force:
        raise UsageError(
            f"the folder {path} is not empty", hint="--force replaces files of the same names."
        )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _full(path) from error
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}",
            hint="Name a place in a folder that is there and that you may write.",
        ) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
            raise _full(path) from error
        raise UsageError(f"cannot write {path}: {error}", hint="Name another place.") from error


def _full(path: Path) -> DiskFullError:
    return DiskFullError(
        f"no space is left for {path}", hint="Make room, or name a place on another disk."
    )
