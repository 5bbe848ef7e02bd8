"""Owns which files a jailed Python needs: the interpreter, its library, the system's libraries.

Never lists more of the host than that, and never site-packages.
"""

from __future__ import annotations

import platform
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from vervet.core.errors import NoIsolationError

__all__ = ["Interpreter", "Tree", "current_interpreter", "seeded"]

PREFIX = "/opt/python"
USR = Path("/usr")


@dataclass(frozen=True, slots=True)
class Tree:
    """A file or folder of the host and where it is seen inside, read-only."""

    source: Path
    inside: str


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python as it appears inside a jail.

    `links` are (target, name) pairs, `hidden` folders that an empty one covers.
    """

    executable: str
    version: str
    trees: tuple[Tree, ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    library_path: str


def seeded(hash_seed: int = 0) -> tuple[str, str]:
    """The variable by which an interpreter hashes texts alike whenever it is started."""
    return "PYTHONHASHSEED", str(hash_seed)


def current_interpreter() -> Interpreter:
    """The base interpreter of this process: the one below any virtual environment.

    Raises `NoIsolationError` if it is not there any more.
    """
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    if not base.is_file():
        raise NoIsolationError(
            f"the interpreter {base} is not there",
            hint="Candidates run in the Python below Vervet's own: make its environment anew.",
        )
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    system, links = _system_libraries()
    if Path(sys.base_prefix) == USR:
        stdlib = sysconfig.get_path("stdlib", vars={"installed_base": "/usr", "base": "/usr"})
        trees = (*system, Tree(base, f"/usr/bin/{name}"), Tree(Path(stdlib), stdlib))
        return _interpreter(f"/usr/bin/{name}", _outermost(trees), links, stdlib, "")
    lib = Path(sys.base_prefix) / "lib"
    trees = (*system, Tree(base, f"{PREFIX}/bin/{name}"), Tree(lib, f"{PREFIX}/lib"))
    inside = f"{PREFIX}/lib/{name}"
    return _interpreter(f"{PREFIX}/bin/{name}", trees, links, inside, f"{PREFIX}/lib")


def _interpreter(
    executable: str,
    trees: tuple[Tree, ...],
    links: tuple[tuple[str, str], ...],
    stdlib: str,
    library_path: str,
) -> Interpreter:
    hidden = tuple(
        f"{tree.inside}/{rest}"
        for tree in trees
        for rest in _site_folders(tree, stdlib)
        if (tree.source / rest).is_dir()
    )
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return Interpreter(executable, version, trees, links, hidden, library_path)


def _site_folders(tree: Tree, stdlib: str) -> list[str]:
    """Where third-party modules lie below a tree that holds the standard library."""
    if not f"{stdlib}/".startswith(f"{tree.inside}/"):
        return []
    below = stdlib[len(tree.inside) :].strip("/")
    return [f"{below}/{name}".strip("/") for name in ("site-packages", "dist-packages")]


def _system_libraries() -> tuple[tuple[Tree, ...], tuple[tuple[str, str], ...]]:
    """The folders of the C library and the loader, with the links that lead to them."""
    mapped = {Path(line.split()[-1]) for line in _maps() if line.endswith((".so", ".2", ".6"))}
    names = ("libc.", "libc-", "libm.", "ld-")
    folders = {path.resolve().parent for path in mapped if path.name.startswith(names)}
    trees = tuple(Tree(folder, str(folder)) for folder in sorted(folders))
    links = [
        (str(top.resolve()).lstrip("/"), str(top))
        for top in (Path("/lib"), Path("/lib64"))
        if top.is_symlink()
    ]
    for top in (Path("/lib"), Path("/lib64")):
        for loader in sorted((*top.glob("ld-linux*.so*"), *top.glob("ld-musl*.so*"))):
            name = loader.parent.resolve() / loader.name
            if name.parent not in folders:
                links.append((str(loader.resolve()), str(name)))
    return trees, tuple(dict.fromkeys(links))


def _maps() -> list[str]:
    return Path("/proc/self/maps").read_text().splitlines()


def _outermost(trees: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """Without the trees that another one already shows at the same place."""
    return tuple(
        tree
        for tree in trees
        if not any(tree != other and tree.inside.startswith(f"{other.inside}/") for other in trees)
    )
