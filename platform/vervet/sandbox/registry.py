"""Owns which sandboxes exist by name: entry points of the group `vervet.sandboxes`."""

from __future__ import annotations

from importlib.metadata import entry_points

from vervet.core.errors import UnknownNameError
from vervet.sandbox.protocol import Sandbox

__all__ = ["make_sandbox"]

GROUP = "vervet.sandboxes"


def make_sandbox(name: str = "jail", *, unsafe_no_isolation: bool = False) -> Sandbox:
    """A new sandbox of that name. Raises `UnknownNameError` or `NoIsolationError`."""
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in entries:
        raise UnknownNameError("sandbox", name, entries)
    sandbox: Sandbox = entries[name].load()(unsafe_no_isolation=unsafe_no_isolation)
    return sandbox
