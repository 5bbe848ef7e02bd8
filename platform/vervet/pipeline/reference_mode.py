"""Reference mode on one worker: made for a batch and its controls, or what stands in its place.

A worker that has none still ends its batch: with attempts that say so, for another to repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vervet.core.errors import SandboxError
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.wrapped import RefusingSandbox

__all__ = ["NoReferenceError", "reference_mode"]

MakeSandbox = Callable[[], Sandbox]


class NoReferenceError(SandboxError):
    """Raised when a job is to be run in reference mode on a worker that has none."""


@contextmanager
def reference_mode(make: MakeSandbox) -> Iterator[Sandbox]:
    """A sandbox of `make`, closed at the end; else one whose `run` raises `NoReferenceError`."""
    sandbox: Sandbox
    try:
        sandbox = make()
    except SandboxError as error:
        sandbox = RefusingSandbox(NoReferenceError(error.message))
    try:
        yield sandbox
    finally:
        sandbox.close()
