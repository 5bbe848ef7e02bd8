"""Folders in which host and guest were to meet, left by a worker that died meanwhile."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from vervet.sandbox.docker.reaper import remove_folders, remove_old_folders


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two of worker 17, the first an hour old; one of worker 171; one of somebody else."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = ("vervet-docker-17-a", "vervet-docker-17-b", "vervet-docker-171-a", "other-17-a")
    made = [tmp_path / name for name in names]
    for folder in made:
        (folder / "meeting").mkdir(parents=True)
    for folder in (made[0], made[3]):
        os.utime(folder, (time.time() - 3600,) * 2)
    return made


def test_those_of_one_worker_go(folders: list[Path]) -> None:
    remove_folders(17)
    assert [folder.exists() for folder in folders] == [False, False, True, True]


def test_those_of_any_worker_go_when_they_are_old(folders: list[Path]) -> None:
    remove_old_folders()
    assert [folder.exists() for folder in folders] == [False, True, True, True]
