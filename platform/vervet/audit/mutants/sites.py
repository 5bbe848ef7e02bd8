"""Finds every place of a program at which some operator can change what it does.

Passes over what never decides a result: annotations, decorators, docstrings, imports, asserts,
what an exception says, and the guard and the limits that programs begin with.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from vervet.audit.mutants.edits import Edit, code_of
from vervet.audit.mutants.expressions import expression_edits
from vervet.audit.mutants.statements import statement_edits

__all__ = ["Site", "sites_of"]

PASSED_OVER = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.Assert, cst.Raise)
IDLE_CALLS = ("setrecursionlimit", "set_int_max_str_digits", "stack_size")
MAIN = "__name__"

Position = tuple[int, int]
"""Line from 1, column from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """An edit that can be made, and the line of the program at which it stands."""

    edit: Edit
    line: int


def sites_of(module: cst.Module, begin: Position, end: Position) -> list[Site]:
    """All sites between two positions of a program, in its order."""
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    found = wrapper.resolve(PositionProvider)
    collector = _Collector()
    module.visit(collector)
    sites = []
    for edit in collector.edits:
        place = found[edit.node]
        start, stop = place.start, place.end
        if begin <= (start.line, start.column) and (stop.line, stop.column) <= end:
            sites.append(Site(edit, start.line))
    return sites


class _Collector(cst.CSTVisitor):
    """Collects edits on the way down; says where not to go."""

    def __init__(self) -> None:
        super().__init__()
        self.edits: list[Edit] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Take what the operators make of a node; whether to look at its children."""
        if isinstance(node, cst.Raise):
            self.edits.extend(statement_edits(node))
        if isinstance(node, PASSED_OVER) or _is_idle(node):
            return False
        if isinstance(node, cst.If) and MAIN in code_of(node.test):
            node.body.visit(self)
            return False
        self.edits.extend(statement_edits(node))
        self.edits.extend(expression_edits(node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Nothing is left to do."""


def _is_idle(node: cst.CSTNode) -> bool:
    """Whether a statement is a text for readers, or sets a limit of the interpreter."""
    if not isinstance(node, cst.Expr):
        return False
    if isinstance(node.value, cst.Call):
        return code_of(node.value.func).rpartition(".")[2] in IDLE_CALLS
    return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis)
