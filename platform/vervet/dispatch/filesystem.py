"""kombu's file-system transport, with messages that appear whole and ends that come soon.

Owns two corrections and nothing else. kombu opens a message file in the folder that consumers
list and writes into it afterwards, so that a consumer can take an empty file and stop at it;
and a consumer that waits looks up only every two seconds to see that it should end.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils import json

__all__ = ["Channel", "Transport"]


LOOK_UP_S = 0.2
"""How long a consumer waits at most before it sees that it should end."""


class Channel(filesystem.Channel):
    """A channel whose messages are renamed into place after they are written."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        # Fixed width, so that the order of names is the order of messages.
        stem = f"{time.monotonic_ns() // 1000:016d}_{uuid.uuid4().hex}"
        hidden, final = folder / f".{stem}", folder / f"{stem}.{queue}.msg"
        try:
            hidden.write_text(json.dumps(payload), encoding="utf-8")  # type: ignore[no-untyped-call]
            hidden.rename(final)
        except OSError as error:
            hidden.unlink(missing_ok=True)
            raise ChannelError(f"cannot add a message to {folder}: {error.strerror}") from error


class Transport(filesystem.Transport):
    """Named by its path in Celery's `broker_transport`."""

    Channel = Channel

    def drain_events(  # type: ignore[override]
        self, connection: Any, timeout: float | None = None
    ) -> None:
        """Deliver one message. Raises `TimeoutError` after a short while without one."""
        soon = min(timeout or LOOK_UP_S, LOOK_UP_S)
        super().drain_events(connection, timeout=soon)  # type: ignore[no-untyped-call]
