"""A database of each kind for every test that asks for one."""

from __future__ import annotations

from tests.store.conftest import database

__all__ = ["database"]
