"""Owns the git histories that instance images hold: made of plain files, or fetched at a commit.

Runs git on the host with no configuration but its own, so that no hook or filter of the
repository runs. Never fetches from a network and knows no container.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from vervet.core.errors import ProblemError, UsageError

__all__ = ["commit_files", "fetch_commit", "find_mirror", "has_commit"]

_DATE = "2026-01-01T00:00:00+00:00"
_WHO = "Vervet"
_MAIL = "vervet@example.invalid"
_IGNORED = ("__pycache__", "*.pyc", "*.egg-info", ".pytest_cache", ".mypy_cache", ".ruff_cache")
_MINUTES = 10


def commit_files(folder: Path, into: Path) -> str:
    """Make `into` a repository whose one commit holds the files of `folder`; its commit.

    Author, dates, modes and line ends are fixed: equal files give an equal commit anywhere.
    Raises `UsageError` where there is no git or `folder` holds nothing.
    """
    shutil.copytree(folder, into, ignore=shutil.ignore_patterns(*_IGNORED))
    _git(into, "init", "--quiet", "--object-format=sha1", "--initial-branch=main")
    _git(into, "-c", "core.fileMode=false", "-c", "core.autocrlf=false", "add", "--all", "--force")
    _git(into, "commit", "--quiet", "--no-gpg-sign", "--message", "The state before the fix")
    return _git(into, "rev-parse", "HEAD").strip()


def fetch_commit(mirror: Path, commit: str, into: Path) -> None:
    """Make `into` a repository at `commit` with what came before it, and nothing that came after.

    Tags that lead to the commit come along, since versions are told from them. Raises
    `ProblemError` if the mirror does not hold the commit.
    """
    if not has_commit(mirror, commit):
        raise ProblemError(
            f"{mirror} does not hold the commit {commit}",
            hint="Fetch it there, or give the clone of another repository with --mirror.",
        )
    into.mkdir(parents=True)
    _git(into, "init", "--quiet")
    tags = _git(mirror, "tag", "--merged", commit, "--list").split()
    wanted = [f"refs/tags/{tag}:refs/tags/{tag}" for tag in tags]
    source = str(mirror.resolve())
    _git(into, "fetch", "--quiet", "--no-tags", source, commit, *wanted)
    _git(into, "-c", "core.autocrlf=false", "checkout", "--quiet", "--force", "-B", "main", commit)
    (into / ".git" / "FETCH_HEAD").unlink(missing_ok=True)


def find_mirror(folder: Path, repo: str, commit: str) -> Path:
    """The clone of `repo` ("owner/name") that is `folder` or lies in it, and holds the commit.

    Raises `UsageError` with the places that were looked at.
    """
    for place in _places(folder, repo):
        if has_commit(place, commit):
            return place
    looked = ", ".join(str(place.relative_to(folder)) for place in _places(folder, repo))
    raise UsageError(
        f"no clone of {repo} with the commit {commit[:12]} is at {folder}",
        hint=f"Give the clone itself, or a folder of clones (looked at {looked}).",
    )


def has_commit(place: Path, commit: str) -> bool:
    """Whether `place` is a repository (with or without a work tree) that holds the commit."""
    if not ((place / ".git").exists() or (place / "objects").is_dir()):
        return False
    asked = _run(place, "cat-file", "-e", f"{commit}^{{commit}}")
    return asked.returncode == 0


def _places(folder: Path, repo: str) -> Iterator[Path]:
    owner, _, name = repo.partition("/")
    yield folder
    for inner in (f"{owner}/{name}", f"{owner}__{name}", name):
        yield folder / inner
        yield folder / f"{inner}.git"


def _git(place: Path, *words: str) -> str:
    done = _run(place, *words)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise UsageError(f"git {words[0]} failed in {place}: {said[-1] if said else 'no word'}")
    return done.stdout


def _run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": _WHO,
        "GIT_AUTHOR_EMAIL": _MAIL,
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_NAME": _WHO,
        "GIT_COMMITTER_EMAIL": _MAIL,
        "GIT_COMMITTER_DATE": _DATE,
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    safe = ("-c", "safe.directory=*", "-c", f"core.hooksPath={os.devnull}")
    try:
        return subprocess.run(
            ["git", *safe, *words],
            cwd=place,
            env={**kept, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_MINUTES * 60,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed", hint="Debian: apt-get install git.") from None
