"""A file of problems gone through to its end: what of it is sound, what is not, and why.

Keeps no problem, so that a file of any size can be checked; changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vervet.core.lines import MAX_LINE, SetAside, open_bytes
from vervet.problems.hub import is_hub_name, open_hub
from vervet.problems.reading import ProblemCheck, format_of, items_of, sound_problems
from vervet.problems.rows import is_parquet

__all__ = ["CheckedFile", "check_file", "remarks_on_text"]

_CHUNK = 1 << 20


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
        remarks = () if is_parquet(path) else remarks_on_text(path)
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
    windows = lines = longest = current = 0
    last = first = b""
    with open_bytes(path) as file:
        try:
            while chunk := file.read(_CHUNK):
                first = first or chunk[:3]
                windows += (last + chunk).count(b"\r\n")
                last = chunk[-1:] if chunk.endswith(b"\r") else b""
                parts = chunk.split(b"\n")
                lines += len(parts) - 1
                for at, part in enumerate(parts):
                    current = len(part) + (current if at == 0 else 0)
                    longest = max(longest, current)
        except (EOFError, OSError) as error:
            del error  # The reader of records says where a compressed file is damaged.
    remarks = []
    if windows:
        remarks.append(f"{windows:,} of {lines:,} lines end as on Windows, which changes nothing")
    if first == b"\xef\xbb\xbf":
        remarks.append("begins with a byte order mark, which is passed over")
    if longest > MAX_LINE // 4:
        remarks.append(f"its longest line has {longest:,} bytes; {MAX_LINE:,} are the most")
    return tuple(remarks)
