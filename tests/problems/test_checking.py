"""A check names every broken line of a file, with remarks on what is allowed, and goes on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from vervet.core.errors import ProblemError
from vervet.core.values import Problem
from vervet.problems import checking
from vervet.problems.checking import check_file

from .conftest import WriteLines
from .test_contest_formats import CONTEST


def program(name: str, **changes: object) -> bytes:
    tests = [{"input": "1", "output": "1"}]
    record = {"id": name, "kind": "program", "prompt": "Print it.", "tests": tests, **changes}
    return json.dumps(record).encode()


BROKEN = [
    (program("a"), "the id 'a' stands on line 1 too"),
    (program("b", tests=[]), "has no tests"),
    (program("c", prompt=""), "'prompt' is empty"),
    (program("d", prompt=" \n"), "its prompt is empty"),
    (program("e", prompt="\0"), "holds a NUL"),
    (b'{"id": "\xff"}', "not UTF-8 (byte 9 of the line)"),
    (b'{"id": ', "not JSON"),
    (program("f", prompt="x" * (65 << 20)), "longer than 67,108,864 bytes"),
    (program("g", kind="proof"), "unknown kind"),
]


def test_every_broken_line_is_named_and_the_rest_goes_on(write: WriteLines) -> None:
    path = write(program("a"), *(line for line, _ in BROKEN), program("z", references=["1"]))
    found = check_file(str(path))
    assert (found.format, found.sound, found.kinds) == ("plain", 2, {"program": 2})
    assert found.without_references == 1
    assert [item.line for item in found.quarantined] == list(range(2, 2 + len(BROKEN)))
    for item, (_, reason) in zip(found.quarantined, BROKEN, strict=True):
        assert reason in item.reason
        assert item.file == str(path)


def test_unequal_numbers_of_inputs_and_outputs_are_named(write: WriteLines) -> None:
    unequal = {**CONTEST, "name": "b", "private_tests": {"input": ["1", "2"], "output": ["1"]}}
    path = write(json.dumps(CONTEST).encode(), json.dumps(unequal).encode())
    (aside,) = check_file(str(path)).quarantined
    assert str(aside) == (f"{path}:2: 'private_tests' has 2 inputs and 1 outputs: not one each")


def test_windows_line_ends_and_a_mark_are_remarks(write: WriteLines) -> None:
    path = write(b"\xef\xbb\xbf" + program("a"), program("b"), end=b"\r\n")
    found = check_file(str(path))
    assert (found.sound, found.quarantined) == (2, ())
    assert found.remarks == (
        "2 of 2 lines end as on Windows, which changes nothing",
        "begins with a byte order mark, which is passed over",
    )


@pytest.mark.parametrize("chunk", [1, 2, 7, 1 << 20])
def test_line_ends_are_counted_across_chunks(
    write: WriteLines, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(checking, "_CHUNK", chunk)
    path = write(b"\xef\xbb\xbfa", b"", b"bc", end=b"\r\n")
    remarks = checking.remarks_on_text(path)
    assert remarks[0].startswith("3 of 3 lines")
    assert "byte order mark" in remarks[1]


def test_a_line_that_is_nearly_too_long_is_a_remark(write: WriteLines) -> None:
    path = write(program("a", prompt="x" * (17 << 20)))
    found = check_file(str(path))
    assert found.sound == 1
    assert "its longest line has 17,8" in found.remarks[0]


def damaged(raw: bytes, at: slice, by: bytes) -> bytes:
    changed = bytearray(raw)
    changed[at] = by
    return bytes(changed)


@pytest.mark.parametrize(
    ("at", "by", "sound"),
    [(slice(-8, None), b"", 1), (slice(40, 60), b"\xff" * 20, 0)],
    ids=["cut", "overwritten"],
)
def test_damage_of_a_compressed_file_is_named_once(
    tmp_path: Path, at: slice, by: bytes, sound: int
) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(damaged(gzip.compress(program("a") + b"\n"), at, by))
    found = check_file(str(path), format="plain")
    assert found.sound == sound
    assert ["damaged from here on" in item.reason for item in found.quarantined] == [True]


def test_what_no_verifier_can_judge_is_in_quarantine(write: WriteLines) -> None:
    def refuse(problem: Problem) -> None:
        if problem.id == "b":
            raise ProblemError("it cannot be judged")

    found = check_file(str(write(program("a"), program("b"))), check=refuse)
    assert found.sound == 1
    assert [(item.line, item.reason) for item in found.quarantined] == [(2, "it cannot be judged")]
