"""Where the real data is, and files of problems made for a test."""

from collections.abc import Callable
from pathlib import Path

import pytest

WriteLines = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteLines:
    def lines(*lines: bytes, name: str = "problems.jsonl", end: bytes = b"\n") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(line + end for line in lines))
        return path

    return lines
