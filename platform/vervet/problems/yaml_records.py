"""Records of a YAML file: a list of mappings, or one mapping a document, with line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from vervet.core.lines import Record, SetAside, open_bytes
from vervet.problems.strict_yaml import StrictLoader

__all__ = ["is_yaml", "read_yaml_records"]

_SUFFIXES = {".yaml", ".yml"}


def is_yaml(path: Path) -> bool:
    """Whether a file is YAML, by its suffix; also before `.gz`."""
    return bool(_SUFFIXES & set(path.suffixes))


def read_yaml_records(path: Path) -> Iterator[Record | SetAside]:
    """Each mapping with the line on which it starts.

    YAML that cannot be parsed ends the file: what stands before it, in earlier documents, is
    given. Raises `OSError` if the file cannot be opened.
    """
    with open_bytes(path) as file:
        try:
            loader = StrictLoader(file)
            while loader.check_node():
                for node in _items(loader.get_node()):
                    yield _record(path, node)
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError, EOFError) as error:
            yield SetAside(str(path), *_place_and_reason(error))


def _items(node: Any) -> list[Any]:
    return node.value if isinstance(node, yaml.SequenceNode) else [node]


def _record(path: Path, node: Any) -> Record | SetAside:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        return SetAside(str(path), line, "not a mapping; a list of problems is expected")
    try:
        value = StrictLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return SetAside(str(path), *_place_and_reason(error, line))
    return Record(line, value)


def _place_and_reason(error: Exception, line: int = 1) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or error
    return (mark.line + 1 if mark else line), f"not YAML that can be read: {problem}"
