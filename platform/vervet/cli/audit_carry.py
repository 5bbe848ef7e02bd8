"""Carrying an audit through the queue from a command: workers, display, ^C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vervet.cli.display import DisplayMode

if TYPE_CHECKING:
    from vervet.pipeline.audit_loop import AuditWork
    from vervet.pipeline.config import RunConfig
    from vervet.store.database import Database

__all__ = ["carry"]


def carry(database: Database, config: RunConfig, audit: AuditWork, display: DisplayMode) -> bool:
    """Whether all was tried that the audit wants; no worker is started where that is nothing."""
    from vervet.cli import work
    from vervet.cli.audit_display import audit_display
    from vervet.cli.output import err
    from vervet.dispatch.celery_dispatcher import CeleryDispatcher
    from vervet.pipeline.audit_loop import carry_through

    with database.write() as conn:
        if not audit.wants(conn):
            return True
    settings = work.dispatch_settings(config, database.url, run=audit.runs[0].name)
    dispatcher = CeleryDispatcher(settings, database)
    with audit_display(display, err()) as observer, work.terminable():
        return carry_through(database, audit, dispatcher, observer)
