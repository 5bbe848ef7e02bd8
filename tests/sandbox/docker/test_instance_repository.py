"""Repositories for instance images, made of files and of clones by real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from vervet.core.errors import ProblemError, UsageError
from vervet.sandbox.docker.instance_repository import (
    commit_files,
    fetch_commit,
    find_mirror,
    has_commit,
)

ABSENT = "0123456789" * 4
WHO = ("-c", "user.name=x", "-c", "user.email=x@example.invalid")


def git(place: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *WHO, *words], cwd=place, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def files(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    (made / "one.py").write_text("a = 1\n")
    (made / ".gitignore").write_text("*.py\n")
    return made


@pytest.fixture
def clone(files: Path, tmp_path: Path) -> Path:
    """A repository of three commits, a tag on each; the second is the one that is asked for."""
    made = tmp_path / "clone"
    commit_files(files, made)
    git(made, "tag", "v1")
    for tag in ("v2", "v3"):
        git(made, "commit", "--quiet", "--allow-empty", "--message", tag)
        git(made, "tag", tag)
    return made


def test_every_file_is_committed_even_what_is_ignored(files: Path, tmp_path: Path) -> None:
    commit_files(files, tmp_path / "made")

    assert git(tmp_path / "made", "ls-files").split() == [".gitignore", "one.py"]


def test_the_commit_does_not_depend_on_the_users_own_settings(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = commit_files(files, tmp_path / "plain")
    config = tmp_path / "config"
    config.write_text("[core]\n autocrlf = true\n[commit]\n gpgSign = true\n[user]\n name = me\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")

    assert commit_files(files, tmp_path / "other") == plain


def test_a_commit_comes_with_its_past_and_without_its_future(clone: Path, tmp_path: Path) -> None:
    asked = git(clone, "rev-parse", "v2").strip()
    made = tmp_path / "made"
    fetch_commit(clone, asked, made)
    future = git(clone, "rev-parse", "v3").strip()

    assert git(made, "rev-parse", "HEAD").strip() == asked
    assert git(made, "tag", "--list").split() == ["v1", "v2"]
    assert git(made, "status", "--porcelain") == ""
    assert git(made, "remote") == ""
    assert not has_commit(made, future)


def test_a_bare_mirror_serves_as_well(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--mirror", str(clone), "mirror.git")
    asked = git(clone, "rev-parse", "v2").strip()
    fetch_commit(tmp_path / "mirror.git", asked, tmp_path / "made")

    assert (tmp_path / "made" / "one.py").read_text() == "a = 1\n"


def test_no_hook_of_a_clone_runs(clone: Path, tmp_path: Path) -> None:
    hook = clone / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    fetch_commit(clone, git(clone, "rev-parse", "v2").strip(), tmp_path / "made")

    assert not (tmp_path / "ran").exists()


def test_a_commit_that_is_not_there_is_named(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=f"does not hold the commit {ABSENT}"):
        fetch_commit(clone, ABSENT, tmp_path / "made")


@pytest.mark.parametrize("name", ["owner/name", "owner__name", "name.git", "."])
def test_a_clone_is_found_in_a_folder_of_clones(clone: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "clones"
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    git(tmp_path, "clone", "--quiet", str(clone), str(place))
    commit = git(clone, "rev-parse", "v1").strip()

    assert find_mirror(folder, "owner/name", commit) == place


def test_where_no_clone_is_found_the_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no clone of owner/name") as caught:
        find_mirror(tmp_path, "owner/name", ABSENT)
    assert "owner__name" in caught.value.hint
