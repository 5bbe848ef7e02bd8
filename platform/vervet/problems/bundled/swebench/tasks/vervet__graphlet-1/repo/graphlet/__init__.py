"""Order what depends on each other."""

from graphlet.order import order

__all__ = ["order"]
