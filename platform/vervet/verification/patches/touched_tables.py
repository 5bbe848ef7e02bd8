"""The tables of `setup.cfg`, `tox.ini` and `pyproject.toml` that decide how tests run.

Compares two states of such a file and puts a file's test tables back while its other tables stay
as the candidate has them. Where that cannot be done surely, the whole file goes back.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable
from typing import Any

__all__ = ["MAX_CONFIG", "has_tables", "tables_differ", "with_tables_of"]

MAX_CONFIG = 1 << 18
"""Largest configuration file that is compared, in characters; larger ones go back whole."""
MOST_DOTS = 60  # In a line: tomllib's time grows with the square of a dotted key's parts.

_INI_NAMES = {
    "tool:pytest", "pytest", "tox", "testenv", "nosetests", "unittest", "options.entry_points",
    "entry_points", "aliases",
}  # fmt: skip
_HEADER = re.compile(r"\s*\[\[?\s*([^\]]*?)\s*\]")
_TOML_NAMES = re.compile(
    r"tool\s*\.\s*(?:pytest|tox)\b|project\s*\.\s*\"?entry-points\"?|tool\s*\.\s*poetry\s*\.\s*plugins"
)


def has_tables(path: str) -> bool:
    """Whether a file of that name holds test tables beside others."""
    return path.rpartition("/")[2] in ("setup.cfg", "tox.ini", "pyproject.toml")


def tables_differ(path: str, before: str | None, after: str | None) -> bool:
    """Whether the test tables differ; None stands for a file that is not there.

    A file that cannot be read differs from every other.
    """
    if before == after:
        return False
    one, other = _tables(path, before), _tables(path, after)
    return one is None or not _same(one, other)


def with_tables_of(path: str, before: str | None, after: str | None) -> str | None:
    """The file `after` with the test tables that `before` has; `before` where that is not sure.

    None if there is nothing to have been there before and nothing is left.
    """
    if not tables_differ(path, before, after):
        return after
    if after is None or len(after) > MAX_CONFIG:
        return before
    is_own = _is_toml_table if path.endswith(".toml") else _is_ini_section
    merged = _pieces(after, lambda name: not is_own(name))
    added = _pieces(before or "", is_own)
    if added:
        merged = f"{merged.rstrip()}\n\n{added}" if merged.strip() else added
    rest = _same(_rest(path, merged), _rest(path, after))
    return merged if rest and not tables_differ(path, before, merged) else before


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal; not if they are nested too deep to be compared."""
    try:
        return bool(one == other)
    except RecursionError:
        return False


def _pieces(text: str, keep: Callable[[str], bool]) -> str:
    """The sections whose name is kept, as they stand; what stands before the first has no name."""
    kept: list[str] = []
    keeping = keep("")
    for line in text.splitlines(keepends=True):
        header = _HEADER.match(line)
        if header is not None and not line[:1].isspace():
            keeping = keep(header[1])
        if keeping:
            kept.append(line)
    return "".join(kept)


def _is_ini_section(name: str) -> bool:
    name = name.strip().lower()
    return name in _INI_NAMES or name.startswith(
        ("testenv:", "pytest:", "tool:pytest", "coverage:")
    )


def _is_toml_table(name: str) -> bool:
    return _TOML_NAMES.match(name.replace('"', "").replace("'", "")) is not None


def _tables(path: str, text: str | None) -> dict[str, Any] | None:
    """The test tables by name, or None for a file that cannot be read."""
    if text is None:
        return {}
    whole = _whole(path, text)
    if whole is None or not path.endswith(".toml"):
        return whole and {name: table for name, table in whole.items() if _is_ini_section(name)}
    tool, project = _sub(whole, "tool"), _sub(whole, "project")
    found = {
        "pytest": tool.get("pytest"),
        "tox": tool.get("tox"),
        "plugins": _sub(tool, "poetry").get("plugins"),
        "entry-points": project.get("entry-points"),
    }
    return {name: table for name, table in found.items() if table is not None}


def _rest(path: str, text: str) -> Any:
    """What is no test table, parsed."""
    whole = _whole(path, text)
    if whole is None or not path.endswith(".toml"):
        return whole and {name: table for name, table in whole.items() if not _is_ini_section(name)}
    tool = {key: each for key, each in _sub(whole, "tool").items() if key not in ("pytest", "tox")}
    if "poetry" in tool:
        tool["poetry"] = {k: v for k, v in _sub(tool, "poetry").items() if k != "plugins"}
    project = {k: v for k, v in _sub(whole, "project").items() if k != "entry-points"}
    return {**whole, "tool": tool, "project": project}


def _sub(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _whole(path: str, text: str) -> dict[str, Any] | None:
    if len(text) > MAX_CONFIG or any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        return None
    try:
        if path.endswith(".toml"):
            return tomllib.loads(text)
        parser = configparser.RawConfigParser(allow_no_value=True)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string("\n".join(text.splitlines()))
        return {"": dict(parser.defaults())} | {
            name: dict(parser.items(name)) for name in parser.sections()
        }
    except (tomllib.TOMLDecodeError, configparser.Error, ValueError, RecursionError):
        return None
    except AttributeError:  # configparser's own, of a key without a value that goes on
        return None
