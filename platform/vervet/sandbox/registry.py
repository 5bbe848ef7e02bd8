"""Owns which sandboxes exist by name: entry points of the group `vervet.sandboxes`."""

from __future__ import annotations

import inspect
from importlib.metadata import entry_points
from typing import Any

from vervet.core.errors import JobError, UnknownNameError
from vervet.sandbox.protocol import Sandbox

__all__ = ["kind_of_sandbox", "make_sandbox", "settings_of"]

GROUP = "vervet.sandboxes"


def kind_of_sandbox(name: str) -> Any:
    """What makes the sandboxes of that name. Raises `UnknownNameError`."""
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in entries:
        raise UnknownNameError("sandbox", name, entries)
    return entries[name].load()


def settings_of(name: str) -> frozenset[str]:
    """What can be set when a sandbox of that name is made. Raises `UnknownNameError`."""
    return frozenset(inspect.signature(kind_of_sandbox(name)).parameters)


def make_sandbox(
    name: str = "jail",
    *,
    unsafe_no_isolation: bool = False,
    hash_seed: int = 0,
    fresh: bool = False,
) -> Sandbox:
    """A new sandbox of that name; see `JailSandbox` for its settings.

    Raises `UnknownNameError`, `NoIsolationError`, or `JobError` for a setting that the sandbox
    does not have.
    """
    kind = kind_of_sandbox(name)
    asked = {key: value for key, value in (("hash_seed", hash_seed), ("fresh", fresh)) if value}
    missing = sorted(set(asked) - settings_of(name))
    if missing:
        raise JobError(
            f"the sandbox {name} has no {missing[0].replace('_', ' ')} to set",
            hint="The sandboxes jail and docker have.",
        )
    sandbox: Sandbox = kind(unsafe_no_isolation=unsafe_no_isolation, **asked)
    return sandbox
