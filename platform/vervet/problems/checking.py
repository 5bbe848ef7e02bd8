"""A file of problems gone through to its end: what of it is sound, what is not, and why.

Keeps no problem, so that a file of any size can be checked; changes nothing.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vervet.core.lines import MAX_LINE, SetAside, open_bytes
from vervet.problems.hub import is_hub_name, open_hub
from vervet.problems.reading import ProblemCheck, format_of, items_of, sound_problems
from vervet.problems.rows import is_parquet

__all__ = ["CheckedFile", "check_file", "remarks_on_text"]

_CHUNK = 1 << 20
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What a check found: sound problems by kind, lines in quarantine, and remarks.

    Remarks change nothing: Windows line ends, a byte order mark, long lines.
    """

    file: str
    format: str
    sound: int
    kinds: Mapping[str, int]
    without_references: int
    quarantined: tuple[SetAside, ...]
    remarks: tuple[str, ...]


def check_file(
    name: str,
    *,
    format: str | None = None,  # noqa: A002
    check: ProblemCheck | None = None,
) -> CheckedFile:
    """Go through the file, or the data set of the hub, of that name.

    `check` refuses what no verifier can judge. Raises `ProblemError` if it cannot be read or is
    in no known format, `UnknownNameError` for an unknown format.
    """
    if is_hub_name(name):
        used, items = open_hub(name, format=format)
        remarks: tuple[str, ...] = ()
    else:
        path = Path(name)
        used = format_of(path, format)
        items = items_of(used, path)
        remarks = () if path.is_dir() or is_parquet(path) else remarks_on_text(path)
    kinds: Counter[str] = Counter()
    quarantined: list[SetAside] = []
    without = 0
    for found in sound_problems(used, items, name, check):
        if isinstance(found, SetAside):
            quarantined.append(found)
            continue
        problem = found[1]
        kinds[problem.kind] += 1
        without += not problem.references
    return CheckedFile(
        file=name,
        format=used.name,
        sound=kinds.total(),
        kinds=dict(sorted(kinds.items())),
        without_references=without,
        quarantined=tuple(quarantined),
        remarks=remarks,
    )


def remarks_on_text(path: Path) -> tuple[str, ...]:
    """What is unusual in the bytes of a text file and yet allowed, in words."""
    seen = _Seen()
    # Where a compressed file is damaged, the reader of its records says so.
    with open_bytes(path) as file, suppress(EOFError, OSError, zlib.error):
        while chunk := file.read(_CHUNK):
            seen.feed(chunk)
    remarks = []
    if seen.windows:
        ends = f"{seen.windows:,} of {seen.lines:,} lines end as on Windows"
        remarks.append(f"{ends}, which changes nothing")
    if seen.first == _MARK:
        remarks.append("begins with a byte order mark, which is passed over")
    if seen.longest > MAX_LINE // 4:
        remarks.append(f"its longest line has {seen.longest:,} bytes; {MAX_LINE:,} are the most")
    return tuple(remarks)


@dataclass(slots=True)
class _Seen:
    """Lines of a text that comes in chunks, however they fall."""

    first: bytes = b""
    windows: int = 0
    lines: int = 0
    longest: int = 0
    current: int = 0
    before: bytes = b""

    def feed(self, chunk: bytes) -> None:
        self.first = (self.first + chunk)[: len(_MARK)] if len(self.first) < 3 else self.first
        self.windows += (self.before + chunk).count(b"\r\n")
        self.before = b"\r" if chunk.endswith(b"\r") else b""
        first, *rest = chunk.split(b"\n")
        self.lines += len(rest)
        self.current += len(first)
        self.longest = max(self.longest, self.current, *map(len, rest), 0)
        if rest:
            self.current = len(rest[-1])
