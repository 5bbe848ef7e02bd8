"""Digests: identity by content. Expected ones were made with sha256sum(1)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.digests import (
    canonical_json,
    digest_bytes,
    digest_file,
    digest_json,
    digest_text,
)
from vervet.core.status import Flag, Status
from vervet.core.values import Problem, Solution, Suite, Verdict

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_digest_is_sha256_in_hex(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert digest_bytes(b"abc") == digest_text("abc") == digest_file(tmp_path / "abc") == ABC


@given(st.text(alphabet=st.characters(codec=None)))
def test_every_text_has_a_digest(text: str) -> None:
    assert len(digest_text(text)) == 64


def test_json_has_one_text_whatever_the_order_of_its_keys() -> None:
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"\\u00e9"]}'
    assert digest_json({"b": 1, "a": 2}) == digest_json({"a": 2, "b": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(value)


PROBLEM = Problem("p", "program", "prompt", {"tests": [1]}, stop=("\n",))


@pytest.mark.parametrize(
    "change",
    [{"id": "q"}, {"kind": "answer"}, {"prompt": "x"}, {"spec": {}}, {"stop": ()}],
)
def test_what_can_change_a_verdict_changes_a_problems_digest(change: dict[str, object]) -> None:
    assert replace(PROBLEM, **change).digest != PROBLEM.digest  # type: ignore[arg-type]


def test_labels_and_references_leave_a_problems_digest() -> None:
    assert replace(PROBLEM, labels={"x": 1}, references=("r",)).digest == PROBLEM.digest


def test_the_order_of_problems_is_part_of_a_suite() -> None:
    other = replace(PROBLEM, id="q")
    one, two = Suite("s", (PROBLEM, other)), Suite("s", (other, PROBLEM))
    assert one.digest != two.digest
    assert one.digest == Suite("another name", (PROBLEM, other)).digest


def test_a_malformed_solution_is_not_an_empty_one() -> None:
    assert Solution("program", "").digest != Solution("program", "", "cut").digest
    assert Solution("program", "x").digest != Solution("answer", "x").digest


@pytest.mark.parametrize(
    ("status", "flags", "counts"),
    [
        (Status.PASSED, set(), True),
        (Status.PASSED, {Flag.STARVED, Flag.SPEED_DEPENDENT, Flag.CLAIMED}, True),
        (Status.PASSED, {Flag.FLAGGED}, False),
        (Status.PASSED, {Flag.BESIDE}, False),
        (Status.PASSED, {Flag.UNSAFE, Flag.STARVED}, False),
        (Status.FAILED, set(), False),
    ],
)
def test_passes_under_suspicion_do_not_count(
    status: Status, flags: set[Flag], counts: bool
) -> None:
    assert Verdict(status, flags=frozenset(flags)).counts_as_passed is counts
