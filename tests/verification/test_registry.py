"""Verifiers by the kind of problem."""

from __future__ import annotations

import pytest

from vervet.core.errors import UnknownNameError
from vervet.verification.protocol import Verifier
from vervet.verification.registry import verifier_for, verifier_kinds


def test_the_built_in_kinds_are_registered() -> None:
    assert {"program", "function", "answer"} <= set(verifier_kinds())


@pytest.mark.parametrize("kind", ["program", "function", "answer"])
def test_each_kind_has_its_verifier(kind: str) -> None:
    verifier = verifier_for(kind)

    assert isinstance(verifier, Verifier)
    assert verifier.kind == kind
    assert len(verifier.digest()) == 64


def test_unknown_kind_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="program"):
        verifier_for("programme")
