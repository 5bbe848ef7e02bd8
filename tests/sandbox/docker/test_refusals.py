"""What an engine lacks is said before anything runs, with what to do."""

from __future__ import annotations

import pytest

from vervet.core.errors import NoIsolationError
from vervet.sandbox.docker import engine
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.registry import make_sandbox

pytestmark = pytest.mark.services


def test_an_image_that_is_missing(docker_image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "image_name", lambda profile: f"vervet/{profile}-missing")
    with pytest.raises(NoIsolationError, match="no image vervet/python-missing") as caught:
        DockerSandbox()
    assert "make images" in caught.value.hint


def test_a_runtime_that_is_missing(docker_image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERVET_DOCKER_RUNTIME", "runcs")
    with pytest.raises(NoIsolationError, match="no runtime 'runcs'") as caught:
        make_sandbox("docker")
    assert "runc" in caught.value.hint


def test_the_environment_names_the_runtime(docker_image: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VERVET_DOCKER_RUNTIME", "runsc")
    sandbox = make_sandbox("docker")
    assert sandbox.environment()["runtime"] == "runsc"
    sandbox.close()
