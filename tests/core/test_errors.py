"""The tree of errors is the one that its module draws."""

from __future__ import annotations

import re

import pytest

from vervet.core import errors
from vervet.core.errors import UnknownNameError, VervetError


def drawn() -> dict[str, str]:
    """Parents by name, as the module's docstring draws them."""
    parents: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"((?:[│ ]   )*(?:[├└]── )?)(\w+Error)\b", line):
            depth = len(found[1]) // 4
            del above[depth:]
            if above:
                parents[found[2]] = above[-1]
            above.append(found[2])
    return parents


def test_the_tree_is_the_drawn_one() -> None:
    real = {
        name: getattr(errors, name).__base__.__name__
        for name in errors.__all__
        if name != "VervetError"
    }
    assert real == drawn()


def test_every_error_says_when_it_is_raised() -> None:
    docs = {name: getattr(errors, name).__doc__ for name in errors.__all__}
    assert [name for name, doc in docs.items() if not (doc or "").strip()] == []


def test_a_hint_follows_the_message() -> None:
    error = VervetError("line 3 holds no prompt", hint="Add one.")
    assert (error.message, error.hint) == ("line 3 holds no prompt", "Add one.")
    assert str(error) == "line 3 holds no prompt\n  Add one."
    assert str(VervetError("plain")) == "plain"


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("humanevl", ["humaneval", "arith"], "Did you mean humaneval?"),
        ("zzz", ["humaneval", "arith"], "There is: arith, humaneval."),
        ("zzz", [], "There is no suite yet."),
    ],
)
def test_an_unknown_name_offers_what_there_is(name: str, known: list[str], hint: str) -> None:
    assert UnknownNameError("suite", name, known).hint == hint
