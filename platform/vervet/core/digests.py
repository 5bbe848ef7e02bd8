"""Content digests: the identity of problems, solutions, environments and weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

__all__ = ["canonical_json", "digest_bytes", "digest_file", "digest_json", "digest_text"]


def digest_bytes(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_text(text: str) -> str:
    """SHA-256 of `text` in UTF-8; lone surrogates are kept, so every Python string has one."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def canonical_json(value: Any) -> str:
    """The one JSON text of `value`: sorted keys, no spaces, ASCII only.

    Raises `TypeError` for what JSON cannot hold and `ValueError` for NaN and infinities.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_json(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`."""
    return digest_bytes(canonical_json(value).encode("ascii"))


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
