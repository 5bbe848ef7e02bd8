"""Lines of text files, plain or gzip, read one at a time with their numbers.

A line that cannot be read is a value with a reason, so that the rest of the file goes on.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

__all__ = [
    "MAX_LINE",
    "Record",
    "SetAside",
    "no_constant",
    "open_bytes",
    "read_records",
    "unique_keys",
]

MAX_LINE = 64 << 20
"""Longest line that is read, in bytes after decompression."""

_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_PARQUET = "is a Parquet file, where JSON lines are expected"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was not used of a file: the line (from 1) and why, in words for the user."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object and the line (from 1) on which it starts."""

    line: int
    value: dict[str, Any]


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, decompressed when it starts as gzip does, whatever its name.

    Raises `OSError` if it cannot be opened.
    """
    with path.open("rb") as file:
        compressed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb") if compressed else path.open("rb"))


def read_records(
    path: Path, *, max_line: int = MAX_LINE, constants: bool = False
) -> Iterator[Record | SetAside]:
    """Each line's JSON object, or why there is none. Blank lines are passed over.

    With `constants` NaN and Infinity, which are no JSON but are written all the same, are read.
    A compressed file that ends early gives what could be read, then one `SetAside`.
    Raises `OSError` if the file cannot be opened or read.
    """
    with open_bytes(path) as file:
        for number, raw in _numbered(file, max_line):
            if number == 1 and raw[:4] == _PARQUET_MAGIC:
                yield SetAside(str(path), 1, _PARQUET)
                return
            if isinstance(raw, str):
                yield SetAside(str(path), number, raw)
                continue
            if not raw.strip():
                continue
            try:
                yield Record(number, _object(raw, constants))
            except ValueError as error:
                yield SetAside(str(path), number, str(error))


def _numbered(file: IO[bytes], max_line: int) -> Iterator[tuple[int, bytes | str]]:
    """Line numbers with bytes, or with the reason for which a line has none."""
    number = 0
    while True:
        number += 1
        try:
            raw = file.readline(max_line + 1)
            if len(raw) > max_line:
                _skip_rest(file, raw)
                yield number, f"longer than {max_line:,} bytes"
                continue
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield number, f"the compressed file is damaged from here on ({error})"
            return
        if not raw:
            return
        yield number, raw.removeprefix(_BOM) if number == 1 else raw


def _skip_rest(file: IO[bytes], raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(1 << 20)


def _object(raw: bytes, constants: bool) -> dict[str, Any]:
    """The JSON object in `raw`. Raises `ValueError` with the reason if there is none."""
    try:
        constant = None if constants else no_constant
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=unique_keys, parse_constant=constant
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start + 1} of the line)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object; one object a line is expected")
    return value


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of those pairs. Raises `ValueError` if a key stands twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return value


def no_constant(name: str) -> float:
    """Never returns: raises `ValueError`, since NaN and Infinity are no JSON."""
    raise ValueError(f"holds {name}, which is no JSON number")
