"""The side process that looks at source; see lookout.py and aside.py."""

from __future__ import annotations

from typing import Any

from vervet.verification.patches.aside import serve
from vervet.verification.patches.lookout_sights import new_sights

__all__ = ["sights"]

MEMORY = 3 << 30


def sights(asked: dict[str, Any]) -> dict[str, Any]:
    """Line, kind and expression of each new sight."""
    found = new_sights(asked["path"], asked["before"], asked["after"])
    return {"sights": [(seen.line, seen.kind.value, seen.expression) for seen in found]}


if __name__ == "__main__":
    serve(sights, memory=MEMORY)
