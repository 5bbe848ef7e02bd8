"""The one door to a database: where it is, its connections, its transactions.

Knows nothing of tables. Writers on SQLite take their turn from the first statement on
(BEGIN IMMEDIATE); readers have an engine of their own, which cannot write.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from vervet.core.errors import ReadOnlyError, StoreError
from vervet.store.failures import LEAST_SPACE, free_space, full, told, told_of_file

__all__ = ["Database"]

BUSY_TIMEOUT_MS = 30_000


class Database:
    """A database of Vervet: SQLite in a file, or PostgreSQL by URL.

    May be used by several threads, and after a fork (connections are then made anew).
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._pid = os.getpid()
        self._writer = _engine(url, read_only=False)
        self._reader = _engine(url, read_only=True)

    @classmethod
    def open(cls, url_or_path: str | Path, *, create: bool = True) -> Database:
        """Open a database and see that it is of this version of Vervet.

        An empty one is given its tables; with `create`, so is one that is not there yet,
        its folder included. Raises `SchemaVersionError`, `ReadOnlyError`, `DiskFullError`
        or `StoreError`.
        """
        from vervet.store.migrate import prepare

        database = cls.connect(url_or_path, create=create)
        try:
            prepare(database)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def connect(cls, url_or_path: str | Path, *, create: bool = True) -> Database:
        """Open a database of whatever version; for migrations."""
        url = parse_url(url_or_path)
        if url.get_backend_name() == "sqlite":
            with told_of_file(str(url.database)):
                _prepare_file(Path(url.database or ""), create)
        return cls(url)

    @property
    def url(self) -> str:
        """Where it is, password included: what another process needs to open it."""
        return self._url.render_as_string(hide_password=False)

    @property
    def where(self) -> str:
        """Where it is, in words for people: no password."""
        return self._url.database or "" if self.dialect == "sqlite" else str(self._url)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the end, rolled back by an exception."""
        self._renew_after_fork()
        with told(self.where), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and cannot write."""
        self._renew_after_fork()
        with told(self.where), self._reader.begin() as connection:
            yield connection

    def require_space(self) -> None:
        """Raise `DiskFullError` where the disk of a database file has next to no room.

        For who waits for others to write: they try again and again, and only he can say so.
        """
        if self.dialect == "sqlite" and free_space(self.where) < LEAST_SPACE:
            raise full(self.where)

    def close(self) -> None:
        """Close all connections; calling it twice is harmless."""
        self._writer.dispose(close=self._pid == os.getpid())
        self._reader.dispose(close=self._pid == os.getpid())

    def _renew_after_fork(self) -> None:
        if self._pid != os.getpid():
            self.close()  # the connections are the parent's and are left to it
            self._pid = os.getpid()


def parse_url(url_or_path: str | Path) -> URL:
    """The URL of a database given as such or as a path. Raises `StoreError`."""
    given = str(url_or_path)
    if "://" not in given:
        return URL.create("sqlite+pysqlite", database=str(Path(given).expanduser().absolute()))
    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"{given!r} is no database URL", hint=_URL_HINT) from error
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return parse_url(Path(str(url.database)))
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"Vervet cannot keep its data in {url!s}", hint=_URL_HINT)


_URL_HINT = "Give a path, sqlite:///path or postgresql://user:password@host:port/name."


def _prepare_file(path: Path, create: bool) -> None:
    if path.is_dir():
        raise StoreError(f"{path} is a folder, not a database", hint="Name a file in it.")
    if not path.exists():
        if not create:
            raise StoreError(
                f"there is no database {path}", hint="`vervet run` makes one; or name another file."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    needed = [path.parent, path] if path.exists() else [path.parent]
    if not all(os.access(each, os.W_OK) for each in needed):
        raise ReadOnlyError(
            f"the database {path} cannot be written",
            hint="Give yourself the right to write the file and its folder, or name another place.",
        )


def _engine(url: URL, *, read_only: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        options = {"client_encoding": "utf8"}  # whatever encoding the database was made with
        if read_only:
            options["options"] = "-c default_transaction_read_only=on"
        isolation = "REPEATABLE READ" if read_only else "READ COMMITTED"
        return create_engine(
            url, connect_args=options, isolation_level=isolation, pool_pre_ping=True, pool_size=2
        )
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver is to leave BEGIN to us
        pragmas = [f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON", "synchronous=NORMAL"]
        pragmas += ["query_only=ON"] if read_only else ["journal_mode=WAL"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
