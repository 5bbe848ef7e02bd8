"""JSON objects of a file that is JSON lines or one JSON document: a list, or a mapping by id.

People write the same records in either form. Each object comes with the line on which it
starts; what cannot be read is a value with a reason.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vervet.core.lines import Record, SetAside, no_constant, open_bytes, read_records, unique_keys

__all__ = ["MAX_DOCUMENT", "read_objects"]

MAX_DOCUMENT = 1 << 30
"""Largest document that is read whole, in bytes after decompression; JSON lines have no end."""

_BOM = b"\xef\xbb\xbf"
_LOOK_AT = 1 << 16
_BLANK = " \t\r\n"


def read_objects(path: Path, id_key: str) -> Iterator[Record | SetAside]:
    """Each object with its line (from 1), or why there is none.

    A mapping of objects that has no key `id_key` of its own is a mapping by id: its keys go
    under `id_key` where the objects leave it out. Raises `OSError` if the file cannot be read.
    """
    if _is_document(path):
        yield from _document(path, id_key)
        return
    for item in read_records(path):
        if isinstance(item, Record) and _is_by_id(item.value, id_key):
            for key, value in item.value.items():
                yield Record(item.line, _with_id(value, id_key, key))
        else:
            yield item


def _is_document(path: Path) -> bool:
    """Whether the file starts as a list does, or with a bracket that its line does not close."""
    try:
        with open_bytes(path) as file:
            start = file.read(_LOOK_AT).removeprefix(_BOM).lstrip()
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False  # where the damage is, the reader of lines says
    first, newline, _ = start.partition(b"\n")
    return start.startswith(b"[") or (first.strip() == b"{" and bool(newline))


def _is_by_id(value: dict[str, Any], id_key: str) -> bool:
    return (
        id_key not in value
        and len(value) > 0
        and all(isinstance(each, dict) and bool(each) for each in value.values())
    )


def _with_id(value: dict[str, Any], id_key: str, key: str) -> dict[str, Any]:
    return value if id_key in value else {id_key: key, **value}


def _document(path: Path, id_key: str) -> Iterator[Record | SetAside]:
    with open_bytes(path) as file:
        try:
            data = file.read(MAX_DOCUMENT + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield SetAside(str(path), 1, f"the compressed file is damaged ({error})")
            return
    if len(data) > MAX_DOCUMENT:
        reason = f"longer than {MAX_DOCUMENT:,} bytes: write it as JSON lines, which have no limit"
        yield SetAside(str(path), 1, reason)
        return
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield SetAside(str(path), line, f"not UTF-8 (byte {error.start + 1} of the file)")
        return
    single = _single(text, id_key)
    if single is not None:
        yield Record(1, single)
    else:
        yield from _Scan(str(path), text, id_key).values()


def _single(text: str, id_key: str) -> dict[str, Any] | None:
    """The one object that the whole document is, if it is that and no mapping by id."""
    if text.lstrip()[:1] != "{":
        return None
    try:
        value = json.loads(text, object_pairs_hook=unique_keys, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not _is_by_id(value, id_key) else None


class _Scan:
    """A walk over the values of a document: those of its list or mapping, one at a time."""

    def __init__(self, file: str, text: str, id_key: str) -> None:
        self._file = file
        self._id_key = id_key
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._decoder = json.JSONDecoder(object_pairs_hook=unique_keys, parse_constant=no_constant)

    def values(self) -> Iterator[Record | SetAside]:
        """The objects; what is broken ends the walk, since nothing says where the next begins."""
        opening = self._next()
        closing = "]" if opening == "[" else "}"
        self._at += 1
        try:
            if self._next() != closing:
                yield self._value(closing)
                while self._next() == ",":
                    self._at += 1
                    yield self._value(closing)
            self._expect(closing)
            self._at += 1
            if self._next():
                raise ValueError("the document ends here, and more follows")
        except json.JSONDecodeError as error:
            self._at = error.pos
            yield self._ends(f"not JSON: {error.msg}")
        except RecursionError:
            yield self._ends("nested too deep")
        except ValueError as error:
            yield self._ends(str(error))

    def _value(self, closing: str) -> Record | SetAside:
        key = self._key() if closing == "}" else None
        self._next()
        line = self._here()
        value, self._at = self._decoder.raw_decode(self._text, self._at)
        if not isinstance(value, dict):
            return SetAside(self._file, line, "not a JSON object; a list of objects is expected")
        return Record(line, value if key is None else _with_id(value, self._id_key, key))

    def _key(self) -> str:
        self._expect('"')
        key, self._at = self._decoder.raw_decode(self._text, self._at)
        self._expect(":")
        self._at += 1
        return str(key)

    def _next(self) -> str:
        """The next character that is no blank, "" at the end."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in _BLANK:
            at += 1
        self._at = at
        return text[at : at + 1]

    def _expect(self, wanted: str) -> None:
        found = self._next()
        if found != wanted:
            seen = repr(found) if found else "the end"
            raise ValueError(f"not JSON: {wanted!r} is expected, and {seen} is there")

    def _here(self) -> int:
        """The line of the present place; only ever asked with places in rising order."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = max(self._counted, self._at)
        return self._line

    def _ends(self, reason: str) -> SetAside:
        return SetAside(
            self._file, self._here(), f"{reason}; the document cannot be read from here on"
        )
