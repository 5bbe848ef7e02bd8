"""Owns the operators on expressions: comparisons, arithmetic, booleans, constants, bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import libcst as cst

from vervet.audit.mutants.edits import Edit, Operator, shifted, spaced

__all__ = ["expression_edits", "negated"]

COMPARISONS: Mapping[type[cst.BaseCompOp], tuple[type[cst.BaseCompOp], ...]] = {
    cst.LessThan: (cst.LessThanEqual, cst.GreaterThan),
    cst.LessThanEqual: (cst.LessThan, cst.GreaterThanEqual),
    cst.GreaterThan: (cst.GreaterThanEqual, cst.LessThan),
    cst.GreaterThanEqual: (cst.GreaterThan, cst.LessThanEqual),
    cst.Equal: (cst.NotEqual,),
    cst.NotEqual: (cst.Equal,),
    cst.In: (cst.NotIn,),
    cst.NotIn: (cst.In,),
    cst.Is: (cst.IsNot,),
    cst.IsNot: (cst.Is,),
}
ARITHMETIC: Mapping[type[cst.BaseBinaryOp], type[cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.FloorDivide,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Divide,
    cst.Modulo: cst.Multiply,
    cst.Power: cst.Multiply,
    cst.BitAnd: cst.BitOr,
    cst.BitOr: cst.BitAnd,
    cst.BitXor: cst.BitAnd,
    cst.LeftShift: cst.RightShift,
    cst.RightShift: cst.LeftShift,
}
MOST_DIGITS = 1000
PARENTHESISED = cst.Name("_", lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
TRUTH = {"True": "False", "False": "True"}


def expression_edits(node: cst.CSTNode) -> Iterator[Edit]:
    """Every change that an operator makes of this very node."""
    match node:
        case cst.Comparison():
            yield from _comparison(node)
        case cst.BinaryOperation():
            yield from _arithmetic(node)
        case cst.BooleanOperation():
            yield from _and_or(node)
        case cst.UnaryOperation(operator=cst.Not()):
            yield Edit(Operator.BOOLEAN, node, _within(node, node.expression))
        case cst.Name(value="True" | "False"):
            yield Edit(Operator.BOOLEAN, node, node.with_changes(value=TRUTH[node.value]))
        case cst.IfExp():
            yield Edit(Operator.BOOLEAN, node, node.with_changes(test=negated(node.test)))
        case cst.Integer() | cst.Float() | cst.SimpleString():
            yield from _constant(node)
        case cst.Subscript():
            yield from _subscript(node)
        case cst.Call(func=cst.Name(value="range")):
            yield from _range(node)


def negated(test: cst.BaseExpression) -> cst.BaseExpression:
    """The opposite of a condition."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return _within(test, test.expression)
    inner = test if test.lpar else _within(PARENTHESISED, test)
    return _within(test, cst.UnaryOperation(cst.Not(), inner))


def _within(old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    """An expression in the brackets of another: what stands before may have no blank."""
    return new.with_changes(lpar=[*old.lpar, *new.lpar], rpar=[*new.rpar, *old.rpar])


def _comparison(node: cst.Comparison) -> Iterator[Edit]:
    for target in node.comparisons:
        old = target.operator
        for new in spaced(old, COMPARISONS.get(type(old), ())):
            yield Edit(Operator.COMPARISON, node, _with(node, old, new))


def _arithmetic(node: cst.BinaryOperation) -> Iterator[Edit]:
    new = ARITHMETIC.get(type(node.operator))
    if new is None or _is_text(node.left) or _is_text(node.right):
        return
    for operator in spaced(node.operator, (new,)):
        yield Edit(Operator.ARITHMETIC, node, node.with_changes(operator=operator))


def _and_or(node: cst.BooleanOperation) -> Iterator[Edit]:
    other = cst.Or if isinstance(node.operator, cst.And) else cst.And
    for operator in spaced(node.operator, (other,)):
        yield Edit(Operator.BOOLEAN, node, node.with_changes(operator=operator))


def _constant(node: cst.Integer | cst.Float | cst.SimpleString) -> Iterator[Edit]:
    if isinstance(node, cst.SimpleString):
        is_empty = len(node.raw_value) == 0
        text = f"{node.prefix}{node.quote}{'vervet' if is_empty else ''}{node.quote}"
        yield Edit(Operator.CONSTANT, node, node.with_changes(value=text))
        return
    if len(node.value) > MOST_DIGITS:
        return
    if isinstance(node, cst.Float):
        value = float(node.value.replace("_", ""))
        if math.isfinite(value + 1):
            yield Edit(Operator.CONSTANT, node, node.with_changes(value=repr(value + 1)))
        return
    number = int(node.value, 0)
    for moved in (number + 1, number - 1):
        if moved >= 0:
            yield Edit(Operator.CONSTANT, node, node.with_changes(value=str(moved)))


def _subscript(node: cst.Subscript) -> Iterator[Edit]:
    """Bounds that are no number as they stand: those are constants."""
    for element in node.slice:
        inner = element.slice
        if isinstance(inner, cst.Index):
            bounds: tuple[cst.BaseExpression | None, ...] = (inner.value,)
        else:
            bounds = (inner.lower, inner.upper) if isinstance(inner, cst.Slice) else ()
        for bound in bounds:
            if bound is None or isinstance(bound, cst.Integer | cst.SimpleString | cst.Tuple):
                continue
            for moved in shifted(bound):
                yield Edit(Operator.BOUNDARY, node, _with(node, bound, moved))


def _range(node: cst.Call) -> Iterator[Edit]:
    if any(argument.star or argument.keyword for argument in node.args):
        return
    for argument in node.args[:2]:
        for moved in shifted(argument.value):
            yield Edit(Operator.LOOP, node, _with(node, argument.value, moved))


def _with(node: cst.CSTNode, old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
    made = node.deep_replace(old, new)
    assert isinstance(made, cst.CSTNode)
    return made


def _is_text(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString | cst.ConcatenatedString | cst.FormattedString)
