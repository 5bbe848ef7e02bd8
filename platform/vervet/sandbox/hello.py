"""Owns what a guest is told once, before any job: where it works and how it confines.

What is asked for here is a wish; the guest answers with what holds.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vervet.sandbox.interpreter import Interpreter, Tree
from vervet.sandbox.profiles import PACKAGES

__all__ = ["Access", "Hello", "Rule", "rules_inside", "rules_on_host"]

HIGHEST_LANDLOCK = 6
"""The newest ABI of Landlock whose rights the guest knows."""


Access = Literal["read", "list", "write"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a candidate may do at and below a path: read, list folders, or everything."""

    path: str
    access: Access


@dataclass(frozen=True, slots=True)
class Hello:
    """What the guests of one sandbox are asked for.

    `root` is the private folder inside, unless a guest has one of its own, and `own` what a
    candidate may do there; `contained` says that the process namespace is the guest's own;
    `landlock` is the highest ABI to use, 0 for none; `strict_files` goes with a guest that no
    namespace hides from the host; `path` holds folders of packages, `preload` modules that the
    runner imports for its candidates.
    """

    root: str
    contained: bool
    count_processes: bool
    landlock: int = HIGHEST_LANDLOCK
    rules: tuple[Rule, ...] = ()
    own: Access = "write"
    path: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    seccomp: bool = True
    strict_files: bool = False
    machine: str = platform.machine()


def rules_inside(python: Interpreter, packages: Iterable[Tree]) -> tuple[Rule, ...]:
    """Inside namespaces: the interpreter's files and the packages to read."""
    reads = (Rule(tree.inside, "read") for tree in (*python.trees, *packages))
    return (*reads, Rule(PACKAGES, "list"), Rule("/dev/null", "write"))


def rules_on_host(python: Interpreter, packages: Iterable[Tree]) -> tuple[Rule, ...]:
    """Without namespaces: the same files where the host has them.

    Folders of third-party modules are left out, one level below the trees that hold them.
    """
    rules = [Rule("/dev/null", "write")]
    for tree in packages:
        rules += [Rule(str(tree.source), "read"), Rule(str(tree.source.parent), "list")]
    for tree in python.trees:
        hidden = [
            folder.removeprefix(tree.inside).strip("/")
            for folder in python.hidden
            if folder.startswith(f"{tree.inside}/")
        ]
        rules += _without(tree.source, hidden)
    return tuple(rules)


def _without(folder: Path, hidden: Iterable[str]) -> list[Rule]:
    """Rules that let read a folder but for what lies at the hidden places below it."""
    inner: dict[str, list[str]] = {}
    for place in hidden:
        first, _, rest = place.partition("/")
        inner.setdefault(first, []).append(rest)
    if not inner:
        return [Rule(str(folder), "read")]
    rules = [Rule(str(folder), "list")]
    for entry in sorted(folder.iterdir()):
        if entry.name not in inner:
            rules.append(Rule(str(entry), "read"))
        elif "" not in inner[entry.name]:
            rules += _without(entry, inner[entry.name])
    return rules
