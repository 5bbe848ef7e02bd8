"""What an engine lacks is said before anything runs, with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

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


def test_an_engine_that_cannot_limit_is_refused(
    docker_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = engine.connect()
    facts = here.facts
    here.close()
    assert facts.unlimited == ()
    lacking = replace(facts, unlimited=("memory", "processes"))
    monkeypatch.setattr(engine, "_facts", lambda _: lacking)
    with pytest.raises(NoIsolationError, match="cannot limit memory and processes"):
        DockerSandbox()


def test_an_engine_without_a_filter_of_its_own_is_weaker(
    docker_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = engine.connect()
    facts = here.facts
    here.close()
    monkeypatch.setattr(engine, "_facts", lambda _: replace(facts, seccomp=False))
    for runtime, weaker in (("runc", True), ("runsc", False)):
        sandbox = DockerSandbox(runtime=runtime)
        assert bool(sandbox.weakness) is weaker
        sandbox.close()


def test_an_engine_that_sees_other_folders_says_so(docker_image: str, tmp_path: Path) -> None:
    """As one on another host would: this process sees a folder for what is temporary alone."""
    source = """
from tests.sandbox.jobs import job, run
from vervet.sandbox.docker.backend import DockerSandbox
sandbox = DockerSandbox(runtime="runc")
print(run(sandbox, job("pass")).infra)
sandbox.close()
"""
    inside = 'mount -t tmpfs none "$TMPDIR" && exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", inside, sys.executable, source],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "must run on the same host" in done.stdout, done.stderr
