"""What the names of a file stand for: imports and plain renamings, followed in one pass."""

from __future__ import annotations

import ast

__all__ = ["Scope"]

_DEEPEST = 12


class Scope:
    """Aliases of one file, whatever the place that binds them."""

    def __init__(self, tree: ast.Module) -> None:
        self._aliases: dict[str, str] = {}
        self._modules: set[str] = {"builtins", "sys", "os"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._import(node)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    self._aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
                self._rename(node)

    def full(self, node: ast.expr | None) -> str:
        """The dotted name of an expression with its imports followed, or "" if it has none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < _DEEPEST:
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        name = ".".join([self._aliases.get(node.id, node.id), *reversed(parts)])
        return name.removeprefix("builtins.") if name != "builtins" else name

    def is_module(self, name: str) -> bool:
        """Whether a full name is that of a module which the file imports, or of any part of it."""
        return name in self._modules

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            if alias.asname:
                self._aliases[alias.asname] = alias.name
            self._modules |= {top, alias.name}

    def _rename(self, node: ast.Assign) -> None:
        value = self.full(node.value)
        top = value.partition(".")[0]
        if top not in self._modules:
            return
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id not in self._aliases:
                self._aliases[target.id] = value
