"""`vervet doctor` as people run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import result, vervet


def test_it_says_what_holds_and_what_is_in_force(tmp_path: Path) -> None:
    done = vervet(tmp_path, "doctor", "--sandbox", "jail")

    assert done.returncode == 0, done.stdout
    assert "holds network: there is no network inside" in done.stdout
    assert "in force: userns pidns" in done.stdout
    assert done.stdout.endswith("jail is sound here\n")


def test_its_findings_as_json(tmp_path: Path) -> None:
    found = result(tmp_path, "doctor", "--sandbox", "reference")

    (reference,) = found["backends"]
    assert (found["sound"], found["default"], reference["kind"]) == (True, "reference", "reference")
    assert all(probe["ok"] for probe in reference["probes"])


def test_a_misspelt_sandbox_is_a_mistake_and_not_a_finding(tmp_path: Path) -> None:
    done = vervet(tmp_path, "doctor", "--sandbox", "jial")

    assert done.returncode == 2
    assert "Did you mean jail?" in done.stderr


def test_an_engine_that_does_not_answer_is_exit_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    done = vervet(tmp_path, "doctor", "--sandbox", "docker")

    assert done.returncode == 1
    assert "docker, the default: not available: no Docker engine answers" in done.stdout
