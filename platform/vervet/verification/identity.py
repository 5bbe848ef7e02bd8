"""Owns the digest of a verifier: its code and its settings, nothing of problems or hosts."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from vervet.core.digests import digest_file, digest_json

__all__ = ["verifier_digest"]


@cache
def _code(modules: tuple[str, ...]) -> dict[str, str]:
    return {name: digest_file(Path(str(sys.modules[name].__file__))) for name in modules}


def verifier_digest(kind: str, modules: tuple[str, ...], settings: dict[str, Any]) -> str:
    """Identity of a way to judge: the sources of `modules` and the settings."""
    return digest_json({"kind": kind, "code": _code(modules), "settings": settings})
