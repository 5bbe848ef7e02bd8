"""The private folder of an embedded broker: made for one producer, removed with it.

A lock beside the folder is held for as long as its producer lives, so that the folders of
producers that were killed are known and removed by the next one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from pathlib import Path
from types import TracebackType
from typing import IO

from vervet.core.errors import DispatchError
from vervet.dispatch.app import broker_folders

__all__ = ["BrokerDir"]


class BrokerDir:
    """A folder with the embedded broker's queues, locked while this object is open.

    Raises `DispatchError` if it cannot be made.
    """

    def __init__(self, state_dir: Path) -> None:
        parent = state_dir / "brokers"
        self.path = parent / uuid.uuid4().hex[:12]
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _remove_stale(parent)
            self._lock = _locked(self.path.with_suffix(".lock"))
            self.path.mkdir(mode=0o700)
            for folder in set(broker_folders(self.path).values()):
                Path(folder).mkdir()
        except OSError as error:
            raise DispatchError(
                f"the embedded broker's folder {self.path} cannot be made: {error.strerror}",
                hint="Set VERVET_STATE_DIR to a folder that can be written.",
            ) from error

    def close(self) -> None:
        """Remove the folder; calling it twice is harmless."""
        if not self._lock.closed:
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.with_suffix(".lock").unlink(missing_ok=True)
            self._lock.close()

    def __enter__(self) -> BrokerDir:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _locked(path: Path) -> IO[bytes]:
    """The file at `path`, made and locked. Raises `OSError` if another holds it."""
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not path.exists() or os.fstat(file.fileno()).st_ino != path.stat().st_ino:
            raise FileNotFoundError(2, "removed while it was being locked", str(path))
    except OSError:
        file.close()
        raise
    return file


def _remove_stale(parent: Path) -> None:
    for path in parent.glob("*.lock"):
        try:
            lock = _locked(path)
        except OSError:  # Its producer lives, or another one is removing it.
            continue
        with lock:
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink(missing_ok=True)
