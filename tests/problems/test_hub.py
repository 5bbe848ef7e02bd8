"""Suites of the hub: names taken apart, rows that `datasets` streams, and no network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import datasets
import pytest

from vervet.core.errors import ProblemError, UsageError
from vervet.core.lines import Record, SetAside
from vervet.problems.bundled import load
from vervet.problems.hub import HubName, Rows, parse_hub_name, read_hub_suite, rows_as_items

from .test_answer_formats import GSM8K
from .test_contest_formats import CONTEST
from .test_rows import parquet


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hf://openai/gsm8k", HubName("openai/gsm8k")),
        ("hf://openai/gsm8k/main:train", HubName("openai/gsm8k", "main", None, "train")),
        ("hf://a/b@v1.0", HubName("a/b", None, "v1.0")),
        ("hf://a/b/c@refs/pr/1:test", HubName("a/b", "c", "refs/pr/1", "test")),
    ],
)
def test_a_name_has_its_parts(name: str, parts: HubName) -> None:
    assert parse_hub_name(name) == parts


@pytest.mark.parametrize("name", ["hf://", "hf://gsm8k", "hf://a/b/c/d", "hf://a/b:", "hf://a b/c"])
def test_a_name_that_is_none_is_told_its_form(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(name)
    assert "hf://OWNER/NAME" in caught.value.hint


def streamed(kind: str, path: Path) -> Any:
    """As the hub's rows come, from a file here: `datasets` streams both in the same way."""

    def rows(hub: HubName) -> Rows:
        cache = str(path.parent / "cache")
        found: Rows = datasets.load_dataset(
            kind, data_files=str(path), split="train", streaming=True, cache_dir=cache
        )
        return found

    return rows


def test_rows_that_datasets_streams_are_the_suite_of_the_file(tmp_path: Path) -> None:
    lines = [GSM8K, {**GSM8K, "answer": "none"}, {**GSM8K, "question": "Again?"}]
    path = tmp_path / "gsm8k.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    loaded = read_hub_suite("hf://openai/gsm8k/main:test", load=streamed("json", path))
    assert [problem.id for problem in loaded.suite.problems] == ["gsm8k/0", "gsm8k/2"]
    assert loaded.suite.digest == load(str(path)).suite.digest
    assert (loaded.suite.name, loaded.suite.origin) == ("gsm8k", "hf://openai/gsm8k/main:test")
    (aside,) = loaded.set_aside
    assert str(aside).startswith("hf://openai/gsm8k/main:test:2: ")


def test_parquet_that_datasets_streams_is_the_suite_of_the_file(tmp_path: Path) -> None:
    rows = [CONTEST, {**CONTEST, "name": "other", "time_limit": None}]
    path = parquet(tmp_path / "contests.parquet", rows)
    loaded = read_hub_suite("hf://deepmind/code_contests", load=streamed("parquet", path))
    assert loaded.set_aside == ()
    assert loaded.suite.digest == load(str(path)).suite.digest


def test_no_more_rows_are_fetched_than_the_limit_needs() -> None:
    fetched = 0

    def rows(hub: HubName) -> Iterator[dict[str, Any]]:
        nonlocal fetched
        for _ in range(1000):
            fetched += 1
            yield GSM8K

    loaded = read_hub_suite("hf://a/b", limit=3, load=rows)
    assert len(loaded.suite.problems) == 3
    assert fetched == 3


def test_a_broken_stream_keeps_what_came_before() -> None:
    def rows(hub: HubName) -> Iterator[dict[str, Any]]:
        yield GSM8K
        raise ConnectionError("lost")

    loaded = read_hub_suite("hf://a/b", load=rows)
    assert len(loaded.suite.problems) == 1
    assert "could not be read from here on (ConnectionError: lost)" in loaded.set_aside[0].reason


def test_dates_are_text_since_problems_are_json() -> None:
    (item,) = rows_as_items([{"contest_date": datetime(2024, 1, 2, tzinfo=UTC)}], "x")
    assert not isinstance(item, SetAside)
    assert item == Record(1, {"contest_date": "2024-01-02T00:00:00+00:00"})


def test_a_hub_that_cannot_be_reached_is_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any, **options: Any) -> Any:
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "load_dataset", refused)
    with pytest.raises(ProblemError, match="cannot read a/b from the hub: ConnectionError"):
        load("hf://a/b")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", [GSM8K])
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name, extra in (("hf://a/b", "vervet[hf]"), (str(path), "vervet[parquet]")):
        with pytest.raises(ProblemError) as caught:
            load(name)
        assert extra in caught.value.hint
