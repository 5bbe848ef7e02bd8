"""The words for one change of a program, and small builders that operators share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import libcst as cst

__all__ = ["Edit", "Operator", "code_of", "shifted", "spaced"]

Op = TypeVar("Op", bound=cst.CSTNode)
LONGEST_SHOWN = 120
ATOMS = (cst.Name, cst.Integer, cst.Call, cst.Attribute, cst.Subscript)


class Operator(StrEnum):
    """What a mutant changes."""

    COMPARISON = "comparison"
    """`<` becomes `<=` or `>`, `==` becomes `!=`, `in` becomes `not in`."""
    BOUNDARY = "boundary"
    """An index or the end of a slice moves by one."""
    LOOP = "loop"
    """A `range` starts or ends one off."""
    ARITHMETIC = "arithmetic"
    """`+` becomes `-`, `*` becomes `//`, `%` becomes `*`, ..."""
    BOOLEAN = "boolean"
    """`and` becomes `or`, a condition is negated, `True` becomes `False`."""
    CONSTANT = "constant"
    """A number moves by one, a text becomes empty."""
    RETURN = "return"
    """`None` or something empty is returned."""
    STATEMENT = "statement"
    """A statement is left out."""
    BRANCH = "branch"
    """A branch, or its alternative, is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """`node` of a tree is to be replaced by `by`; equal only to itself."""

    operator: Operator
    node: cst.CSTNode
    by: cst.CSTNode

    @property
    def before(self) -> str:
        """The code that goes, in one line."""
        return code_of(self.node)

    @property
    def after(self) -> str:
        """The code that takes its place, in one line."""
        return code_of(self.by)


def code_of(node: cst.CSTNode) -> str:
    """The first lines of a node's code, joined and cut to what fits into a table."""
    lines = [line.strip() for line in cst.Module(body=()).code_for_node(node).splitlines()]
    text = " ".join(line for line in lines if line and not line.startswith("#"))
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def shifted(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """An expression plus one and minus one."""
    if not isinstance(value, ATOMS):
        value = value.with_changes(
            lpar=[cst.LeftParen(), *value.lpar], rpar=[*value.rpar, cst.RightParen()]
        )
    for operator in (cst.Add(), cst.Subtract()):
        yield cst.BinaryOperation(value, operator, cst.Integer("1"))


def spaced(old: cst.CSTNode, kinds: Iterable[type[Op]]) -> Iterator[Op]:
    """Other operators with the blanks around them that the old one has."""
    blanks = {
        name: getattr(old, name)
        for name in ("whitespace_before", "whitespace_after")
        if hasattr(old, name)
    }
    for kind in kinds:
        yield kind(**blanks)
