"""A database of each kind for every test that asks for one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.servers import PostgresServer
from tests.store.sql_world import fill
from vervet.store.database import Database


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = Database.open(migrated_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The store that docs/sql.md tells of, for tests that only read it."""
    if request.param == "sqlite":
        url = str(tmp_path_factory.mktemp("filled") / "vervet.db")
        shutil.copy(request.getfixturevalue("migrated_sqlite"), url)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.create_database(request.getfixturevalue("migrated_postgres"))
    opened = Database.open(url)
    fill(opened)
    yield opened
    opened.close()
