"""How an audit is watched: a bar on a terminal, plain lines, JSON lines, or nothing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from vervet.cli.display import DisplayMode
from vervet.pipeline.audit_loop import AuditObserver, AuditProgress
from vervet.report.words import duration

__all__ = ["audit_display"]

PLAIN_INTERVAL_S = 5.0


@contextmanager
def audit_display(mode: DisplayMode, console: Console) -> Iterator[AuditObserver]:
    """What to show an audit's progress with, on stderr."""
    if mode is DisplayMode.AUTO:
        mode = DisplayMode.LIVE if console.is_terminal else DisplayMode.PLAIN
    match mode:
        case DisplayMode.LIVE:
            live = _Live(console)
            with live.progress:
                yield live
        case DisplayMode.PLAIN:
            yield _Plain(sys.stderr)
        case DisplayMode.JSON:
            yield _Json(sys.stderr)
        case _:
            yield _Silent()


class _Silent:
    """Shows nothing but what must be said."""

    def show(self, progress: AuditProgress) -> None:
        """See `AuditObserver.show`."""

    def note(self, message: str) -> None:
        """See `AuditObserver.note`."""
        print(message, file=sys.stderr)


class _Json(_Silent):
    """One JSON object a line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def show(self, progress: AuditProgress) -> None:
        body = {"event": "progress", **asdict(progress), "remaining_s": progress.remaining_s}
        print(json.dumps(body), file=self._stream, flush=True)

    def note(self, message: str) -> None:
        print(json.dumps({"event": "note", "message": message}), file=self._stream, flush=True)


class _Plain(_Silent):
    """A line every few seconds: for logs."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._shown_at = float("-inf")

    def show(self, progress: AuditProgress) -> None:
        now, done = time.monotonic(), progress.through == progress.solutions
        if now - self._shown_at < PLAIN_INTERVAL_S and not done:
            return
        self._shown_at = now
        print(
            f"[{progress.elapsed_s:6.1f}s] {_words(progress)}",
            file=self._stream,
            flush=True,
        )


class _Live(_Silent):
    """A bar of solutions that are through, attempts and the time that is left."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            console=console,
            transient=True,
        )
        self._task = self.progress.add_task("solutions", total=None, said="")

    def show(self, progress: AuditProgress) -> None:
        left = progress.remaining_s
        said = f"{progress.attempts:,} attempts"
        said += f", {duration(left)} left" if left else ""
        self.progress.update(
            self._task, total=progress.solutions, completed=progress.through, said=said
        )

    def note(self, message: str) -> None:
        self.progress.console.print(message, markup=False)


def _words(progress: AuditProgress) -> str:
    left = progress.remaining_s
    return (
        f"solutions {progress.through:,}/{progress.solutions:,} attempts {progress.attempts:,}"
        + (f" ({duration(left)} left)" if left else "")
    )
