"""The version of a database: made from nothing, compared, refused, brought forward."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from tests.store.world import count, first, held, queued, results, verify
from vervet.core.errors import SchemaVersionError
from vervet.core.resources import migrations_dir
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.store import migrate
from vervet.store.batches import finish
from vervet.store.database import Database
from vervet.store.schema import attempts, metadata

ROOT = Path(__file__).parents[2]
WITH_EVIDENCE = Attempt(
    Status.FAILED, outcomes=(Outcome.FAILED,), evidence=(CheckEvidence(0, "t", Outcome.FAILED),)
)


def test_the_revisions_make_the_tables_of_the_schema(database: Database) -> None:
    with database.read() as conn:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(conn, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_views_are_there(database: Database) -> None:
    with database.read() as conn:
        names = set(inspect(conn).get_view_names())
    assert {"v_verdict_history", "v_coverage_counts", "v_check_outcomes"} <= names


def test_opening_an_empty_database_gives_it_this_version(database: Database) -> None:
    found = migrate.info(database)
    assert found.is_current
    assert not found.empty


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert migrate.upgrade(database) == migrate.upgrade(database)


def test_plain_alembic_makes_the_same_database(database_url: str) -> None:
    command = [sys.executable, "-m", "alembic", "-x", f"db={database_url}", "upgrade", "head"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    opened = Database.open(database_url)
    assert migrate.info(opened).is_current
    opened.close()


def test_several_processes_may_open_a_new_database_at_once(database_url: str) -> None:
    script = "import sys; from vervet.store.database import Database; Database.open(sys.argv[1])"
    command = [sys.executable, "-W", "error", "-c", script, database_url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, said


def test_a_database_of_a_newer_vervet_is_refused(database_url: str) -> None:
    opened = Database.open(database_url)
    with opened.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(SchemaVersionError, match="newer Vervet"):
        Database.open(database_url)


def test_a_newer_database_is_not_upgraded_either(database: Database) -> None:
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaVersionError, match="does not know"):
        migrate.upgrade(database)


def test_a_database_of_another_program_is_refused(database_url: str) -> None:
    connected = Database.connect(database_url)
    with connected.write() as conn:
        conn.execute(text("CREATE TABLE recipes (name TEXT)"))
    connected.close()
    with pytest.raises(SchemaVersionError, match="no tables of Vervet"):
        Database.open(database_url)


@pytest.fixture
def later_vervet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Vervet with one revision more than this one."""
    later = tmp_path / "migrations"
    shutil.copytree(migrations_dir(), later, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(later)).get_current_head()
    (later / "versions" / "later.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision = 'later', {head!r}\n"
        "def upgrade(): op.execute('CREATE TABLE later (id INTEGER)')\n"
    )
    monkeypatch.setattr(migrate, "migrations_dir", lambda: later)


def test_an_older_database_is_refused_with_the_command_to_run(
    database: Database, later_vervet: None
) -> None:
    with pytest.raises(SchemaVersionError, match="vervet db upgrade"):
        migrate.require_current(database)


def test_an_upgrade_keeps_what_was_recorded(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    database = Database.open(database_url)
    _, batch_ids = queued(database, ["good", "bad"])
    verify(database, batch_ids)
    request.getfixturevalue("later_vervet")
    assert migrate.upgrade(database).current == "later"
    assert count(database, attempts) == 2
    with database.read() as conn:
        assert conn.scalar(text("SELECT SUM(n) FROM v_coverage_counts")) == 2
    database.close()


@pytest.mark.parametrize("table", ["attempts", "checks"])
@pytest.mark.parametrize("change", ["UPDATE {} SET message = 'better'", "DELETE FROM {}"])
def test_attempts_and_checks_are_append_only(database: Database, table: str, change: str) -> None:
    _, [batch_id] = queued(database, ["bad"])
    claimed = held(database, batch_id)
    finish(database, claimed, results(claimed, WITH_EVIDENCE), first)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
        conn.execute(text(change.format(table)))
