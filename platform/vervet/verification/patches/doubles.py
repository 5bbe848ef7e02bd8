"""Owns what a run of tests carries that a patch cannot have known: canaries, twins, mutants.

Pure text: made from a problem's test files and its test command, for the host to lay in. The data
set's test ids are public, so that a forger can aim at just those; a file with a name by chance,
and a test of the same name that must fail, he has not seen.
"""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vervet.verification.patches.doubles_values import altered_lines

__all__ = [
    "Canary",
    "TestFile",
    "canary_of",
    "function_of",
    "mutant_of",
    "name_in_twin",
    "test_files",
    "twin_of",
]

_UNITTEST = """import unittest


class Test_{nonce}(unittest.TestCase):
    def test_passes_{nonce}(self):
        self.assertTrue(True)

    def test_fails_{nonce}(self):
        self.fail("{nonce}")


def test_alone_passes_{nonce}():
    pass


def test_alone_fails_{nonce}():
    raise AssertionError("{nonce}")
"""
_LAST = re.compile(r"(?:::|^)(?P<name>[A-Za-z_]\w*)(?:\[.*)?$", re.DOTALL)
_DJANGO = re.compile(r"^(?P<name>[A-Za-z_]\w*) \((?P<where>[\w.]+)\)")
_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class TestFile:
    """A test file, relative to the repository, and how the test command spells it."""

    path: str
    token: str

    def renamed(self, stem: str) -> TestFile:
        """The file beside it with another name, spelled in the same way."""
        folder, name = posixpath.split(self.path)
        old = name.removesuffix(".py")
        path = posixpath.join(folder, f"{stem}.py")
        if self.token.endswith(".py"):
            return TestFile(path, f"{self.token.removesuffix(f'{old}.py')}{stem}.py")
        return TestFile(path, f"{self.token.removesuffix(old)}{stem}")


@dataclass(frozen=True, slots=True)
class Canary:
    """A test file of its own, the command that runs it too, and what of it must pass and fail."""

    path: str
    source: str
    commands: tuple[str, ...]
    nonce: str

    def held(self, statuses: Mapping[str, str]) -> bool:
        """Whether all of it that was run ended as it must, and some of either kind did."""
        passed = [status for name, status in statuses.items() if f"passes_{self.nonce}" in name]
        failed = [status for name, status in statuses.items() if f"fails_{self.nonce}" in name]
        return (
            bool(passed)
            and bool(failed)
            and all(status == "PASSED" for status in passed)
            and all(status in {"FAILED", "ERROR"} for status in failed)
        )


def test_files(commands: Sequence[str], paths: Iterable[str]) -> tuple[TestFile, ...]:
    """The Python files of `paths` that the commands name, as a path or as a module."""
    tokens = [token for command in commands for token in _tokens(command)]
    found: dict[str, TestFile] = {}
    for path in paths:
        spellings = _spellings(path) if path.endswith(".py") else ()
        spelled = [token for token in tokens if token in spellings]
        if spelled:
            found[path] = TestFile(path, max(spelled, key=len))  # the others are shorter paths'
    return tuple(found.values())


def canary_of(commands: Sequence[str], files: Sequence[TestFile], nonce: str) -> Canary | None:
    """A canary beside the first test file; None where the commands name none."""
    if not files:
        return None
    stem = f"test_{nonce}"
    beside = files[0].renamed(stem)
    changed = tuple(
        _replaced(command, {files[0].token: f"{files[0].token} {beside.token}"})
        for command in commands
    )
    if changed == tuple(commands):
        return None
    return Canary(beside.path, _UNITTEST.format(nonce=nonce), changed, nonce)


def twin_of(
    commands: Sequence[str], files: Sequence[TestFile], nonce: str
) -> tuple[dict[str, TestFile], tuple[str, ...]]:
    """Copies of test files by the path of the original, and the commands that run those."""
    twins = {file.path: file.renamed(f"test_{nonce}_{at}") for at, file in enumerate(files)}
    spelled = {file.token: twins[file.path].token for file in files}
    return twins, tuple(_replaced(command, spelled) for command in commands)


def name_in_twin(
    name: str, files: Sequence[TestFile], twins: Mapping[str, TestFile]
) -> tuple[str, ...]:
    """How a test may be called in the twins: by path, by module, or as before."""
    by_path: list[str] = []
    by_module: list[str] = []
    for file in files:
        twin = twins[file.path]
        by_path.append(re.sub(rf"(?<![\w/.-]){re.escape(file.path)}", twin.path, name))
        old, new = (posixpath.basename(each.path).removesuffix(".py") for each in (file, twin))
        by_module.append(re.sub(rf"(?<![\w/]){re.escape(old)}(?=\.)", new, name))
    found = (*by_path, *by_module)
    changed = [each for each in found if each != name]
    return (*dict.fromkeys(changed), name)


def mutant_of(
    source: str, names: Iterable[str], nonce: str, altered: frozenset[str] = frozenset()
) -> str | None:
    """The test file with a body that must fail in each of the tests of those ids.

    Those of the functions `altered` keep their body, with other expected values in it (see
    `doubles_values`), where there are any; the others only raise. Decorators and signatures are
    kept, so that the ids are. None where it holds none of them, or is no Python that can be read.
    """
    wanted = {function for name in names if (function := function_of(name))}
    if len(source) > _LARGEST:
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = [f"{line}\n" for line in source.split("\n")]  # as the parser counts them
    bodies = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in wanted
    ]
    for node in sorted(bodies, key=lambda each: each.lineno, reverse=True):
        if node.name in altered and (other := altered_lines(node, lines)) is not None:
            lines = other
            continue
        first, last = node.body[0], node.body[-1]
        if first.lineno == node.lineno or last.end_lineno is None:
            return None  # in one line with its head
        begin = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))])
        indent = " " * first.col_offset
        lines[begin - 1 : last.end_lineno] = [f'{indent}raise AssertionError("{nonce}")\n']
    return "".join(lines).removesuffix("\n") if bodies else None


def function_of(name: str) -> str:
    """The function of a test's id, as pytest, unittest and sympy spell one; empty if none is."""
    found = _DJANGO.match(name) or _LAST.search(name.split(" ", maxsplit=1)[0])
    return found["name"] if found else ""


def _tokens(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=False)
    except ValueError:
        return command.split()


def _spellings(path: str) -> frozenset[str]:
    """A file as a path, and as a module below any folder that it lies in."""
    parts = path.removesuffix(".py").split("/")
    modules = {".".join(parts[at:]) for at in range(len(parts))}
    return frozenset({path, f"./{path}", f"/testbed/{path}", *modules})


def _replaced(command: str, spelled: Mapping[str, str]) -> str:
    """The command with some words replaced; all else as it is written."""
    for old, new in spelled.items():
        command = re.sub(rf"(?<!\S){re.escape(old)}(?!\S)", new.replace("\\", r"\\"), command)
    return command
