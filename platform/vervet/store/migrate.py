"""The version of a database: what it is, what it should be, and how it gets there."""

from __future__ import annotations

from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, inspect, select, table

from vervet.core.errors import SchemaVersionError
from vervet.core.resources import migrations_dir
from vervet.store.database import Database
from vervet.store.rows import serialise

__all__ = ["SchemaInfo", "info", "prepare", "require_current", "upgrade"]

MIGRATIONS = 2
VERSION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class SchemaInfo:
    """The revision of a database (None: it has no tables of Vervet) and Vervet's own."""

    current: str | None
    head: str
    empty: bool
    known: bool

    @property
    def is_current(self) -> bool:
        """Whether this Vervet can work with it as it is."""
        return self.current == self.head


def info(database: Database) -> SchemaInfo:
    """The versions of a database and of this Vervet."""
    with database.read() as conn:
        return _info(conn)


def upgrade(database: Database) -> SchemaInfo:
    """Bring a database to this version, in one transaction; does nothing if it is there.

    Raises `SchemaVersionError` if it was made by a newer Vervet, or not by Vervet at all.
    """
    with database.write() as conn:
        serialise(conn, MIGRATIONS, 0)
        found = _info(conn)
        if found.is_current:
            return found
        if not found.empty and not found.known:
            raise _refusal(database, found)
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
        return _info(conn)


def require_current(database: Database) -> None:
    """Raise `SchemaVersionError` unless the database is of this version."""
    found = info(database)
    if not found.is_current:
        raise _refusal(database, found)


def prepare(database: Database) -> None:
    """Give an empty database its tables; refuse one of another version."""
    if info(database).empty:
        upgrade(database)
    require_current(database)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    return config


def _info(conn: Connection) -> SchemaInfo:
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head()
    assert head is not None
    tables = set(inspect(conn).get_table_names())
    current = None
    if VERSION_TABLE in tables:
        current = conn.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    known = current in {revision.revision for revision in script.walk_revisions()}
    return SchemaInfo(current, head, empty=not tables, known=known)


def _refusal(database: Database, found: SchemaInfo) -> SchemaVersionError:
    if found.current is None:
        return SchemaVersionError(
            f"{database.where} holds no tables of Vervet",
            hint="Name another database: this one is empty or belongs to another program.",
        )
    if found.known:
        return SchemaVersionError(
            f"{database.where} is of version {found.current}, this Vervet needs {found.head}",
            hint="Run `vervet db upgrade`; keep a copy of the database before.",
        )
    return SchemaVersionError(
        f"{database.where} is of version {found.current}, which this Vervet does not know",
        hint="It was made by a newer Vervet: install that one, or name another database.",
    )
