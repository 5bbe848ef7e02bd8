"""Owns the operators on statements: what is returned, left out, or never branched to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from vervet.audit.mutants.edits import Edit, Operator, spaced
from vervet.audit.mutants.expressions import negated

__all__ = ["statement_edits"]

ASSIGNED: Mapping[type[cst.BaseAugOp], type[cst.BaseAugOp]] = {
    cst.AddAssign: cst.SubtractAssign,
    cst.SubtractAssign: cst.AddAssign,
    cst.MultiplyAssign: cst.FloorDivideAssign,
    cst.DivideAssign: cst.MultiplyAssign,
    cst.FloorDivideAssign: cst.MultiplyAssign,
    cst.ModuloAssign: cst.MultiplyAssign,
    cst.BitAndAssign: cst.BitOrAssign,
    cst.BitOrAssign: cst.BitAndAssign,
    cst.BitXorAssign: cst.BitOrAssign,
}
LEFT_OUT = (cst.Assign, cst.AugAssign, cst.Expr, cst.Break, cst.Continue, cst.Raise)
EMPTY: Mapping[type[cst.BaseExpression], str] = {
    cst.List: "[]",
    cst.ListComp: "[]",
    cst.Dict: "{}",
    cst.DictComp: "{}",
    cst.Set: "set()",
    cst.SetComp: "set()",
    cst.Tuple: "()",
    cst.SimpleString: '""',
    cst.FormattedString: '""',
}


def statement_edits(node: cst.CSTNode) -> Iterator[Edit]:
    """Every change that an operator makes of this very node."""
    match node:
        case cst.Return(value=cst.BaseExpression()):
            yield from _return(node)
        case cst.AugAssign():
            for operator in spaced(node.operator, _others(node.operator)):
                yield Edit(Operator.ARITHMETIC, node, node.with_changes(operator=operator))
            yield _without(node)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString() | cst.Ellipsis()):
            return
        case cst.If():
            yield from _branch(node)
        case cst.While():
            yield Edit(Operator.BOOLEAN, node.test, negated(node.test))
        case _ if isinstance(node, LEFT_OUT):
            yield _without(node)


def _return(node: cst.Return) -> Iterator[Edit]:
    value = node.value
    assert value is not None
    if not (isinstance(value, cst.Name) and value.value == "None"):
        yield Edit(Operator.RETURN, node, _returning("None"))
    empty = EMPTY.get(type(value))
    if empty is not None:
        yield Edit(Operator.RETURN, node, _returning(empty))


def _returning(code: str) -> cst.Return:
    return cst.Return(cst.parse_expression(code), cst.SimpleWhitespace(" "))


def _others(operator: cst.BaseAugOp) -> tuple[type[cst.BaseAugOp], ...]:
    other = ASSIGNED.get(type(operator))
    return () if other is None else (other,)


def _without(node: cst.BaseSmallStatement) -> Edit:
    return Edit(Operator.STATEMENT, node, cst.Pass(semicolon=node.semicolon))


def _branch(node: cst.If) -> Iterator[Edit]:
    """The condition negated, the branch emptied, the alternative left out."""
    yield Edit(Operator.BOOLEAN, node.test, negated(node.test))
    nothing = cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])])
    yield Edit(Operator.BRANCH, node, node.with_changes(body=nothing))
    if node.orelse is not None:
        yield Edit(Operator.BRANCH, node, node.with_changes(orelse=None))
