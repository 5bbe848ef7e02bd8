"""One jail for the verifiers of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vervet.sandbox.jail import JailSandbox


@pytest.fixture(scope="session")
def jail() -> Iterator[JailSandbox]:
    sandbox = JailSandbox()
    yield sandbox
    sandbox.close()
