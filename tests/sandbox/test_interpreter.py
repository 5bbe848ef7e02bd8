"""Which Python candidates run in, and what is said where there is none."""

from __future__ import annotations

import sys

import pytest

from vervet.core.errors import NoIsolationError
from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.jail import JailSandbox


def test_it_is_the_one_below_the_virtual_environment() -> None:
    found = current_interpreter()

    assert found.version.endswith(sys.version.split()[0])
    assert all(tree.source.exists() for tree in found.trees)


def test_an_interpreter_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys._base_executable", "/nonexistent/python3.11")

    with pytest.raises(NoIsolationError, match=r"/nonexistent/python3\.11 is not there"):
        JailSandbox()
