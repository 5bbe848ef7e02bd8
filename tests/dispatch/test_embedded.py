"""The embedded broker's folder and messages, and the program that works on them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.dispatch.conftest import quick_settings
from tests.dispatch.world import wait_for
from vervet.core.errors import ConfigError, DispatchError, UsageError
from vervet.dispatch.app import broker_folders, make_app
from vervet.dispatch.broker_dir import BrokerDir
from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.dispatch.publisher import Publisher
from vervet.dispatch.settings import DispatchSettings, read_settings
from vervet.dispatch.supervisor import DEATHS_ALLOWED, Supervisor
from vervet.dispatch.worker import run_worker
from vervet.store.database import Database

HOLD = """
import sys, time
from pathlib import Path
from vervet.dispatch.broker_dir import BrokerDir
held = BrokerDir(Path(sys.argv[1]))
print(held.path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def embedded(database: Database, tmp_path: Path, marker: str) -> DispatchSettings:
    return quick_settings(database, tmp_path, "filesystem://")


def test_a_folder_is_removed_with_its_producer(tmp_path: Path) -> None:
    with BrokerDir(tmp_path) as folder:
        assert all(Path(path).is_dir() for path in broker_folders(folder.path).values())
    assert list((tmp_path / "brokers").iterdir()) == []


def test_the_folder_of_a_killed_producer_is_removed_by_the_next(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    theirs = Path(other.stdout.readline().strip())
    with BrokerDir(tmp_path):
        assert theirs.is_dir()  # its producer lives
    other.kill()
    other.communicate()
    with BrokerDir(tmp_path) as mine:
        assert not theirs.exists()
        assert mine.path.is_dir()


def test_a_state_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(DispatchError, match="brokers"):
        BrokerDir(tmp_path / "state")


def test_a_message_is_never_seen_in_part(embedded: DispatchSettings, database: Database) -> None:
    with BrokerDir(embedded.state_dir) as folder:
        app = make_app(embedded.model_copy(update={"broker_dir": folder.path}))
        messages, over, torn = folder.path / "messages", threading.Event(), []

        def look() -> None:
            while not over.is_set():
                torn.extend(path for path in messages.glob("[!.]*") if not path.stat().st_size)

        reader = threading.Thread(target=look)
        reader.start()
        Publisher(app).publish(database, "obedient", [f"{at:032x}" for at in range(200)])
        over.set()
        reader.join()
        app.close()
        assert len(list(messages.glob("*.verify.obedient.msg"))) == 200
    assert torn == []


def test_the_queue_says_how_much_waits(embedded: DispatchSettings, database: Database) -> None:
    with BrokerDir(embedded.state_dir) as folder:
        app = make_app(embedded.model_copy(update={"broker_dir": folder.path}))
        publisher = Publisher(app)
        assert publisher.waiting("obedient") == 0
        publisher.publish(database, "obedient", ["a" * 32, "b" * 32])
        assert (publisher.waiting("obedient"), publisher.waiting("program")) == (2, 0)
        app.close()


def test_workers_that_end_again_and_again_are_given_up(
    embedded: DispatchSettings, database: Database
) -> None:
    broken = embedded.model_copy(update={"lease_s": -1.0})
    dispatcher = CeleryDispatcher(broken, database)
    dispatcher.start()
    wait_for(dispatcher.healthy, 60)
    assert f"ended {DEATHS_ALLOWED} times" in dispatcher.healthy()
    dispatcher.close()
    assert dispatcher.healthy() == ""


def test_a_worker_that_is_killed_once_is_started_again(embedded: DispatchSettings) -> None:
    with BrokerDir(embedded.state_dir) as folder:
        workers = Supervisor(embedded.model_copy(update={"broker_dir": folder.path}))
        workers.start()
        first = workers.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: workers.pid not in (None, first))
        assert workers.healthy() == ""
        workers.stop()
        assert workers.pid is None


def test_closing_twice_is_harmless(embedded: DispatchSettings, database: Database) -> None:
    dispatcher = CeleryDispatcher(embedded, database)
    dispatcher.start()
    dispatcher.close()
    dispatcher.close()
    assert list((embedded.state_dir / "brokers").iterdir()) == []


def test_publishing_before_the_start_is_refused(
    embedded: DispatchSettings, database: Database
) -> None:
    with pytest.raises(DispatchError, match="before"):
        CeleryDispatcher(embedded, database).publish("obedient", ["a" * 32])


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:secret@127.0.0.1:1//"])
def test_a_broker_that_is_not_there_is_named_without_its_password(
    database: Database, tmp_path: Path, url: str
) -> None:
    dispatcher = CeleryDispatcher(quick_settings(database, tmp_path, url), database)
    with pytest.raises(DispatchError, match=r"127\.0\.0\.1:1") as raised:
        dispatcher.start()
    assert "secret" not in str(raised.value)


def test_a_worker_of_its_own_needs_a_broker_for_several(embedded: DispatchSettings) -> None:
    with pytest.raises(UsageError, match="broker"):
        run_worker(embedded)


@pytest.mark.parametrize(
    ("name", "value"),
    [("broker_url", "kafka://host"), ("broker_url", "host"), ("workers", 0), ("lease_s", 0)],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        read_settings(**{"database_url": "vervet.db", name: value})


def test_settings_survive_the_way_through_the_environment(
    embedded: DispatchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in embedded.environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == embedded
