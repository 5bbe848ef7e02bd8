"""A patch as text: which files it would touch and how, or why it cannot be used.

Reads unified diffs as git writes them, in one pass and with bounds, by the line counts of their
hunks. Never applies one, and is no ground truth of what applying does (`patch` accepts more than
stands here): what a container's disk came to is. Takes any string and raises nothing.
"""

from __future__ import annotations

from vervet.verification.patches.text_paths import UnusableError
from vervet.verification.patches.text_reader import PatchReader
from vervet.verification.patches.text_values import (
    FileKind,
    Hunk,
    Note,
    Patch,
    PatchedFile,
    Unusable,
)

__all__ = [
    "MAX_BYTES",
    "FileKind",
    "Hunk",
    "Note",
    "Patch",
    "PatchedFile",
    "Unusable",
    "read_patch",
]

MAX_BYTES = 10 << 20
"""Largest patch that is read, in bytes of UTF-8."""
MAX_LINES = 500_000


def read_patch(text: str) -> Patch | Unusable:
    """The files of a patch in time linear in its length, or why it is unusable.

    Codes: `empty_patch`, `not_a_patch`, `not_text`, `too_large`, `path_escapes`, `git_internals`,
    `bad_path`, `symlink`, `submodule`, `bad_mode`, `other_format`.
    """
    if not text.strip():
        return Unusable("empty_patch", "the patch is empty")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return Unusable("not_text", "holds half a surrogate pair, which is no text")
    if size > MAX_BYTES:
        return Unusable("too_large", f"has {size:,} bytes; {MAX_BYTES:,} are the most")
    if text.count("\n") > MAX_LINES:
        return Unusable("too_large", f"has more than {MAX_LINES:,} lines")
    reader = PatchReader(text)
    try:
        files = reader.files()
    except UnusableError as error:
        return Unusable(error.code, error.words, reader.at + 1)
    if not files:
        return Unusable("not_a_patch", "names no file that it changes: it is no unified diff")
    spelled = frozenset(reader.spelled - {""})
    return Patch(text, files, frozenset(reader.notes | _notes(text)), spelled)


def _notes(text: str) -> set[Note]:
    found = set()
    if "\r\n" in text:
        found.add(Note.CRLF)
    if not text.endswith("\n"):
        found.add(Note.NO_FINAL_NEWLINE)
    if "\0" in text:
        found.add(Note.NUL)
    return found
