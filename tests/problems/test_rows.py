"""Rows of Parquet: as JSON lines give them, a few at a time, and told when they are damaged."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vervet.core.lines import Record, SetAside
from vervet.problems.bundled import load
from vervet.problems.codecontests import CodeContestsFormat
from vervet.problems.reading import guess_format
from vervet.problems.rows import is_parquet, read_rows

from .test_contest_formats import APPS, CONTEST, LIVE

SIZE = 256 << 20
"""Bytes of the long file's texts; a reader that held a third of them would be seen."""
GROWTH = 80 << 20


def parquet(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def test_rows_are_those_of_json_lines(tmp_path: Path) -> None:
    rows = [CONTEST, {**CONTEST, "name": "b", "time_limit": None}]
    path = parquet(tmp_path / "a.parquet", rows, row_group_size=1)
    lines = tmp_path / "a.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert is_parquet(path)
    assert not is_parquet(lines)
    assert list(read_rows(path)) == list(read_rows(lines))


@pytest.mark.parametrize("record", [CONTEST, APPS, LIVE], ids=["codecontests", "apps", "live"])
def test_both_files_of_a_suite_are_one_suite(tmp_path: Path, record: dict[str, Any]) -> None:
    lines = tmp_path / "suite.jsonl"
    lines.write_text(json.dumps(record))
    path = parquet(tmp_path / "suite.parquet", [record])
    assert guess_format(path).name == guess_format(lines).name
    assert load(str(path)).suite.digest == load(str(lines)).suite.digest


def test_only_the_columns_that_are_used_are_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", [{**CONTEST, "untranslated_description": "long"}])
    (row,) = CodeContestsFormat().records(path)
    assert isinstance(row, Record)
    assert "description" in row.value
    assert "untranslated_description" not in row.value


def test_a_row_that_is_not_utf_8_is_set_aside_alone(tmp_path: Path) -> None:
    bad = pa.array([b"good", b"\xff", b"good"], pa.binary()).view(pa.string())
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"question": bad}), path)
    first, broken, last = read_rows(path)
    assert isinstance(broken, SetAside)
    assert (broken.line, broken.reason) == (2, "not UTF-8 (byte 1)")
    assert first == Record(1, {"question": "good"})
    assert last == Record(3, {"question": "good"})


def test_a_damaged_file_gives_what_stands_before_and_a_reason(tmp_path: Path) -> None:
    texts = random.Random(1)
    rows = [{"question": texts.randbytes(2000).hex()} for _ in range(40)]
    path = parquet(tmp_path / "a.parquet", rows, row_group_size=8, compression="snappy")
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 9000] = b"\xff" * 9000
    path.write_bytes(raw)
    *before, last = read_rows(path)
    assert isinstance(last, SetAside)
    assert "the Parquet file is damaged from here on" in last.reason
    assert 0 < len(before) < len(rows)
    assert all(isinstance(item, Record) for item in before)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_only_begins_as_parquet_is_a_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    (only,) = read_rows(path)
    assert isinstance(only, SetAside)
    assert only.line == 1


def long_file(path: Path) -> None:
    """CodeContests of many problems with tests of a megabyte; small on the disk."""
    count = SIZE // (1 << 20)
    tests = {"input": ["1 2\n" * (1 << 18)], "output": ["3\n"]}
    empty: dict[str, list[str]] = {"input": [], "output": []}
    schema = pa.Table.from_pylist([CONTEST]).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for at in range(count):
            row = {**CONTEST, "name": f"{at}", "public_tests": tests, "private_tests": empty}
            writer.write_table(pa.Table.from_pylist([row], schema=schema))


def test_memory_stays_flat_while_a_long_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    long_file(path)
    script = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "import pyarrow.parquet\n"
        "from vervet.problems.checking import check_file\n"
        "def most() -> int:\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    return int(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])\n"
        "before = most()\n"
        "print(check_file(sys.argv[1]).sound, most() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    sound, grown = map(int, done.stdout.split())
    assert sound == SIZE >> 20
    assert grown * 1024 < GROWTH
