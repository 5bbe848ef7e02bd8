"""Which of the files that decide how tests run a patch touches, and which of these go back.

Takes paths, of a patch's text or of a container's changed disk alike, and never reads a file:
where the path alone does not tell (`setup.cfg`, `pyproject.toml`), `touched_tables` compares the
tables. docs/swebench.md says it in words.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vervet.verification.patches.text import FileKind, Patch, read_patch

__all__ = [
    "Changed",
    "Restoring",
    "Touch",
    "TouchKind",
    "Trusted",
    "changed_by",
    "configuration_find",
    "is_configuration",
    "plan_restoring",
    "touched",
    "trusted_of",
]


class TouchKind(StrEnum):
    """What a touched file does to a test run."""

    CONFTEST = "conftest"
    """pytest runs it before the tests."""
    CONFIG = "config"
    """A configuration file of a test runner, whole or a table of it."""
    SITE = "site"
    """Python runs it at every start: sitecustomize, usercustomize, a .pth file."""
    PLUGIN = "plugin"
    """Registers plugins by entry point."""
    SHADOW = "shadow"
    """A new module that hides one of the runner's or of Python's own."""
    STARTUP = "startup"
    """Read by a shell, a debugger or an interpreter when it starts."""
    COMPILED = "compiled"
    """Code that cannot be read: bytecode, a shared library."""
    RUNNER = "runner"
    """The program that runs the tests, where it is part of the repository."""
    TEST = "test"
    """One of the files that the instance's own test patch brings."""
    SUPPORT = "support"
    """Another file in a folder of tests, which those tests may import."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A path within the repository that is not as it was; `added` if it was not there before."""

    path: str
    added: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """One touched file: its path, what kind of file it is, and why in words."""

    path: str
    kind: TouchKind
    words: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """What of a repository decides about its tests: files of the test patch, and the runner's.

    `runner` holds paths, and folders that end in "/".
    """

    tests: frozenset[str]
    runner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restoring:
    """What goes back to the instance's own state, and what the gold patch itself touches.

    What is `kept` runs as the candidate has it, so the verdict is flagged always.
    """

    put_back: tuple[Touch, ...]
    kept: tuple[Touch, ...]

    @property
    def flagged(self) -> bool:
        """Whether the candidate's own version of something trusted runs."""
        return bool(self.kept)


_IN_PACKAGE: Mapping[str, tuple[str, ...]] = {
    "pytest-dev/pytest": ("src/_pytest/", "src/pytest/", "src/pytest.py", "_pytest/", "pytest.py"),
    "sympy/sympy": (
        "sympy/utilities/runtests.py", "sympy/testing/", "sympy/utilities/pytest.py",
        "sympy/utilities/quality_unicode.py",
    ),
    "django/django": ("django/test/",),
    "astropy/astropy": ("astropy/tests/", "astropy/conftest.py"),
}  # fmt: skip
"""Runners that live in the repository whose tests they run."""

_REPOSITORY = "/testbed"
_START = ">>>>> Start Test Output"
_END = ">>>>> End Test Output"
_WHOLE = {
    "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "nose.cfg", ".noserc",
    "unittest.cfg", ".coveragerc",
}  # fmt: skip
_TABLES = {"setup.cfg", "tox.ini", "pyproject.toml"}
_SITE = {"sitecustomize", "usercustomize"}
_STARTUP = {
    "pyvenv.cfg", ".pdbrc", ".pythonrc", ".pythonrc.py", ".bashrc", ".bash_profile", ".profile",
    ".bash_env", ".envrc", ".env",
}  # fmt: skip
_METADATA = re.compile(r"(?:^|/)[^/]+\.(?:egg-info|dist-info)/|\.egg-link$")
_COMPILED = (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib")
_RUNNERS = {
    "_pytest", "coverage", "iniconfig", "nose", "nose2", "pluggy", "py", "pytest", "pytest_cov",
    "tox", "xdist",
}  # fmt: skip
_HIDING = _RUNNERS | (set(sys.stdlib_module_names) - {"this", "antigravity"})
_ROOTS = {"", "src", "lib", "test", "tests", "testing"}
_FOLDERS = {"tests", "test", "testing"}
_IS_TEST = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_tests?|tests?)\.py$")


def trusted_of(spec: Mapping[str, Any]) -> Trusted:
    """What of an instance's repository is trusted, from its spec (see `problems/swebench.py`)."""
    patch = read_patch(str(spec.get("test_patch", "")))
    tests = patch.paths if isinstance(patch, Patch) else frozenset()
    command = str(spec.get("eval_script", "")).partition(_START)[2].partition(_END)[0]
    words = (word.removeprefix("./") for word in command.split())
    runner = [word for word in words if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+", word)]
    own = [word for word in runner if word not in tests and not _IS_TEST.search(word)]
    repo = str(spec.get("repo", ""))
    return Trusted(tests, (*dict.fromkeys(own), *_IN_PACKAGE.get(repo, ())))


def changed_by(patch: Patch) -> tuple[Changed, ...]:
    """Every path that a patch may change, once each."""
    new = {FileKind.ADDED, FileKind.RENAMED, FileKind.COPIED}
    added = {each.path for each in patch.files if each.kind in new}
    return tuple(Changed(path, path in added) for path in sorted(patch.paths))


def touched(changes: Iterable[Changed], trusted: Trusted) -> tuple[Touch, ...]:
    """Those of the changes that have a say in how the tests run, sorted by path."""
    found = (_touch(each, trusted) for each in changes)
    return tuple(sorted((each for each in found if each), key=lambda touch: touch.path))


def is_configuration(path: str) -> bool:
    """Whether the file at a path decides how tests run, whatever repository it is of.

    The path is relative to the repository or absolute below /testbed. What belongs to the
    instance (its tests, its runner) is not counted here.
    """
    path = path.removeprefix(f"{_REPOSITORY}/").lstrip("/")
    found = {kind for kind, _ in _reasons(Changed(path, added=True), Trusted(frozenset()))}
    return bool(found - {TouchKind.SUPPORT, TouchKind.COMPILED})


def configuration_find() -> tuple[str, ...]:
    """Arguments of `find` that list, from a repository's root, the files of `is_configuration`.

    Modules that hide others are listed by name wherever they stand, so `is_configuration` is to
    be asked of each path that comes.
    """
    names = {*_WHOLE, *_TABLES, *_STARTUP, "conftest.*", "*.pth", "*.egg-link"}
    names |= {f"{name}.*" for name in _SITE}
    paths = {"*.egg-info/*", "*.dist-info/*", *(f"*/{name}/*" for name in _SITE)}
    tests = [("-name", name) for name in sorted(names)]
    tests += [("-path", path) for path in sorted(paths)]
    for module in sorted(_HIDING):
        tests += [("-name", f"{module}.py"), ("-path", f"*/{module}/__init__.py")]
    joined = [word for test in tests for word in ("-o", *test)][1:]
    return (".", "-name", ".git", "-prune", "-o", "-type", "f", "(", *joined, ")", "-print0")


def plan_restoring(candidate: Iterable[Touch], gold: Iterable[Touch]) -> Restoring:
    """What of the candidate's touches goes back, given those of the gold patch.

    Files of the test patch always go back. A folder's worth of runner that gold touches anywhere
    is kept as a whole, since its files go together.
    """
    gold = tuple(gold)
    paths = {touch.path for touch in gold}
    kinds = {touch.kind for touch in gold if touch.kind is TouchKind.RUNNER}
    put_back: list[Touch] = []
    kept: list[Touch] = []
    for touch in candidate:
        of_gold = touch.path in paths or touch.kind in kinds
        (kept if of_gold and touch.kind is not TouchKind.TEST else put_back).append(touch)
    return Restoring(tuple(put_back), tuple(kept))


def _touch(change: Changed, trusted: Trusted) -> Touch | None:
    path = change.path
    for kind, words in _reasons(change, trusted):
        return Touch(path, kind, words)
    return None


def _reasons(change: Changed, trusted: Trusted) -> Iterable[tuple[TouchKind, str]]:
    """What the path is, the weightiest first."""
    path = change.path
    name = path.rpartition("/")[2]
    folders = path.split("/")[:-1]
    if path in trusted.tests:
        yield TouchKind.TEST, "is one of the instance's own tests"
    if name == "conftest.py" or name.startswith("conftest."):
        yield TouchKind.CONFTEST, "pytest runs it before the tests"
    if name in _WHOLE:
        yield TouchKind.CONFIG, "configures a test runner"
    if name in _TABLES:
        yield TouchKind.CONFIG, "may hold a table that configures a test runner"
    if name.partition(".")[0] in _SITE or _SITE & set(folders) or name.endswith(".pth"):
        yield TouchKind.SITE, "Python runs it whenever it starts"
    if _METADATA.search(path):
        yield TouchKind.PLUGIN, "is what an installed package says of its entry points"
    if change.added and (hidden := _hidden(path)):
        yield TouchKind.SHADOW, f"hides the module {hidden!r}"
    if name in _STARTUP:
        yield TouchKind.STARTUP, "is read by a shell, a debugger or an interpreter that starts"
    if name.endswith(_COMPILED) or "__pycache__" in folders:
        yield TouchKind.COMPILED, "is code that cannot be read"
    if any(path == each or (each[-1] == "/" and path.startswith(each)) for each in trusted.runner):
        yield TouchKind.RUNNER, "belongs to what runs the tests"
    if "tests" in folders or (folders and folders[0] in _FOLDERS) or _IS_TEST.search(path):
        yield TouchKind.SUPPORT, "lies among the tests, which may import it"


def _hidden(path: str) -> str:
    """The module of a runner or of Python that a new file hides from where tests import."""
    folder, _, name = path.rpartition("/")
    module = name.partition(".")[0]
    if name.startswith("__init__."):
        folder, _, module = folder.rpartition("/")
    is_code = name.endswith((".py", *_COMPILED))
    at_root = folder in _ROOTS or folder.rpartition("/")[2] in _FOLDERS
    return module if is_code and at_root and module in _HIDING else ""
