"""Where the real data is, and files of problems made for a test."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

WriteLines = Callable[..., Path]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("VERVET_SHARED", root.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data of ../shared is absent")
    return folder


@pytest.fixture
def write(tmp_path: Path) -> WriteLines:
    def lines(*lines: bytes, name: str = "problems.jsonl", end: bytes = b"\n") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(line + end for line in lines))
        return path

    return lines
