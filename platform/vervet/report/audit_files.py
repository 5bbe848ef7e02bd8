"""The files of an audit's report: page, Markdown, JSON, figures with their data.

Writes what it is given; never reads a database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vervet.core.digests import digest_text
from vervet.core.errors import UsageError
from vervet.report.audit_document import Document
from vervet.report.audit_markdown import audit_markdown
from vervet.report.audit_page import audit_html
from vervet.report.audit_texts import short
from vervet.report.files import save

__all__ = ["AuditFiles", "folder_name", "write_audit"]

LONGEST_FOLDER = 100
FIGURE_WIDTH = 6.4
LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class AuditFiles:
    """What `write_audit` wrote; of each figure by its name the PNG, SVG and CSV."""

    html: Path
    markdown: Path
    json: Path
    figures: Mapping[str, tuple[Path, Path, Path]]


def write_audit(document: Document, body: Mapping[str, object], folder: Path) -> AuditFiles:
    """Writes `report.html`, `report.md`, `report.json` and the figures into `folder`.

    `body` goes into the JSON as it is. The folder is made where it is missing. Raises
    `UsageError` where it cannot be written, `ValueError` for NaN in `body`.
    """
    title = short(document.subject, LONGEST_TITLE)
    html, markdown, data = (folder / f"report.{end}" for end in ("html", "md", "json"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figures = {
            plot.name: save(plot.draw(FIGURE_WIDTH, title), plot.table, folder / plot.name)
            for plot in document.plots()
        }
        html.write_text(audit_html(document), encoding="utf-8")
        markdown.write_text(audit_markdown(document), encoding="utf-8")
        text = json.dumps(body, indent=2, allow_nan=False, default=str)
        data.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the report cannot be written to {folder}: {error.strerror or error}",
            hint="Name a folder that can be written.",
        ) from error
    return AuditFiles(html, markdown, data, figures)


def folder_name(audit: str) -> str:
    """The name of an audit as one of a folder: two audits never share it."""
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", audit).strip("-.")[:LONGEST_FOLDER]
    if made and made == audit.replace(" ", "-"):
        return made
    return f"{made or 'audit'}-{digest_text(audit)[:6]}"
