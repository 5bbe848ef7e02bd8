"""Engines that do not answer: refused before anything runs, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from vervet.core.errors import NoIsolationError
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import profiles
from vervet.sandbox.registry import make_sandbox


def refusal(monkeypatch: pytest.MonkeyPatch, host: str) -> NoIsolationError:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(NoIsolationError) as caught:
        make_sandbox("docker")
    return caught.value


def test_no_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = refusal(monkeypatch, f"unix://{tmp_path}/docker.sock")
    assert error.message == (
        f"no Docker engine answers at unix://{tmp_path}/docker.sock (there is no such socket)"
    )
    assert "docker.io" in error.hint
    assert "DOCKER_HOST" in error.hint


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refusal(monkeypatch, "tcp://127.0.0.1:1")
    assert "no Docker engine answers at tcp://127.0.0.1:1 (" in error.message
    assert "refused" in error.message


def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no Docker engine answers at docker" in refusal(monkeypatch, "docker").message


def test_isolation_cannot_be_given_up() -> None:
    with pytest.raises(NoIsolationError, match="always isolates"):
        DockerSandbox(unsafe_no_isolation=True)


def test_there_is_an_image_for_python() -> None:
    assert "python" in profiles()
