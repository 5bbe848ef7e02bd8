"""Real data, and a real server that misbehaves when asked to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .server import ModelServer


@pytest.fixture(scope="session")
def shared_data() -> Path:
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("VERVET_SHARED", root.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data of ../shared is absent")
    return folder


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VERVET_OPENAI_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running
