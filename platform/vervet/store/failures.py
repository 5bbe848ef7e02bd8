"""What went wrong with a database, told from what its driver says. Never opens one."""

from __future__ import annotations

import errno
import math
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError

from vervet.core.errors import DiskFullError, ReadOnlyError, StoreError

__all__ = ["LEAST_SPACE", "free_space", "full", "told", "told_of_file"]

READ_ONLY_STATES = {"25006", "42501"}
FULL_STATES = {"53100"}
LEAST_SPACE = 1 << 20
PASSING_STATES = {"40001", "40P01"}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Raise the `StoreError` that tells the user what a driver's error means.

    `where` names the database. What is a mistake in a statement passes as it is.
    """
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error, where)
        if meaning is None:
            raise
        raise meaning from error


@contextmanager
def told_of_file(where: str) -> Iterator[None]:
    """The same for what the file system says while the database's file is made."""
    try:
        yield
    except OSError as error:
        raise _of_file(error, where) from error


def _meaning(error: DBAPIError, where: str) -> StoreError | None:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original, where)
    state = getattr(original, "sqlstate", None)
    if state in FULL_STATES:
        return full(where)
    if state in READ_ONLY_STATES:
        return _read_only(where)
    if state in PASSING_STATES:
        return StoreError(
            f"two writers of {where} were in each other's way",
            hint="Nothing was written by this one; do it again.",
        )
    if isinstance(error, OperationalError) and (state is None or error.connection_invalidated):
        return StoreError(
            f"cannot reach the database {where}: {_first_line(original)}",
            hint="Is the server running, and are host, port, user and password in the URL right?",
        )
    return None


def _of_sqlite(original: sqlite3.Error, where: str) -> StoreError | None:
    primary = getattr(original, "sqlite_errorcode", 0) & 0xFF
    if primary == sqlite3.SQLITE_READONLY:
        return _read_only(where)
    if primary == sqlite3.SQLITE_FULL:
        return full(where)
    if primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StoreError(
            f"{where} is not a SQLite database, or is damaged: {original}",
            hint="Name another file, or restore this one from a copy.",
        )
    if primary == sqlite3.SQLITE_CANTOPEN:
        return StoreError(
            f"cannot open the database {where}: {original}",
            hint="Does the folder exist, and may you read and write it?",
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"the database {where} was held by another writer for too long",
            hint="Look for a process that hangs in the middle of writing, then do it again.",
        )
    if primary == sqlite3.SQLITE_IOERR:
        if free_space(where) < LEAST_SPACE:  # the file of the WAL's index did not fit
            return full(where)
        return StoreError(
            f"the disk under {where} failed: {original}",
            hint="SQLite needs a local disk that works; network drives often do not.",
        )
    return None


def free_space(where: str) -> float:
    """Bytes that are free on the disk of a database file; infinity where that cannot be said."""
    try:
        return shutil.disk_usage(Path(where).parent).free
    except OSError:
        return math.inf


def _of_file(error: OSError, where: str) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _read_only(where)
    return StoreError(
        f"cannot make the database {where}: {error.strerror}", hint="Name another place."
    )


def _read_only(where: str) -> ReadOnlyError:
    return ReadOnlyError(
        f"the database {where} cannot be written",
        hint="Give yourself the right to write the file and its folder, or name another place.",
    )


def full(where: str) -> DiskFullError:
    """What to raise where the disk of a database is full."""
    return DiskFullError(
        f"no space is left for the database {where}",
        hint="Make room and run the same command again: what was recorded is kept.",
    )


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
