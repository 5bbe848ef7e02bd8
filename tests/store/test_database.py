"""Opening a database, transactions, and what users are told when one cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from tests.servers import PostgresServer
from tests.store.world import add, candidate, count, new_run, problem
from vervet.core.errors import DiskFullError, ReadOnlyError, StoreError
from vervet.core.values import Suite
from vervet.sandbox.bubblewrap import find_bwrap
from vervet.store.database import Database
from vervet.store.schema import candidates, suites
from vervet.store.suites import load_suite, save_suite

NOBODY = 65534

OPEN_AS_NOBODY = f"""
import os, sys
from vervet.core.errors import VervetError
from vervet.store.database import Database
from vervet.store import migrate
if os.getuid() == 0:
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
try:
    Database.open(sys.argv[1])
except VervetError as error:
    print(type(error).__name__, error)
"""


def opened_by_a_plain_user(path: Path) -> str:
    """What a user without root's rights is told; nothing if it works."""
    command = [sys.executable, "-W", "error", "-c", OPEN_AS_NOBODY, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def open_to_all(path: Path) -> None:
    for each in (path, *path.parents):
        if each != Path("/") and each.stat().st_uid == os.getuid():
            each.chmod(each.stat().st_mode | 0o055)


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    Database.open(tmp_path / "new" / "folder" / "vervet.db").close()
    assert (tmp_path / "new" / "folder" / "vervet.db").exists()


def test_without_create_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        Database.open(tmp_path / "vervet.db", create=False)
    assert not (tmp_path / "vervet.db").exists()


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}", "sqlite+pysqlite:///{}"])
def test_a_path_and_its_url_name_the_same_database(tmp_path: Path, form: str) -> None:
    opened = Database.open(form.format(tmp_path / "vervet.db"))
    assert Database.connect(opened.url).where == str(tmp_path / "vervet.db")
    opened.close()


@pytest.mark.parametrize("url", ["mysql://a@b/c", "sqlite://", "sqlite:///:memory:", "x y://"])
def test_what_is_no_place_for_a_database_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="Give a path, sqlite:///path or postgresql://"):
        Database.open(url)


def test_a_password_is_not_shown_but_handed_on() -> None:
    database = Database.connect("postgresql://me:secret@host/name")
    assert "secret" not in database.where
    assert database.url == "postgresql+psycopg://me:secret@host/name"


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(StoreError, match=r"cannot reach the database .*127\.0\.0\.1:1/"):
        Database.open("postgresql://me@127.0.0.1:1/name")


def test_a_database_that_the_server_does_not_have_is_named(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="cannot reach the database"):
        Database.open(postgres_url.replace("/vervet_", "/nothing_"))


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Not a database, but long enough to be looked at as one. " * 40)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a SQLite database"):
        Database.open(path)
    assert path.read_bytes() == before


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Database.open(tmp_path)


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the database"):
        Database.open(tmp_path / "file" / "sub" / "vervet.db")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    open_to_all(tmp_path)
    assert opened_by_a_plain_user(folder / "vervet.db").startswith("ReadOnlyError")
    assert opened_by_a_plain_user(folder / "sub" / "vervet.db").startswith("ReadOnlyError")


def test_a_database_in_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    Database.open(folder / "vervet.db").close()
    (folder / "vervet.db").chmod(0o666)
    folder.chmod(0o555)
    open_to_all(folder)
    assert opened_by_a_plain_user(folder / "vervet.db").startswith("ReadOnlyError")


def test_a_server_that_refuses_writing_is_read_only(postgres_url: str) -> None:
    database = Database.connect(postgres_url)
    name = make_url(postgres_url).database
    with database.write() as conn:
        conn.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    database.close()
    with pytest.raises(ReadOnlyError, match="cannot be written"):
        Database.open(postgres_url)
    database.close()


def test_a_full_disk_is_named_and_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "vervet.db")
    run = new_run(database)
    add(database, run, [candidate("p0", 0, "kept")])
    with database.write() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    large = [candidate("p1", at, os.urandom(4000).hex()) for at in range(50)]
    with pytest.raises(DiskFullError, match="no space is left"):
        add(database, run, large)
    database.close()
    database = Database.open(tmp_path / "vervet.db")
    assert count(database, candidates) == 1
    assert add(database, run, large).inserted == 50
    database.close()


OPEN_AND_FILL = """
import os, sys
from pathlib import Path
from sqlalchemy import text
from vervet.core.errors import DiskFullError
from vervet.store.database import Database
path = Path(sys.argv[1])
(path.parent / "ballast").write_bytes(bytes(int(sys.argv[2])))
try:
    database = Database.open(path)
    with database.write() as conn:
        insert = text("INSERT INTO blobs (digest, size, data) VALUES ('d', 0, :data)")
        conn.execute(insert, {"data": os.urandom(2_000_000)})
except DiskFullError as error:
    print(error.message)
"""


@pytest.mark.parametrize("ballast", [0, 900_000, 940_000, 960_000, 970_000, 980_000, 1_000_000])
def test_a_disk_that_fills_at_any_moment_is_called_full(tmp_path: Path, ballast: int) -> None:
    bwrap = next(find_bwrap()).path
    disk = ["--size", "1000000", "--tmpfs", str(tmp_path)]
    python = [sys.executable, "-W", "error", "-c", OPEN_AND_FILL]
    command = [
        str(bwrap),
        "--dev-bind",
        "/",
        "/",
        *disk,
        *python,
        str(tmp_path / "v.db"),
        str(ballast),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said == f"no space is left for the database {tmp_path / 'v.db'}\n"


def test_a_connection_that_broke_is_told_and_made_anew(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    with pytest.raises(StoreError, match="cannot reach"), database.write() as conn:
        conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert count(database, candidates) == 0
    database.close()


def test_a_server_without_space_says_so(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend' USING ERRCODE = '53100'; END $$"
    with pytest.raises(DiskFullError), database.write() as conn:
        conn.execute(text(full))
    database.close()


def test_an_exception_takes_back_what_its_transaction_wrote(database: Database) -> None:
    insert = text("INSERT INTO verifiers (digest, content) VALUES ('d', '{}')")
    with pytest.raises(DBAPIError, match=r"(?i)unique"), database.write() as conn:
        [conn.execute(insert) for _ in range(2)]
    with database.read() as conn:
        assert conn.scalar(text("SELECT COUNT(*) FROM verifiers")) == 0


def test_a_reader_cannot_write(database: Database) -> None:
    insert = text("INSERT INTO verifiers (digest, content) VALUES ('d', '{}')")
    with pytest.raises(ReadOnlyError), database.read() as conn:
        conn.execute(insert)


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as conn:
        before = conn.scalar(text("SELECT COUNT(*) FROM suites"))
        new_run(database)
        assert conn.scalar(text("SELECT COUNT(*) FROM suites")) == before
    assert count(database, suites) == 1


def test_foreign_keys_are_kept(database: Database) -> None:
    row = "INSERT INTO run_counters (run_id, name, value) VALUES (99, 'candidates', 1)"
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), database.write() as conn:
        conn.execute(text(row))


def test_a_forked_child_makes_connections_of_its_own(database_url: str) -> None:
    script = """
import os, sys
from sqlalchemy import make_url, text
from vervet.store.database import Database
database = Database.open(sys.argv[1])
insert = text("INSERT INTO verifiers (digest, content) VALUES (:d, '{}')")
def put(digest):
    with database.write() as conn:
        conn.execute(insert, {"d": digest})
put("before")
child = os.fork()
put("child" if child == 0 else "parent")
database.close()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    command = [sys.executable, "-W", "error", "-c", script, database_url]
    subprocess.run(command, check=True, timeout=60)
    database = Database.open(database_url)
    with database.read() as conn:
        found = set(conn.scalars(text("SELECT digest FROM verifiers")))
    database.close()
    assert found == {"before", "child", "parent"}


def test_a_postgresql_without_an_encoding_keeps_every_text(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database(encoding="SQL_ASCII")
    made = Suite("suite \u00e9", (problem("na\u00efve \u732b"),), "\u00a9")
    database = Database.open(url)
    try:
        with database.write() as conn:
            row = save_suite(conn, made)
        with database.read() as conn:
            assert load_suite(conn, row) == made
    finally:
        database.close()
        postgres_server.drop_database(url)
