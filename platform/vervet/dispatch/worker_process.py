"""The worker program: a Celery parent with a pool of processes that verify batches.

Started by a `Supervisor`, never by hand; its settings are in its environment. Dies with the
process that started it, and its children die with it.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings

from vervet.dispatch.processes import die_with_parent
from vervet.dispatch.settings import DispatchSettings, read_settings

__all__ = ["main"]

LOG_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


def main() -> int:
    """Work until SIGTERM. The exit status is Celery's."""
    settings = read_settings()
    if settings.producer:
        die_with_parent(int(settings.producer.split(":")[-2]))
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT, stream=sys.stderr)
    # Celery's warning is about pickle, which this application does not accept.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser")
    return _work(settings)


def _work(settings: DispatchSettings) -> int:
    from vervet.dispatch.app import make_app, queue_name
    from vervet.dispatch.tasks import listening_kinds, register

    kinds = listening_kinds(settings)
    app = make_app(settings, kinds)
    register(app, settings)
    worker = app.Worker(
        concurrency=settings.workers,
        pool="prefork",
        queues=[queue_name(kind) for kind in kinds],
        hostname=f"vervet-{os.getpid()}@%h",
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        task_events=False,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # The pool has ended; billiard's exit handlers would wait seconds for a thread of theirs.
    os._exit(status)
