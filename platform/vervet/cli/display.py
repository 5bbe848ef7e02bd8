"""How a run is watched: a live view on a terminal, plain lines, JSON lines, or nothing.

Owns the look of progress only; results are printed by `results`.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from enum import StrEnum
from types import TracebackType
from typing import IO, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from vervet.cli.output import visible
from vervet.core.status import Status
from vervet.pipeline.progress import Phase, Snapshot

__all__ = ["Display", "DisplayMode", "make_display"]

PLAIN_INTERVAL_S = 5.0
PLAIN_SILENCE_S = 30.0
"""The longest that the plain display says nothing while nothing changes."""
STATUS_STYLES = {
    Status.PASSED: "green",
    Status.FAILED: "yellow",
    Status.REJECTED: "magenta",
    Status.INFRA_ERROR: "red",
}


class DisplayMode(StrEnum):
    """How `vervet run` and `vervet verify` show their progress."""

    AUTO = "auto"
    """Live on a terminal, plain elsewhere."""
    LIVE = "live"
    PLAIN = "plain"
    JSON = "json"
    NONE = "none"


class Display:
    """Shows nothing; the others override what they show. Used as a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def show(self, snapshot: Snapshot) -> None:
        """A new snapshot."""

    def note(self, message: str) -> None:
        """A sentence that will not come again."""
        print(message, file=sys.stderr)


class JsonDisplay(Display):
    """One JSON object a line on stderr, so that stdout keeps the result."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def _line(self, event: str, body: dict[str, object]) -> None:
        print(json.dumps({"event": event, **body}), file=self._stream, flush=True)

    def show(self, snapshot: Snapshot) -> None:
        body = asdict(snapshot)
        body["remaining_s"] = snapshot.remaining_s
        self._line("progress", body)

    def note(self, message: str) -> None:
        self._line("note", {"message": message})


class PlainDisplay(Display):
    """A line when something changes, at most every few seconds: for logs and CI."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._last: Snapshot | None = None
        self._shown_at = float("-inf")

    def show(self, snapshot: Snapshot) -> None:
        now = time.monotonic()
        last = self._last
        first_verdict = snapshot.verified > 0 and (last is None or last.verified == 0)
        done = snapshot.phase is Phase.DONE
        if not (first_verdict or done) and now - self._shown_at < PLAIN_INTERVAL_S:
            return
        still = last is not None and (last.verified, last.sampled) == (
            snapshot.verified,
            snapshot.sampled,
        )
        if still and now - self._shown_at < PLAIN_SILENCE_S and not (done and last != snapshot):
            return
        self._last, self._shown_at = snapshot, now
        statuses = " ".join(f"{line.status}={line.candidates}" for line in snapshot.statuses)
        print(
            f"[{snapshot.elapsed_s:6.1f}s] sampled {snapshot.sampled}/{snapshot.expected} "
            f"verified {snapshot.verified}/{snapshot.expected} "
            f"solved {snapshot.solved}/{snapshot.problems} {statuses}"
            + (f" (waiting: {_doing(snapshot)})" if still and not done else ""),
            file=self._stream,
            flush=True,
        )

    def note(self, message: str) -> None:
        print(message, file=self._stream, flush=True)


class LiveDisplay(Display):
    """Bars with rate and time left, a table of statuses with the latest problems, a spinner."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner = Spinner("dots")
        self._live = Live(console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        self._live.update(self._view(snapshot))

    def note(self, message: str) -> None:
        self._live.console.print(message, markup=False, highlight=False)

    def _view(self, snapshot: Snapshot) -> RenderableType:
        parts: list[RenderableType] = [_heading(snapshot), _bars(snapshot)]
        if snapshot.statuses:
            parts.append(_status_table(snapshot))
        self._spinner.update(text=Text(visible(_doing(snapshot)), style="dim", overflow="ellipsis"))
        parts.append(self._spinner)
        return Group(*parts)


def _heading(snapshot: Snapshot) -> Text:
    text = Text(visible(snapshot.run), style="bold")
    text.append(f"  {snapshot.solved}/{snapshot.problems} problems solved", style="default")
    if snapshot.distinct:
        text.append(f"  {snapshot.distinct:,} distinct solutions", style="dim")
    return text


def _bars(snapshot: Snapshot) -> Table:
    grid = Table.grid(padding=(0, 1))
    elapsed = max(snapshot.elapsed_s, 1e-9)
    left = snapshot.remaining_s
    rows = (
        ("sampled", snapshot.sampled, snapshot.sampled_before, ""),
        ("verified", snapshot.verified, snapshot.verified_before, _left(left)),
    )
    for word, count, before, tail in rows:
        grid.add_row(
            word,
            ProgressBar(total=max(snapshot.expected, 1), completed=count, width=32),
            f"{count:,}/{snapshot.expected:,}",
            f"{(count - before) / elapsed:,.0f}/s",
            tail,
        )
    return grid


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{rest:02d} left"


def _status_table(snapshot: Snapshot) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("status")
    table.add_column("candidates", justify="right")
    table.add_column("latest problems", overflow="ellipsis", no_wrap=True)
    for line in snapshot.statuses:
        style = STATUS_STYLES.get(Status(line.status), "")
        table.add_row(
            Text(line.status, style=style),
            f"{line.candidates:,}",
            Text(visible(", ".join(line.latest))),
        )
    return table


def _doing(snapshot: Snapshot) -> str:
    if snapshot.phase is Phase.SAMPLING:
        return f"sampling {snapshot.now}" if snapshot.now else "sampling"
    return {
        Phase.STARTING: "starting the model and the workers",
        Phase.VERIFYING: "all sampled; verifying what is left",
        Phase.REJUDGING: "judging a share again in reference mode",
        Phase.STOPPING: "stopping: finishing what is in the sandboxes (^C again to leave now)",
    }.get(snapshot.phase, snapshot.phase.value)


def make_display(mode: DisplayMode, console: Console) -> Display:
    """The display for a mode; progress goes to the console's stream, results never do."""
    if mode is DisplayMode.AUTO:
        mode = DisplayMode.LIVE if console.is_terminal else DisplayMode.PLAIN
    if mode is DisplayMode.LIVE:
        return LiveDisplay(console)
    if mode is DisplayMode.JSON:
        return JsonDisplay(console.file)
    if mode is DisplayMode.PLAIN:
        return PlainDisplay(console.file)
    return Display()
