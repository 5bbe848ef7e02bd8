"""A whole run with --sandbox docker, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.docker.containers import until
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.labels import WORKER

pytestmark = pytest.mark.services

VERVET = Path(sys.executable).parent / "vervet"


def vervet(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VERVET_")}
    return subprocess.run(
        [VERVET, *words],
        env={**kept, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def ours(engine: Engine) -> set[str]:
    """Ids of all containers with Vervet's label."""
    found = engine.client.api.containers(all=True, filters={"label": WORKER})
    return {each["Id"] for each in found}


def test_docker_and_jail_give_the_same_verdicts(
    docker_engine: Engine, docker_image: str, tmp_path: Path
) -> None:
    before = ours(docker_engine)
    counts = {}
    for sandbox in ("docker", "jail"):
        words = ("run", "code-easy", "--n", "4", "--limit", "8", "--sandbox", sandbox)
        done = vervet(*words, "--state-dir", str(tmp_path / sandbox), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["complete"] is True
        ask = "select v.status, count(*) as n from verdicts v group by 1 order by 1"
        rows = vervet("sql", ask, "--state-dir", str(tmp_path / sandbox), "--csv")
        counts[sandbox] = rows.stdout
    assert counts["docker"] == counts["jail"]
    assert "passed" in counts["docker"]
    ask = "select distinct layers from attempts"
    layers = vervet("sql", ask, "--state-dir", str(tmp_path / "docker"), "--csv").stdout
    assert "cgroup" in layers
    until(lambda: ours(docker_engine) <= before, 20)


def test_the_environment_chooses_the_sandbox(docker_image: str, tmp_path: Path) -> None:
    words = ("run", "code-easy", "--n", "1", "--limit", "1", "--state-dir", str(tmp_path))
    done = vervet(*words, VERVET_SANDBOX="docker", VERVET_DOCKER_RUNTIME="no-such-runtime")
    assert done.returncode != 0
    assert "no-such-runtime" in done.stderr
