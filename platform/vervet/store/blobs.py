"""Bytes kept once each by content digest, compressed. Never forgets one that was saved."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from sqlalchemy import Connection, select

from vervet.core.digests import digest_bytes
from vervet.store.rows import chunks, insert_new
from vervet.store.schema import blobs

__all__ = ["Blobs", "load_blobs", "load_texts"]

LEVEL = 3


class Blobs:
    """Gathers bytes to be saved in one statement; `add` gives the digest to refer to."""

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def add(self, data: bytes) -> str:
        """Gather `data`; its SHA-256 in hex."""
        digest = digest_bytes(data)
        self._data[digest] = data
        return digest

    def add_text(self, text: str) -> str:
        """Gather a text in UTF-8; lone surrogates are kept."""
        return self.add(text.encode("utf-8", "surrogatepass"))

    def save(self, conn: Connection) -> None:
        """Write what was gathered and is not there yet."""
        known = _known(conn, self._data)
        insert_new(
            conn,
            blobs,
            [
                {"digest": digest, "size": len(data), "data": zlib.compress(data, LEVEL)}
                for digest, data in sorted(self._data.items())
                if digest not in known
            ],
        )
        self._data.clear()


def _known(conn: Connection, digests: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(sorted(digests)):
        found.update(conn.scalars(select(blobs.c.digest).where(blobs.c.digest.in_(some))))
    return found


def load_blobs(conn: Connection, digests: Iterable[str]) -> dict[str, bytes]:
    """The bytes of each digest, as they were before compression."""
    loaded: dict[str, bytes] = {}
    for some in chunks(sorted(set(digests))):
        query = select(blobs.c.digest, blobs.c.data).where(blobs.c.digest.in_(some))
        loaded.update((digest, zlib.decompress(data)) for digest, data in conn.execute(query))
    return loaded


def load_texts(conn: Connection, digests: Iterable[str]) -> dict[str, str]:
    """The texts that `Blobs.add_text` gathered, by digest."""
    return {
        digest: data.decode("utf-8", "surrogatepass")
        for digest, data in load_blobs(conn, digests).items()
    }
