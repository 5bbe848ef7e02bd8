"""What is printed never makes a terminal obey a stranger."""

from __future__ import annotations

import io
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import RenderableType
from rich.text import Text

from vervet.cli.display import LiveDisplay
from vervet.cli.output import out, table
from vervet.pipeline.progress import Phase, Snapshot, StatusLine

HOSTILE = "a\x1b[2J\x9b1m[/bold]\u202eb"
SPELT = r"a\x1b[2J\x9b1m[/bold]\u202eb"


def printed(thing: RenderableType) -> str:
    console = out()
    console.file = io.StringIO()
    console.print(thing, markup=False)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "thing",
    [
        HOSTILE,
        Text(HOSTILE),
        Text.assemble((HOSTILE, "bold"), " and more"),
        table((HOSTILE,), [(HOSTILE,)], set()),
    ],
    ids=["text", "rich text", "styled text", "table"],
)
def test_controls_are_spelt_out_and_markup_is_left_as_it_is(thing: RenderableType) -> None:
    assert SPELT in printed(thing)
    assert "\x1b" not in printed(thing)


@given(st.text())
def test_no_control_character_of_a_text_is_printed(text: str) -> None:
    for thing in (text, Text(text, style="bold"), table(("id",), [(text,)], set())):
        said = printed(thing).replace("\n", "").replace("\t", "")
        assert not [c for c in said if category(c) == "Cc"]


def test_progress_on_a_terminal_shows_hostile_names() -> None:
    snapshot = Snapshot(
        run=HOSTILE,
        phase=Phase.SAMPLING,
        problems=1,
        expected=1,
        sampled=1,
        verified=1,
        statuses=(StatusLine("failed", 1, (HOSTILE,)),),
        now=HOSTILE,
    )

    said = printed(LiveDisplay(out())._view(snapshot))

    assert said.count(SPELT) == 3
    assert "\x1b" not in said
