"""JSON objects of a file: lines or one document, each with its line, whatever is broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vervet.core.documents import read_objects
from vervet.core.lines import Record, SetAside


def read(path: Path, data: bytes) -> list[tuple[int, object]]:
    path.write_bytes(data)
    return [
        (item.line, item.value if isinstance(item, Record) else item.reason)
        for item in read_objects(path, "id")
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "a", "n": 1}\n{"id": "b", "n": 2}\n',
        '[{"id": "a", "n": 1}, {"id": "b", "n": 2}]',
        '[\n {"id": "a", "n": 1},\n {"id": "b",\n  "n": 2}\n]\n',
        '{"a": {"n": 1}, "b": {"id": "b", "n": 2}}',
        '{\n "a": {"n": 1},\n "b": {"n": 2}\n}',
        '\ufeff  [{"id": "a", "n": 1},{"id": "b", "n": 2}]',
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_same_objects_in_every_form(tmp_path: Path, text: str, packed: bool) -> None:
    data = gzip.compress(text.encode()) if packed else text.encode()
    found = [value for _, value in read(tmp_path / "file.json", data)]
    assert found == [{"id": "a", "n": 1}, {"id": "b", "n": 2}]


def test_objects_of_a_document_have_their_lines(tmp_path: Path) -> None:
    text = b'[\n {"id": "a"},\n\n {"id": "b",\n  "n": 2},\n 7, {"id": "c"}\n]'
    assert [line for line, _ in read(tmp_path / "f", text)] == [2, 4, 6, 6]


def test_a_pretty_printed_object_alone_is_one_record(tmp_path: Path) -> None:
    value = {"id": "a", "more": {"x": 1}}
    assert read(tmp_path / "f", json.dumps(value, indent=1).encode()) == [(1, value)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b'[{"id": "a"},\n{"id": }]', 2, "not JSON"),
        (b'[{"id": "a"}\n', 2, "']' is expected, and the end is there"),
        (b'[{"id": "a"}]\nmore', 2, "more follows"),
        (b'[{"id": "a"},\n {"id": 1, "id": 2}]', 2, "stands twice"),
        (b'[{"id": "a"},\n {"id": NaN}]', 2, "NaN"),
        (b'[{"id": "a"},\n\xff]', 2, "not UTF-8"),
        (b'[{"id": "a"},\n' + b"[" * 100_000, 2, "nested too deep"),
        (b'{\n"a": {"n": 1},\n"b": 7\n}', 1, ""),
    ],
)
def test_what_is_broken_is_named_with_its_line(
    tmp_path: Path, text: bytes, line: int, words: str
) -> None:
    found = read(tmp_path / "f.json", text)
    assert found[-1][0] == line
    assert words in str(found[-1][1])


def test_a_document_that_is_damaged_gzip_says_so(tmp_path: Path) -> None:
    data = gzip.compress(b'[{"id": "a"}]' * 100)
    ((line, words),) = read(tmp_path / "f.gz", data[:-9])
    assert (line, "damaged" in str(words)) == (1, True)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)
@given(data=st.one_of(st.binary(max_size=200), st.text('[]{}":,0 \nai', max_size=80)))
def test_no_file_makes_it_raise(tmp_path: Path, data: bytes | str) -> None:
    path = tmp_path / "any"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    for item in read_objects(path, "id"):
        assert isinstance(item, Record | SetAside)
        assert item.line >= 1


ROWS = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=4),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS, indent=st.sampled_from([None, 1]))
def test_a_list_gives_back_its_objects_with_the_lines_where_they_start(
    tmp_path: Path, rows: list[dict[str, object]], indent: int | None
) -> None:
    text = json.dumps(rows, indent=indent)
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    items = list(read_objects(path, "\0id"))
    assert [item.value for item in items if isinstance(item, Record)] == rows
    lines = text.split("\n")
    assert all("{" in lines[item.line - 1] for item in items)
