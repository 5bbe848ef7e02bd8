"""A database of each kind for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vervet.store.database import Database


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = Database.open(migrated_url)
    yield opened
    opened.close()
