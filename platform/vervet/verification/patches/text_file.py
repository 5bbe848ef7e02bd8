"""One file of a patch, put together from the lines of its headers."""

from __future__ import annotations

import re

from vervet.verification.patches.text_paths import Named, UnusableError, stripped, unquoted
from vervet.verification.patches.text_values import FileKind, Hunk, PatchedFile

__all__ = ["FileHeaders"]

_INDEX_MODE = re.compile(r"[0-9a-f]{1,64}\.\.[0-9a-f]{1,64} (\d{1,12})")
_MODES = {"120000": "symlink", "160000": "submodule"}
_KNOWN_MODES = {"100644", "100755", "100664", "100600"}


class FileHeaders:
    """A file whose headers are being read."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.old: Named | None = None
        self.new: Named | None = None
        self.moved: dict[str, Named] = {}
        self.of_header: tuple[Named, ...] = ()
        self.kind: FileKind | None = None
        self.mode = ""
        self.old_mode = ""
        self.binary = False
        self.added = 0
        self.removed = 0
        self.hunks: list[Hunk] = []

    def header(self, text: str) -> None:
        """The two names of "diff --git", where they can be told apart."""
        self.of_header = tuple(stripped(name) for name in _two_names(text))

    def extended(self, key: str, value: str) -> None:
        """One of git's extended header lines."""
        if key == "index":
            found = _INDEX_MODE.fullmatch(value)
            self.mode = self.mode or (_mode(found[1]) if found else "")
        elif key.endswith("mode"):
            mode = _mode(value.strip())
            if key in ("old mode", "deleted file mode"):
                self.old_mode = mode
            else:
                self.mode = mode
            named = {"new file mode": FileKind.ADDED, "deleted file mode": FileKind.DELETED}
            self.kind = named.get(key, self.kind)
        elif key.startswith(("rename", "copy")):
            name = unquoted(value)[0] if value.startswith('"') else value.rstrip()
            self.moved[key.split(" ")[1]] = stripped(name, components=0)
            self.kind = FileKind.RENAMED if key.startswith("rename") else FileKind.COPIED

    def done(self) -> PatchedFile:
        """The file. Raises `UnusableError` if no header names it."""
        moved_from = self.moved.get("from") or self.moved.get("old")
        moved_to = self.moved.get("to") or self.moved.get("new")
        header = self.of_header
        old = self._first(moved_from, self.old, header[0] if header else None)
        new = self._first(moved_to, self.new, header[-1] if header else None)
        if old is None and new is None:
            raise UnusableError("not_a_patch", "a file's header names no file")
        spelled = (self.old, self.new, moved_from, moved_to, *header)
        path, old_path = str(new or old), str(old or new)
        return PatchedFile(
            path=path,
            old_path=old_path,
            names=tuple(dict.fromkeys(str(name) for name in spelled if name)),
            kind=self.kind or self._kind_by_names(path, old_path),
            mode=self.mode,
            old_mode=self.old_mode,
            binary=self.binary,
            added=self.added,
            removed=self.removed,
            hunks=tuple(self.hunks),
            line=self.at + 1,
        )

    def _first(self, *names: Named | None) -> Named | None:
        return next((name for name in names if name), None)

    def _kind_by_names(self, path: str, old_path: str) -> FileKind:
        whole = self.hunks[0] if len(self.hunks) == 1 else None
        if self.old == "" or (whole and whole.old_start == whole.old_length == 0):
            return FileKind.ADDED
        if self.new == "" or (whole and whole.new_start == whole.new_length == 0):
            return FileKind.DELETED
        return FileKind.MODIFIED if path == old_path else FileKind.RENAMED


def _two_names(text: str) -> tuple[str, ...]:
    """The names of a "diff --git" line: quoted, or equal but for their first part."""
    if text.startswith('"'):
        first, rest = unquoted(text)
        rest = rest.strip()
        return first, unquoted(rest)[0] if rest.startswith('"') else rest
    if text.endswith('"') and ' "' in text:
        first, _, rest = text.partition(' "')
        return first, unquoted(f'"{rest}')[0]
    text = text.rstrip()
    middle = len(text) // 2
    one, other = text[:middle], text[middle + 1 :]
    if text[middle : middle + 1] == " " and one.partition("/")[2] == other.partition("/")[2]:
        return one, other
    return tuple(text.split(" ")) if text.count(" ") == 1 else ()


def _mode(text: str) -> str:
    """The mode. Raises `UnusableError` for links, submodules and what git does not know."""
    if text in _MODES:
        raise UnusableError(_MODES[text], f"makes or changes a {_MODES[text]} (mode {text})")
    if text not in _KNOWN_MODES:
        raise UnusableError("bad_mode", f"gives a file the mode {text!r:.40}, which git has not")
    return text
