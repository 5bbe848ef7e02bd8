"""The model card of a family, from the training's record."""

from __future__ import annotations

from typing import Any

from vervet.generation.embedded.training.family import Family

__all__ = ["card"]


def card(family: Family, record: dict[str, Any]) -> str:
    """The text of `README.md`."""
    return f"# {family.name}\n\n{family.about}\n"
