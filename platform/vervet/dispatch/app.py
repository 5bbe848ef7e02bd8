"""Makes the Celery application; owns every Celery setting and decides nothing else.

The database is the truth: a message is a batch id, and losing or doubling one costs time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue

from vervet.dispatch.settings import DispatchSettings

__all__ = ["VERIFY_TASK", "broker_folders", "make_app", "make_queue", "queue_name"]

VERIFY_TASK = "vervet.verify"
"""Name of the only task; its only argument is a batch id."""

POLLING_INTERVAL_S = 0.02
"""kombu's default of one second would cap the embedded broker at two tasks a second."""

VISIBILITY_TIMEOUT_S = 12 * 3600
"""Redis hands an unacknowledged message out again after this long. Far longer than any batch
takes, so that nothing is delivered twice; what a dead worker held comes back by the sweeper."""


def queue_name(kind: str) -> str:
    """The queue for batches of problems of one kind."""
    return f"verify.{kind}"


def broker_folders(broker_dir: Path) -> dict[str, str]:
    """Folders of an embedded broker by the name that kombu gives them."""
    return {
        "data_folder_in": str(broker_dir / "messages"),
        "data_folder_out": str(broker_dir / "messages"),
        "processed_folder": str(broker_dir / "taken"),
        "control_folder": str(broker_dir / "control"),
    }


def make_app(settings: DispatchSettings, kinds: tuple[str, ...] = ()) -> Celery:
    """A Celery application for the broker of `settings`, consuming the queues of `kinds`.

    Nothing is connected yet. JSON only; results are ignored.
    """
    app = Celery("vervet", set_as_current=False)
    app.conf.update(
        broker_url="filesystem://localhost" if settings.embedded else settings.broker_url,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=4,
        task_queues=[make_queue(kind) for kind in kinds],
        task_create_missing_queues=False,
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_lost_wait=0.5,
        worker_proc_alive_timeout=60,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_detect_quorum_queues=False,
        **_transport(settings),
    )
    return app


def make_queue(kind: str) -> Queue:
    """`verify.<kind>`, as producers and consumers declare it."""
    # The nameless exchange routes by queue name and needs no binding on any broker.
    name = queue_name(kind)
    nameless = Exchange("", type="direct")  # type: ignore[no-untyped-call]
    return Queue(name, nameless, routing_key=name, durable=True)  # type: ignore[no-untyped-call]


def _transport(settings: DispatchSettings) -> dict[str, Any]:
    if not settings.embedded:
        if settings.broker_url.startswith("amqp"):
            return {"broker_transport_options": {"confirm_publish": True}}
        return {"broker_transport_options": {"visibility_timeout": VISIBILITY_TIMEOUT_S}}
    options: dict[str, Any] = {"polling_interval": POLLING_INTERVAL_S, "store_processed": True}
    if settings.broker_dir is not None:
        options |= broker_folders(settings.broker_dir)
    return {
        "broker_transport": "vervet.dispatch.filesystem:Transport",
        "broker_transport_options": options,
    }
