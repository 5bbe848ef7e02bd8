"""Where the report of an audit goes, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vervet.pipeline.config import RunConfig
    from vervet.report.audit_document import Document

__all__ = ["OutputOption", "print_report", "save_report"]

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="DIR", help="Where to write the report, if not in the state folder."
    ),
]


def save_report(
    config: RunConfig,
    audit: str,
    document: Document,
    body: Mapping[str, object],
    folder: Path | None,
) -> Path:
    """The page that was written, with all that lies beside it; `body` is its JSON.

    Into `folder`, or into one of the audit's own in the state folder. Raises `UsageError` where it
    cannot be written.
    """
    from vervet.report.audit_files import folder_name, write_audit

    own = Path(config.state_dir) / "audits" / folder_name(audit)
    return write_audit(document, body, folder or own).html


def print_report(page: Path) -> None:
    """Say where it is, for people."""
    from vervet.cli.output import out

    console = out()
    console.print()
    console.print(f"report      {page}", markup=False)
