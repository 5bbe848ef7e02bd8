"""Keeps a claimed batch ours while it is worked on; never writes a result."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from vervet.core.errors import LeaseLostError, StoreError
from vervet.store.database import Database
from vervet.store.leases import Claim, renew

__all__ = ["Lease"]

log = logging.getLogger(__name__)


class Lease:
    """Renews a claim from a thread for as long as the `with` block lasts.

    `lost` becomes true when another worker has the batch; nothing more is to be written then.
    """

    def __init__(self, database: Database, held: Claim, lease_s: float) -> None:
        self._database = database
        self._held = held
        self._lease_s = lease_s
        self._lost = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether another worker has the batch."""
        return self._lost.is_set()

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(self._lease_s / 3):
            try:
                renew(self._database, self._held, self._lease_s)
            except LeaseLostError:
                self._lost.set()
                return
            except StoreError as error:
                # There is time for another try before the lease is over.
                log.warning("the lease of batch %s was not renewed: %s", self._held.id, error)
