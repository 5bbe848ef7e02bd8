"""Reading JSON objects line by line from files that are broken in every way."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.lines import Record, SetAside, read_records

from .conftest import WriteLines


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", "not JSON: Expecting value (column 1)"),
        (b'{"a": "\xe9"}', "not UTF-8 (byte 8 of the line)"),
        (b"[1]", "not a JSON object; one object a line is expected"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice"),
        (b'{"a": NaN}', "holds NaN, which is no JSON number"),
        (b"[" * 100_000, "not JSON that can be read: nested too deep"),
        (b'{"a": "' + b"x" * 300_000 + b'"}', "longer than 200,000 bytes"),
    ],
)
def test_broken_line_has_number_and_reason(write: WriteLines, line: bytes, reason: str) -> None:
    path = write(b'{"good": 1}', line, b'{"good": 2}')
    assert list(read_records(path, max_line=200_000)) == [
        Record(1, {"good": 1}),
        SetAside(str(path), 2, reason),
        Record(3, {"good": 2}),
    ]


def test_number_with_too_many_digits_is_a_reason(write: WriteLines) -> None:
    (item,) = read_records(write(b'{"a": ' + b"9" * 10_000 + b"}"))
    assert isinstance(item, SetAside)


def test_blank_lines_count_as_lines_and_hold_nothing(write: WriteLines) -> None:
    assert list(read_records(write(b"", b"  ", b"{}"))) == [Record(3, {})]


def test_empty_file_holds_nothing(write: WriteLines) -> None:
    assert list(read_records(write())) == []


def test_gzip_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl"
    path.write_bytes(gzip.compress(b'{"a": 1}\n'))
    assert list(read_records(path)) == [Record(1, {"a": 1})]


def test_plain_text_under_a_gzip_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl.gz"
    path.write_bytes(b'{"a": 1}\n')
    assert list(read_records(path)) == [Record(1, {"a": 1})]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_gzip_ends_with_a_reason(tmp_path: Path, damage: str) -> None:
    whole = bytearray(gzip.compress(json.dumps({"a": "b" * 1000}).encode()))
    if damage == "cut":
        del whole[-12:]
    else:
        whole[-1] ^= 0xFF
    path = tmp_path / "a.gz"
    path.write_bytes(whole)
    last = list(read_records(path))[-1]
    assert isinstance(last, SetAside)
    assert "damaged from here on" in last.reason


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=3)))
def test_what_json_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert list(read_records(path)) == [Record(at + 1, row) for at, row in enumerate(rows)]


def test_a_parquet_file_is_told_from_broken_json(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1\x15\x04\n\x15\x80" * 20 + b"PAR1")
    (found,) = read_records(path)
    assert isinstance(found, SetAside)
    assert found.reason == "is a Parquet file, where JSON lines are expected"
