"""A walk over the lines of a patch, from header to header, as git and `patch` take them."""

from __future__ import annotations

import re

from vervet.verification.patches.text_file import FileHeaders
from vervet.verification.patches.text_paths import Named, UnusableError, stripped, unquoted
from vervet.verification.patches.text_values import Hunk, Note, PatchedFile

__all__ = ["MAX_FILES", "PatchReader"]

MAX_FILES = 10_000
_MOST_PENDING = 8
_GIT = "diff --git "
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_EXTENDED = re.compile(
    r"(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to"
    r"|rename old|rename new|similarity index|dissimilarity index|index) (.*)"
)
_DIFFER = re.compile(r"Binary files .{1,9000} differ")
_CONTEXT_DIFF = re.compile(r"\*{15}")
_COMMAND = re.compile(r"\d{1,9}(?:,\d{1,9})?[acd](?:\d{1,9}(?:,\d{1,9})?)?")
_HIDDEN = re.compile(r"(?:[ \t]{1,80}|X{1,80}|- )(?:--- |\+\+\+ |\*\*\* |diff --git |Index: )\S")


class PatchReader:
    """A walk over a patch's lines; `at` is the line (from 0) that it has come to."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        if self._lines[-1] == "":
            self._lines.pop()
        self.at = 0
        self.notes: set[Note] = set()
        self.spelled: set[Named] = set()
        self._pending: list[Named] = []

    def files(self) -> tuple[PatchedFile, ...]:
        """Every file that a header names, in order. Raises `UnusableError`."""
        found: list[PatchedFile] = []
        while self.at < len(self._lines):
            line = self._line()
            if line.startswith(_GIT):
                found.append(self._git_file())
            elif line.startswith("--- ") and self._line(1).startswith("+++ "):
                found.append(self._traditional_file())
            elif self._pending and _HUNK.match(line):
                found.append(self._stray_file())
            else:
                self._between(line)
                self.at += 1
            if len(found) > MAX_FILES:
                raise UnusableError("too_large", f"names more than {MAX_FILES:,} files")
        return tuple(found)

    def _line(self, ahead: int = 0) -> str:
        """A line without the carriage return of Windows' line ends; "" behind the last one."""
        at = self.at + ahead
        return self._lines[at].removesuffix("\r") if at < len(self._lines) else ""

    def _between(self, line: str) -> None:
        """A line between files. `patch` finds names in some, which git takes for words.

        Refuses forms beside the unified that `patch` would read and this reader does not.
        """
        words = ("--- ", "+++ ", "*** ", "Index: ")
        lead = next((word for word in words if line.startswith(word)), "")
        if lead:
            names = _spellings(line[len(lead) :])
            self.spelled.update(names)
            self._pending = [*self._pending, *names][-_MOST_PENDING:]
        other = _CONTEXT_DIFF.match(line) or (self._pending and _COMMAND.fullmatch(line))
        if other or _HIDDEN.match(line):
            raise UnusableError("other_format", "holds a diff that is not unified, or indented")

    def _file(self) -> FileHeaders:
        """A file that begins here: names that stood before it are not the next one's."""
        self._pending.clear()
        return FileHeaders(self.at)

    def _stray_file(self) -> PatchedFile:
        """A hunk below names that are no header of git's."""
        name = next((name for name in reversed(self._pending) if name), None)
        file = self._file()
        file.new = name
        self._hunks(file)
        return file.done()

    def _git_file(self) -> PatchedFile:
        file = self._file()
        file.header(self._line()[len(_GIT) :])
        self.at += 1
        while self.at < len(self._lines):
            line = self._line()
            extended = _EXTENDED.fullmatch(line)
            if extended:
                file.extended(extended[1], extended[2])
            elif line.startswith("GIT binary patch"):
                file.binary = True
                self.notes.add(Note.BINARY)
                self.at += 1
                self._skip_binary()
                return file.done()
            elif _DIFFER.fullmatch(line):
                file.binary = True
                self.notes |= {Note.BINARY, Note.BINARY_WITHOUT_CONTENT}
            elif line.startswith("--- "):
                file.old = self._spelled(line)
            elif line.startswith("+++ "):
                file.new = self._spelled(line)
            else:
                break
            self.at += 1
        self._hunks(file)
        return file.done()

    def _traditional_file(self) -> PatchedFile:
        file = self._file()
        self._names(file)
        self._hunks(file)
        return file.done()

    def _names(self, file: FileHeaders) -> None:
        """The lines "---" and "+++", and on to what follows them."""
        file.old = self._spelled(self._line())
        file.new = self._spelled(self._line(1))
        self.at += 2

    def _spelled(self, line: str) -> Named:
        """The name on a line "---" or "+++"; every way to take it is kept in `spelled`."""
        names = _spellings(line[4:])
        self.spelled.update(names)
        return names[0]

    def _hunks(self, file: FileHeaders) -> None:
        while (header := _HUNK.match(self._line())) is not None:
            self.at += 1
            starts = int(header[1]), int(header[3])
            lengths = int(header[2] or 1), int(header[4] or 1)
            lines = self._body(file, *lengths)
            file.hunks.append(Hunk(starts[0], lengths[0], starts[1], lengths[1], lines))
        if file.hunks and self._goes_on():
            self.notes.add(Note.MISCOUNTED)

    def _goes_on(self) -> bool:
        """Whether a line that looks like a hunk's follows the last one."""
        line = self._line()
        is_header = line.startswith("--- ") and self._line(1).startswith("+++ ")
        return line.startswith(("+", "-", " ")) and line != "-- " and not is_header

    def _body(self, file: FileHeaders, old: int, new: int) -> tuple[str, ...]:
        first = self.at
        while old > 0 or new > 0:
            line = self._lines[self.at] if self.at < len(self._lines) else "?"
            mark = " " if line in ("", "\r") else line[0]
            if mark not in " +-\\" or (mark == "+" and new <= 0) or (mark == "-" and old <= 0):
                self.notes.add(Note.MISCOUNTED)
                break
            old -= mark in " -"
            new -= mark in " +"
            file.added += mark == "+"
            file.removed += mark == "-"
            self.at += 1
        if self._line().startswith("\\ "):
            self.at += 1
        return tuple(self._lines[first : self.at])

    def _skip_binary(self) -> None:
        """Over "literal" and "delta" blocks, each of which an empty line ends."""
        while self._line().startswith(("literal ", "delta ")):
            while self._line():
                self.at += 1
            self.at += 1


def _spellings(text: str) -> tuple[Named, ...]:
    """The path of a "---" or "+++" line, and, where it has blanks, what `patch` takes it for."""
    name = _name(text)
    words = name.split()
    return (stripped(name), stripped(words[0])) if len(words) > 1 else (stripped(name),)


def _name(text: str) -> str:
    """The path of a "---" or "+++" line: quoted, or up to the tab before a time."""
    if text.startswith('"'):
        return unquoted(text)[0]
    return text.partition("\t")[0].rstrip()
