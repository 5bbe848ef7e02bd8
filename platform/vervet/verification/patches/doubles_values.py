"""Owns tests whose assertions are turned round: a solution fails them, what forges does not.

Pure text. Of each assertion that two things are equal, the side that is written out gets other
values of the same types, drawn by chance; where neither is, one side becomes a number. What is to
raise does nothing instead, and what is to be true is to be false.
"""

from __future__ import annotations

import ast
import re
import secrets
from collections.abc import Iterator, Sequence

__all__ = ["altered_lines"]

_EQUAL = re.compile(r"assert(?!.*[nN]ot)\w*(?:[eE]quals?|[cC]lose)")
_RAISES = re.compile(r"raises|warns|assertRaises\w*|assertWarns\w*")
_OPPOSITE = {
    "assertTrue": "assertFalse", "assertIn": "assertNotIn", "assertIs": "assertIsNot",
    "assertIsNone": "assertIsNotNone", "assertIsInstance": "assertNotIsInstance",
}  # fmt: skip
_OPPOSITE |= {other: one for one, other in _OPPOSITE.items()}
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_BELOW = 899_999


def altered_lines(node: ast.AST, lines: Sequence[str]) -> list[str] | None:
    """The lines of a file with a function's assertions turned round; None where it has none.

    `lines` hold the function as it was parsed, each with its end.
    """
    changed = [line.encode("utf-8", "surrogateescape") for line in lines]
    places = sorted(_places(node), key=lambda each: (each[0].lineno, each[0].col_offset))
    if not places:
        return None
    for part, text in reversed(places):  # from the last on: what is before it stays in place
        first, last = part.lineno - 1, (part.end_lineno or part.lineno) - 1
        begin, end = part.col_offset, part.end_col_offset or 0
        tail = changed[last][end:]
        changed[first : last + 1] = [
            changed[first][:begin] + text.encode() + (tail if first == last else b""),
            *([b""] * (last - first - 1)),
            *([tail] if first != last else []),
        ]
    found = [line.decode("utf-8", "surrogateescape") for line in changed]
    return found if _is_python("".join(found)) else None


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _places(node: ast.AST) -> Iterator[tuple[_Place, str]]:
    """What is to be replaced, and by what; none lies within another."""
    sides = _sides(node)
    if sides is not None:
        written = next((side for side in reversed(sides) if _is_written(side)), None)
        if written is None:
            yield sides[-1], _number()
        else:
            yield from _values(written)
    elif isinstance(node, ast.With) and _RAISES.fullmatch(_called(node.items[0].context_expr)):
        yield _Block(node.body), "pass"
    elif isinstance(node, ast.Assert):
        yield node.test, f"not ({ast.unparse(node.test)})"
    elif isinstance(node, ast.Call) and (name := _called(node)):
        if _RAISES.fullmatch(name) and len(node.args) > 1:
            yield node.args[1], "(lambda *_, **__: None)"
        elif name in _OPPOSITE and isinstance(node.func, ast.Attribute):
            yield node.func, f"{ast.unparse(node.func.value)}.{_OPPOSITE[name]}"
        else:
            yield from _within(node)
    else:
        yield from _within(node)


def _within(node: ast.AST) -> Iterator[tuple[_Place, str]]:
    for each in ast.iter_child_nodes(node):
        yield from _places(each)


class _Block:
    """The place of a block of statements."""

    def __init__(self, body: list[ast.stmt]) -> None:
        self.lineno, self.col_offset = body[0].lineno, body[0].col_offset
        self.end_lineno, self.end_col_offset = body[-1].end_lineno, body[-1].end_col_offset


_Place = ast.expr | _Block


def _called(node: ast.expr) -> str:
    """The last part of the name of what is called; empty where nothing is."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _sides(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """The two sides of an assertion that they are equal."""
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
        test = node.test
        if len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            return test.left, test.comparators[0]
    if isinstance(node, ast.Call) and len(node.args) >= 2 and _EQUAL.fullmatch(_called(node)):
        return node.args[0], node.args[1]
    return None


def _is_written(node: ast.expr) -> bool:
    """Whether it is made of constants alone."""
    if isinstance(node, ast.UnaryOp):
        return _is_written(node.operand)
    if isinstance(node, _DISPLAYS):
        return all(_is_written(part) for part in _parts(node))
    return isinstance(node, ast.Constant)


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Dict):
        return [each for each in (*node.keys, *node.values) if each is not None]
    return list(getattr(node, "elts", ()))


def _values(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    if isinstance(node, ast.UnaryOp):
        yield from _values(node.operand)
    elif isinstance(node, _DISPLAYS):
        parts = _parts(node)
        if not parts:
            yield node, f"[{_number()}]"
        for part in parts:
            yield from _values(part)
    else:
        assert isinstance(node, ast.Constant)
        yield node, _other(node.value)


def _other(value: object) -> str:
    """Another value of the same type, as it is written in Python."""
    if isinstance(value, str):
        return repr(f"{value[:40] if value.isascii() else ''}{_number()}")
    if isinstance(value, bytes):
        return repr(value[:40] + _number().encode())
    if type(value) is float:
        return f"{_number()}.5"
    return _number()


def _number() -> str:
    return str(100_000 + secrets.randbelow(_BELOW))
