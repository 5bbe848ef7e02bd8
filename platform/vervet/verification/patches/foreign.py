"""Owns what the install step may have changed, and what the host does about it before the tests.

Pure: decides on the changes of a container's disk. Installing runs the patched `setup.py`, and
the runner, the interpreter, git and the shell's own files are all within its reach.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vervet.sandbox.job import Change
from vervet.verification.patches.facts import Facts
from vervet.verification.patches.script import REPOSITORY

__all__ = ["INERT", "INERT_PLACES", "SITE", "SWEPT", "Cleared", "clear"]

SWEPT = ("/tmp/", "/var/tmp/", "/root/.cache/", "/run/")
"""What lies here is taken away before the tests, whoever left it."""
INERT_PLACES = ("/dev/shm/", "/dev/mqueue/")
"""What lies here cannot be taken away, and nothing looks there of itself."""
OURS = frozenset({"/eval.sh", "/vervet"})
INERT = frozenset(
    {
        "RECORD", "INSTALLER", "REQUESTED", "METADATA", "PKG-INFO", "WHEEL", "direct_url.json",
        "top_level.txt", "SOURCES.txt", "requires.txt", "dependency_links.txt", "not-zip-safe",
    }
)  # fmt: skip
"""Metadata that nobody executes and that differs with version and time."""
ENTRY_POINTS = "entry_points.txt"
COMPILED = (".pyc", ".pyo")
COMPILED_FROM = (
    ".pyx",
    ".pxd",
    ".pxi",
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".hpp",
    ".cxx",
    ".f",
    ".f90",
    ".rs",
)
"""Sources whose change changes a library."""
SITE = ("/site-packages/", "/dist-packages/")


@dataclass(slots=True)
class Cleared:
    """What came of the changes: reasons to reject, reasons to flag, paths to take away, paths of
    Python files that no patch names and that somebody should look at."""

    rejected: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


def clear(changes: Iterable[Change], facts: Facts, patched: Iterable[str]) -> Cleared:
    """Judge every change; `patched` are the files that the patch names, from the repository on."""
    patched = tuple(patched)
    compiles = any(path.endswith(COMPILED_FROM) for path in patched)
    known = {posixpath.join(REPOSITORY, path) for path in (*patched, *facts.tests)}
    found = Cleared()
    for change in changes:
        if change.path == "/":
            found.rejected.append("the install step changed more than can be looked at")
        elif change.path == REPOSITORY or change.path.startswith(f"{REPOSITORY}/"):
            _inside(change, known, facts, found)
            if not compiles and _is_other_library(change, facts):
                found.flagged.append(f"another library than gold's in {change.path}")
        elif change.path in OURS or change.path.rstrip("/") + "/" in SWEPT:
            continue
        elif change.path.startswith(INERT_PLACES):
            found.flagged.append(f"left {change.path}")
        elif change.path.startswith(SWEPT):
            if change.kind != "deleted":
                found.removed.append(change.path)
        else:
            _outside(change, facts, found)
    return found


def _inside(change: Change, known: set[str], facts: Facts, found: Cleared) -> None:
    if change.kind == "deleted" or _is_folder(change):
        return
    if _is_other_registry(change, facts):
        found.flagged.append(f"other entry points than gold's in {change.path}")
    if change.path.endswith(COMPILED):
        found.removed.append(change.path)  # it may say that it is of a source that it is not of
    elif change.path.endswith((".py", ".pth")) and change.path not in known:
        same = facts.built.get(change.path.removeprefix(f"{REPOSITORY}/"), "")
        if not same or same != change.digest:
            found.unseen.append(change.path)


def _outside(change: Change, facts: Facts, found: Cleared) -> None:
    if change.path.endswith(COMPILED) or change.path.endswith("/__pycache__"):
        if change.kind == "added" or change.path in facts.installed:
            found.removed.append(change.path)
        else:
            found.rejected.append(f"{change.kind} {change.path}")
        return
    expected = facts.installed.get(change.path)
    if expected is None:
        if _is_copy(change.path, facts.packages):
            found.unseen.append(change.path)
            return
        if (
            _is_folder(change)
            and change.kind == "added"
            and _leads_to(change.path, facts.installed)
        ):
            return
        found.rejected.append(f"{change.kind} {change.path}")
        return
    kind, digest = expected
    if change.kind not in kind.split("+"):
        found.rejected.append(f"{change.kind} {change.path}, which installing gold has {kind}")
    elif (
        change.kind == "deleted"
        or _is_folder(change)
        or change.digest == digest
        or posixpath.basename(change.path) in INERT
    ):
        return
    elif posixpath.basename(change.path) == ENTRY_POINTS:
        found.flagged.append(f"other entry points than gold's in {change.path}")
    elif _is_copy(change.path, facts.packages):
        found.unseen.append(change.path)
    else:
        found.rejected.append(f"{change.path} is another file than with gold")


def _is_other_registry(change: Change, facts: Facts) -> bool:
    """Whether installing made the repository's own metadata name plugins that gold's does not."""
    path = change.path.removeprefix(f"{REPOSITORY}/")
    named = posixpath.basename(path) == ENTRY_POINTS
    return named and path in facts.built and facts.built[path] not in ("", change.digest)


def _is_other_library(change: Change, facts: Facts) -> bool:
    """Whether installing made another library than with gold, where that is always the same."""
    known = facts.built.get(change.path.removeprefix(f"{REPOSITORY}/"), "")
    return change.path.endswith(".so") and bool(known) and change.digest != known


def _is_copy(path: str, packages: Iterable[str]) -> bool:
    """Whether it lies in a package of the repository's own that is installed as a copy."""
    for site in SITE:
        _, at, inner = path.partition(site)
        if at:
            top = inner.partition("/")[0].removesuffix(".py")
            return top in packages and not inner.endswith(".pth")
    return False


def _leads_to(folder: str, installed: Mapping[str, tuple[str, str]]) -> bool:
    return any(path.startswith(f"{folder}/") for path in installed)


def _is_folder(change: Change) -> bool:
    return (change.mode & 0o170000) == 0o040000
