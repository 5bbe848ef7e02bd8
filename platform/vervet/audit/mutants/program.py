"""Reads a program for mutation: whole, with what stands around the part that may change.

Parses and never runs or compiles. What is too large or too deep is refused before it reaches the
concrete parser, which has no guard of its own against deep nesting.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

import libcst as cst

from vervet.core.values import Problem

__all__ = ["Frame", "frame_of", "normal_form", "parse", "positions"]

FUNCTION, PROGRAM, PYTHON = "function", "program", "python"
LONGEST = 30_000
"""Characters of a program: a change of a longer one takes seconds."""
DEEPEST = 100
"""Levels of a program's syntax tree."""
ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and after a solution in the program that is run."""

    prefix: str = ""
    suffix: str = ""

    def whole(self, text: str) -> str:
        """The program with a solution in its place."""
        return f"{self.prefix}{text}{self.suffix}"

    def cut(self, program: str) -> str | None:
        """The solution in a program; None if what stands around it is no longer as it was."""
        if len(program) < len(self.prefix) + len(self.suffix):
            return None
        if not (program.startswith(self.prefix) and program.endswith(self.suffix)):
            return None
        return program[len(self.prefix) : len(program) - len(self.suffix)]


def frame_of(problem: Problem) -> Frame | None:
    """Where a solution of the problem stands; None if its solutions are no Python programs."""
    if problem.kind == FUNCTION:
        return Frame(prefix=str(problem.spec.get("prompt", "")))
    if problem.kind == PROGRAM and problem.spec.get("language", PYTHON) == PYTHON:
        template = problem.spec.get("template") or {}
        return Frame(str(template.get("prefix", "")), str(template.get("suffix", "")))
    return None


def parse(source: str) -> cst.Module | None:
    """The program's concrete tree; None for what is no Python, too large or too deep."""
    if normal_form(source) is None:
        return None
    try:
        module = cst.parse_module(source)
    except (cst.ParserSyntaxError, RecursionError, UnicodeError):
        return None
    return module if module.code == source else None


def normal_form(source: str) -> str | None:
    """One text for programs that differ in nothing that runs; None for what cannot be read.

    Comments, layout, docstrings and statements behind a `return` in their block are left out.
    """
    if len(source) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not _is_shallow(tree):
        return None
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, _that_runs(block))
    return ast.dump(tree)


def positions(text: str) -> tuple[int, int]:
    """Line from 1 and column from 0 of what follows a text."""
    lines = text.split("\n")
    return len(lines), len(lines[-1])


def _is_shallow(tree: ast.AST) -> bool:
    level = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def _that_runs(block: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a block without bare constants, up to the first that leaves it."""
    kept: list[ast.stmt] = []
    for statement in block:
        if isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            continue
        kept.append(statement)
        if isinstance(statement, ENDS):
            break
    return kept
