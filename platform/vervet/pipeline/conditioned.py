"""How a batch is verified under its condition: in which sandboxes, and by which verifier.

The words that a condition may be are `core.conditions`'; how each part is brought about is the
sandbox's and the verifier's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from vervet.core.conditions import Condition, condition_of
from vervet.core.errors import UsageError
from vervet.core.status import REFERENCE
from vervet.sandbox.perturbed import MakeSandbox
from vervet.sandbox.protocol import Sandbox
from vervet.verification.ordering import Conditioned
from vervet.verification.protocol import Verifier

__all__ = [
    "Perturbing",
    "conditioned",
    "is_understood",
    "perturbed_sandboxes",
    "perturbs_sandbox",
]

Perturbing = Callable[[Condition], AbstractContextManager[MakeSandbox]]
"""What gives, for as long as a block lasts, what makes sandboxes under a condition."""


def is_understood(condition: str) -> bool:
    """Whether this version of Vervet knows the word."""
    try:
        _read(condition)
    except UsageError:
        return False
    return True


def perturbs_sandbox(condition: str) -> bool:
    """Whether a batch's condition, neither `normal` nor `reference`, asks more than an order."""
    return replace(_read(condition), order=None) != Condition()


def conditioned(verifier: Verifier, condition: str) -> Verifier:
    """The verifier for a batch's condition. Raises `UsageError` for one that is no word."""
    order = _read(condition).order
    return verifier if order is None else Conditioned(verifier, order)


def _read(condition: str) -> Condition:
    """What is perturbed: nothing in reference mode, which is no perturbation of the usual one."""
    return Condition() if condition == REFERENCE else condition_of(condition)


@contextmanager
def perturbed_sandboxes(
    perturbing: Perturbing, condition: str
) -> Iterator[tuple[Sandbox, MakeSandbox]]:
    """A sandbox under the condition, closed at the end, and how to make another for controls.

    Controls run under it, too: what it does to a sandbox is never held against a candidate.
    Raises `UsageError` for a condition that is no word.
    """
    with perturbing(condition_of(condition)) as make:
        sandbox = make()
        try:
            yield sandbox, make
        finally:
            sandbox.close()
