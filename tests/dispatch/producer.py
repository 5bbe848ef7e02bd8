"""A producer for tests: publishes every open batch and waits until a signal ends it.

`python -m` this module, with settings from the environment. Says "ready" when all is sent.
"""

from __future__ import annotations

import signal
import sys
import threading

from sqlalchemy import select

from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.dispatch.settings import read_settings
from vervet.store.database import Database
from vervet.store.schema import batches


def main() -> None:
    settings = read_settings()
    database = Database.open(settings.database_url)
    dispatcher = CeleryDispatcher(settings, database)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    dispatcher.start()
    with database.read() as conn:
        found = list(conn.execute(select(batches.c.kind, batches.c.id)))
    for kind, batch_id in found:
        dispatcher.publish(kind, [batch_id])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    over.wait()
    dispatcher.close()
    database.close()


if __name__ == "__main__":
    main()
