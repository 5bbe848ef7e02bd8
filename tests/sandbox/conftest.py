"""One jail for the tests of a process, and a look at the guests that begin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vervet.sandbox.guest import Guest
from vervet.sandbox.jail import JailSandbox


@pytest.fixture(scope="session")
def jail() -> Iterator[JailSandbox]:
    sandbox = JailSandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Guest]:
    """Every guest that begins from now on."""
    guests: list[Guest] = []
    begin = Guest.begin

    def recording(self: Guest, hello: bytes, *, seconds: float) -> dict[str, object]:
        guests.append(self)
        return begin(self, hello, seconds=seconds)

    monkeypatch.setattr(Guest, "begin", recording)
    return guests
