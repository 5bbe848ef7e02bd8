"""The nouns of a patch as text: the patch, its files and hunks, notes, and why one is unusable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["FileKind", "Hunk", "Note", "Patch", "PatchedFile", "Unusable"]


class FileKind(StrEnum):
    """What a patch does to a file."""

    MODIFIED = "modified"
    ADDED = "added"
    DELETED = "deleted"
    RENAMED = "renamed"
    COPIED = "copied"


class Note(StrEnum):
    """What is odd about a patch and yet left to git to decide upon."""

    CRLF = "crlf"
    """Lines end as on Windows; they are kept."""
    NO_FINAL_NEWLINE = "no_final_newline"
    """The text ends within a line."""
    BINARY = "binary"
    """Changes a binary file."""
    BINARY_WITHOUT_CONTENT = "binary_without_content"
    """Says that binary files differ, and not how."""
    MISCOUNTED = "miscounted"
    """A hunk has fewer or more lines than its header says."""
    NUL = "nul"
    """Holds a zero byte."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One stretch of a file; `lines` keep their mark (blank, "+", "-", "\\") and no line end."""

    old_start: int
    old_length: int
    new_start: int
    new_length: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """What a patch says of one file.

    `path` is relative to the repository, after the change, and `old_path` before it (the same
    unless renamed or copied). `names` are all paths that its headers give, since tools differ in
    the one they take. Modes are six octal digits, or empty where the patch says nothing. `line` is
    that of its header, from 1.
    """

    path: str
    old_path: str
    names: tuple[str, ...]
    kind: FileKind
    mode: str
    old_mode: str
    binary: bool
    added: int
    removed: int
    hunks: tuple[Hunk, ...]
    line: int

    @property
    def mode_changed(self) -> bool:
        """Whether the file's mode is another afterwards."""
        return bool(self.old_mode and self.mode) and self.old_mode != self.mode


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch that can be tried: its text byte for byte, its files in order, what is odd.

    `spelled` are names that stand where `patch` looks for them, beside those of the files.
    """

    text: str
    files: tuple[PatchedFile, ...]
    notes: frozenset[Note] = frozenset()
    spelled: frozenset[str] = frozenset()

    @property
    def paths(self) -> frozenset[str]:
        """Every path that git or `patch` might take the text to name."""
        return self.spelled | {name for each in self.files for name in each.names}


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a text is no patch that may be tried: a code, words, and the line (from 1; 0 for all)."""

    code: str
    words: str
    line: int = 0
