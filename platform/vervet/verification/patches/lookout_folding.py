"""Texts that source puts together of constants, as the text that they come to.

Nothing is run: a few forms are followed (sums, joins, slices, bytes, reversals), with bounds.
"""

from __future__ import annotations

import ast

__all__ = ["folded"]

_LONGEST = 2000
_DEEPEST = 20


def folded(node: ast.expr, depth: int = 0) -> str | None:
    """The text, or None if it is none or not of constants alone."""
    if depth > _DEEPEST:
        return None
    found: str | None = None
    if isinstance(node, ast.Constant):
        value = node.value
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        found = text if isinstance(text, str) else None
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = folded(node.left, depth + 1), folded(node.right, depth + 1)
        found = None if left is None or right is None else left + right
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        found = _sliced(folded(node.value, depth + 1), node.slice)
    elif isinstance(node, ast.Call):
        found = _called(node, depth)
    return found if found is None or len(found) <= _LONGEST else None


def _sliced(text: str | None, by: ast.Slice) -> str | None:
    if text is None:
        return None
    bounds: list[int | None] = []
    for part in (by.lower, by.upper, by.step):
        try:
            value = None if part is None else ast.literal_eval(part)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
        if value is not None and type(value) is not int:
            return None
        bounds.append(value)
    return None if bounds[2] == 0 else text[slice(*bounds)]


def _called(node: ast.Call, depth: int) -> str | None:
    """`"".join(...)`, `bytes([...]).decode()`, `chr(...)`, `"".join(reversed(...))`."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr == "join" and len(node.args) == 1:
        between, parts = folded(function.value, depth + 1), _parts(node.args[0], depth + 1)
        return None if between is None or parts is None else between.join(parts)
    if isinstance(function, ast.Attribute) and function.attr in ("decode", "encode", "strip"):
        return folded(function.value, depth + 1)
    if isinstance(function, ast.Name) and function.id in ("bytes", "bytearray", "chr", "str"):
        parts = _parts(node.args[0], depth + 1) if len(node.args) == 1 else None
        return None if parts is None else "".join(parts)
    return None


def _parts(node: ast.expr, depth: int) -> list[str] | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        if node.func.id == "reversed":
            parts = _parts(node.args[0], depth + 1)
            return None if parts is None else parts[::-1]
        if node.func.id == "chr":
            return _parts(node.args[0], depth + 1)
    if not isinstance(node, ast.List | ast.Tuple):
        number = node.value if isinstance(node, ast.Constant) else None
        if type(number) is int:
            return [chr(number)] if 0 <= number < 0x110000 else None
        text = folded(node, depth + 1)
        return None if text is None else list(text)
    parts = []
    for each in node.elts[:_LONGEST]:
        inner = _parts(each, depth + 1) if depth < _DEEPEST else None
        if inner is None:
            return None
        parts.append("".join(inner))
    return parts
