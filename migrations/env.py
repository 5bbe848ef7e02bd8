"""Runs revisions on the connection it is given, or on the database named on the command line.

The views are no part of any revision: they are dropped before the first one and made anew from
`sql/` after the last. A change to a view still needs a revision (it may be empty), so that
databases notice.
"""

from __future__ import annotations

import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, inspect, text

from vervet.store.database import Database
from vervet.store.schema import metadata

VIEWS = Path(__file__).parent / "sql"


def migrate(connection: Connection) -> None:
    """Run the revisions that were asked for, in the connection's own transaction."""
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        drop_views(connection)
        context.run_migrations()
        make_views(connection)


def drop_views(connection: Connection) -> None:
    """Drop every view of Vervet's."""
    for name in inspect(connection).get_view_names():
        if name.startswith("v_"):
            connection.exec_driver_sql(f"DROP VIEW {name}")


def make_views(connection: Connection) -> None:
    """Make each view from its file; `NAME.DIALECT.sql` comes before `NAME.sql`."""
    for path in sorted(VIEWS.glob("*.sql")):
        name, *dialect = path.name.removesuffix(".sql").split(".")
        if dialect in ([], [connection.dialect.name]):
            body = path.read_text(encoding="utf-8").replace(":", r"\:")
            connection.execute(text(f"CREATE VIEW {name} AS\n{body}"))


def main() -> None:
    """Take the connection of `vervet.store.migrate`, or open the one that was named."""
    if (connection := context.config.attributes.get("connection")) is not None:
        migrate(connection)
        return
    named = context.get_x_argument(as_dictionary=True).get("db")
    url = named or os.environ.get("VERVET_DATABASE_URL") or os.environ.get("VERVET_DATABASE")
    database = Database.connect(url or context.config.get_main_option("sqlalchemy.url", ""))
    with database.write() as connection:
        migrate(connection)
    database.close()


main()
