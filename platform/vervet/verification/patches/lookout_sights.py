"""What there is to see in source: a walk over its syntax tree, or over its words.

Runs in the side process alone (`lookout_process.py`), since trees of hostile source take
gigabytes. Never runs or imports what it looks at.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from vervet.verification.patches.lookout_folding import folded
from vervet.verification.patches.lookout_names import (
    ATTRIBUTES,
    CALLS,
    IMPORTERS,
    KEYWORDS,
    MODULES,
    NAMES,
    STRINGS,
    WORDS,
    Sight,
)
from vervet.verification.patches.lookout_scope import Scope

__all__ = ["Seen", "new_sights"]

_SHOWN = 160
_CARRIED = frozenset({"sys", "builtins", "gc", "inspect", "ctypes", "_sys", "_os", "posix"})
_STARRED = frozenset({"sys", "os", "inspect", "builtins", "threading", "traceback"})
_DESCRIPTORS = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing of interest: its line (from 1), its kind, and the expression."""

    line: int
    kind: Sight
    expression: str

    @property
    def key(self) -> tuple[Sight, str]:
        """What makes two of them the same, wherever they stand."""
        return self.kind, self.expression


def new_sights(path: str, before: str, after: str) -> list[Seen]:
    """What `after` has that `before` has not, or not as often, by line.

    Source that is no Python here (it may be elsewhere: older interpreters take other words) is
    searched word by word, both before and after.
    """
    own = frozenset(re.split(r"[/.]", path))
    trees = [_tree(source) for source in (before, after)]
    if None in trees:
        seen_before, seen_after = (_of_words(source, own) for source in (before, after))
    else:
        seen_before, seen_after = (_of_tree(tree, own) for tree in trees if tree is not None)
    earlier = Counter(seen.key for seen in dict.fromkeys(seen_before))
    by_key: dict[tuple[Sight, str], list[Seen]] = defaultdict(list)
    for seen in dict.fromkeys(seen_after):
        by_key[seen.key].append(seen)
    new = [each for key, all_of in by_key.items() for each in all_of[earlier[key] :]]
    return sorted(new, key=lambda seen: (seen.line, seen.kind, seen.expression))


def _tree(source: str) -> ast.Module | None:
    """The syntax tree, or None where this interpreter has none of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _of_words(source: str, own: frozenset[str]) -> Iterator[Seen]:
    for number, line in enumerate(source.split("\n"), 1):
        for pattern, kind in WORDS:
            for found in pattern.finditer(line):
                if found[0] not in own:
                    yield Seen(number, kind, found[0])


def _of_tree(tree: ast.Module, own: frozenset[str]) -> Iterator[Seen]:
    scope = Scope(tree)
    documentation = _documentation(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _of_import(node, own)
        elif isinstance(node, ast.Attribute | ast.Name):
            yield from _of_name(node, scope)
        elif isinstance(node, ast.Call):
            yield from _of_call(node, scope)
            yield from _of_joined(node)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
            yield from _of_change(node, scope)
        elif isinstance(node, ast.Constant) and id(node) not in documentation:
            yield from _of_constant(node)
        elif isinstance(node, ast.BinOp | ast.Subscript):
            yield from _of_joined(node)
        elif isinstance(node, ast.Raise):
            yield from _of_raise(node, scope)
        elif isinstance(node, ast.FunctionDef):
            yield from _of_function(node)


def _of_import(node: ast.Import | ast.ImportFrom, own: frozenset[str]) -> Iterator[Seen]:
    if isinstance(node, ast.ImportFrom):
        if node.level:
            return
        names = [node.module or ""]
    else:
        names = [alias.name for alias in node.names]
    for name in names:
        top = name.partition(".")[0]
        kind = MODULES.get(top)
        if kind is not None and top not in own:
            yield Seen(node.lineno, kind, f"import {name}"[:_SHOWN])
        if top in _STARRED and isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield Seen(node.lineno, Sight.DYNAMIC, f"from {name} import *")


def _of_name(node: ast.Attribute | ast.Name, scope: Scope) -> Iterator[Seen]:
    if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
        yield Seen(node.lineno, ATTRIBUTES[node.attr], node.attr)
    if isinstance(node, ast.Attribute) and node.attr == "__self__":
        owner = scope.full(node.value)
        if hasattr(builtins, owner):
            yield Seen(node.lineno, Sight.PATCHED, f"{owner}.__self__")
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        module = scope.full(node.value)
        if scope.is_module(module):
            yield Seen(node.lineno, Sight.PATCHED, f"{module}.__dict__"[:_SHOWN])
    name = scope.full(node)
    if isinstance(node, ast.Attribute) and node.attr in _CARRIED:
        module = scope.full(node.value)
        if scope.is_module(module) and name not in _CARRIED:
            yield Seen(node.lineno, Sight.MODULES, name[:_SHOWN])
    if name in NAMES:
        yield Seen(node.lineno, NAMES[name], name)


def _of_call(node: ast.Call, scope: Scope) -> Iterator[Seen]:
    name = scope.full(node.func)
    first = node.args[0] if node.args else None
    if name in CALLS:
        yield Seen(node.lineno, CALLS[name], f"{name}()")
    if name in IMPORTERS and (first is None or _is_watched(first)):
        yield Seen(node.lineno, Sight.DYNAMIC, f"{name}()")
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS:
            yield Seen(node.lineno, KEYWORDS[keyword.arg], f"{keyword.arg}=")
    if name in ("open", "io.open", "os.fdopen") and any(
        isinstance(each, ast.Constant) and type(each.value) is int and each.value in _DESCRIPTORS
        for each in node.args[:2]
    ):
        yield Seen(node.lineno, Sight.DESCRIPTOR, f"{name}(1 or 2)")
    if name in ("getattr", "setattr", "delattr", "vars") and first is not None:
        module = scope.full(first)
        computed = len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
        if scope.is_module(module) and (name != "getattr" or computed or module == "sys"):
            yield Seen(node.lineno, Sight.PATCHED, f"{name}({module})"[:_SHOWN])


def _is_watched(name: ast.expr) -> bool:
    """Whether what is asked for is one to watch for, or not known from the text."""
    text = name.value if isinstance(name, ast.Constant) else None
    return not isinstance(text, str) or text.partition(":")[0].partition(".")[0] in MODULES


def _of_raise(node: ast.Raise, scope: Scope) -> Iterator[Seen]:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = scope.full(raised)
    if name in ("KeyboardInterrupt", "GeneratorExit", "BaseException"):
        yield Seen(node.lineno, Sight.EXIT, f"raise {name}")


def _of_joined(node: ast.expr) -> Iterator[Seen]:
    """Texts put together of parts: as the one that they come to."""
    text = folded(node)
    if text is not None:
        yield from _of_constant(ast.Constant(text, lineno=node.lineno))


def _of_change(
    node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete, scope: Scope
) -> Iterator[Seen]:
    targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
    flat = [each for target in targets for each in _flat(target)]
    for target in flat:
        if isinstance(target, ast.Attribute):
            module = scope.full(target.value)
            if scope.is_module(module):
                yield Seen(node.lineno, Sight.PATCHED, f"{module}.{target.attr} ="[:_SHOWN])
            elif _is_class_of_another(target.value):
                yield Seen(node.lineno, Sight.PATCHED, f"type(...).{target.attr} ="[:_SHOWN])


def _is_class_of_another(node: ast.expr) -> bool:
    """Whether it is `type(x)`, and x not what a method is called on."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
        return False
    first = node.args[0]
    own = isinstance(first, ast.Name) and first.id in ("self", "cls")
    return node.func.id == "type" and not own


def _flat(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target]


def _of_constant(node: ast.Constant) -> Iterator[Seen]:
    value = node.value
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if isinstance(text, str):
        for pattern, kind in STRINGS:
            found = pattern.search(text[:100_000])
            if found is not None:
                yield Seen(node.lineno, kind, f"{found[0]!r}"[:_SHOWN])


def _of_function(node: ast.FunctionDef) -> Iterator[Seen]:
    """Comparisons whose answer has nothing to do with what is compared."""
    if node.name not in ("__eq__", "__ne__") or not node.args.args:
        return
    body = [each for each in node.body if not _is_text(each)]
    me = node.args.args[0].arg
    used = {each.id for part in body for each in ast.walk(part) if isinstance(each, ast.Name)}
    only = body[0] if len(body) == 1 else None
    if isinstance(only, ast.Return) and isinstance(only.value, ast.Constant):
        if only.value.value is (node.name == "__eq__"):
            yield Seen(node.lineno, Sight.ALWAYS_EQUAL, f"{node.name} -> {only.value.value}")
    elif body and me not in used and not all(isinstance(each, ast.Raise) for each in body):
        yield Seen(node.lineno, Sight.ALWAYS_EQUAL, f"{node.name} without {me}"[:_SHOWN])


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _documentation(tree: ast.Module) -> set[int]:
    """Constants that stand alone: docstrings, which say things and do nothing."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
