"""Paths as a diff spells them: git's quoting undone, the first part stripped, escapes refused."""

from __future__ import annotations

import re

__all__ = ["MAX_PATH", "Named", "UnusableError", "stripped", "unquoted"]

MAX_PATH = 4096
_ESCAPES = {
    "a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92,
}  # fmt: skip
_QUOTED = re.compile(r'"((?:[^"\\]|\\.){0,20000})"')
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)
_CONTROL = re.compile(r"[\0-\x1f\x7f]")

Named = str
"""A path within the repository, or "" for /dev/null."""


class UnusableError(Exception):
    """Raised where a patch turns out to be one that may not be tried; never leaves this room."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


def unquoted(text: str) -> tuple[str, str]:
    """The path within the quotes that `text` starts with, and what follows them.

    Bytes that are no UTF-8 become U+FFFD, as no path of a problem's repository has them. Raises
    `UnusableError` if the quotes do not end.
    """
    found = _QUOTED.match(text)
    if found is None:
        raise UnusableError("bad_path", "a quoted path does not end, or is too long")
    data = bytearray()
    at = 0
    inner = found[1]
    for escape in _ESCAPE.finditer(inner):
        data += inner[at : escape.start()].encode()
        data.append(_byte(escape[1]))
        at = escape.end()
    data += inner[at:].encode()
    return data.decode("utf-8", "replace"), text[found.end() :]


def _byte(escape: str) -> int:
    if len(escape) == 3:
        return int(escape, 8)
    if escape not in _ESCAPES:
        raise UnusableError("bad_path", f"a quoted path holds the escape \\{escape!s:.8}")
    return _ESCAPES[escape]


def stripped(path: str, components: int = 1) -> Named:
    """The path without its first part ("a/", "b/"), as `git apply` and `patch -p1` take it.

    A path of one part is left as it is. Raises `UnusableError` for one that leaves the
    repository, reaches into git's own files, or is none.
    """
    if path == "/dev/null":
        return ""
    if len(path) > MAX_PATH or _CONTROL.search(path):
        raise UnusableError(
            "bad_path", f"the path {path!r:.80} is too long or has control characters"
        )
    if path.startswith("/"):
        raise UnusableError("path_escapes", f"the path {path!r:.80} is absolute")
    parts = path.split("/")
    if ".." in parts:
        raise UnusableError("path_escapes", f"the path {path!r:.80} leads out of the repository")
    parts = [part for part in parts if part not in ("", ".")]
    if components and len(parts) > 1:
        parts = parts[components:]
    if not parts:
        raise UnusableError("bad_path", f"the path {path!r:.80} names no file")
    if any(part.rstrip(". ").lower() in (".git", "git~1") for part in parts):
        raise UnusableError("git_internals", f"the path {path!r:.80} is one of git's own files")
    return "/".join(parts)
