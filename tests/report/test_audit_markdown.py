from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from vervet.report.audit_document import (
    Block,
    Card,
    Column,
    Document,
    Fold,
    Kind,
    Name,
    Patch,
    Point,
    Points,
    Rows,
    Section,
    Sides,
    Words,
)
from vervet.report.audit_markdown import MOST_CHARACTERS, audit_markdown
from vervet.report.audit_texts import pair_lines, plain

from .audit_samples import HOSTILE

PARSER = MarkdownIt("commonmark").enable("table")


def _document(*blocks: Block) -> Document:
    return Document("T", "subject", "", [], [], [Section("S", blocks)])


def _parsed(text: str) -> list[Token]:
    return PARSER.parse(text)


def _text_of(token: Token) -> str:
    """What a reader sees of a piece of text; tags of code are the only ones there may be."""
    found = ""
    for child in token.children or []:
        if child.type == "html_inline":
            assert child.content in ("<code>", "</code>")
            continue
        assert child.type in ("text", "code_inline", "strong_open", "strong_close", "em_open",
                              "em_close", "text_special")  # fmt: skip
        found += child.content
    return found.replace("\u200b", "")


def _cells(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    tokens = _parsed(text)
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        if token.type in ("td_open", "th_open"):
            rows[-1].append(_text_of(tokens[at + 1]))
    return rows


def _table(cells: Sequence[str | Name]) -> str:
    columns = [Column(f"c{at}") for at in range(len(cells))]
    return audit_markdown(_document(Rows("", columns, [cells])))


# Eight characters that are written out are as long as a name may be.
VISIBLE = st.text(st.characters(exclude_characters="\u200b"), max_size=8)


@given(VISIBLE, VISIBLE)
def test_any_text_is_one_cell_and_reads_as_it_was(words: str, name: str) -> None:
    rows = _cells(_table([words, Name(name), "end"]))
    assert rows[1] == [plain(words), plain(name) or "(empty)", "end"]


@pytest.mark.parametrize("text", ["a|b", "a\\|b", "a\\\\|b", "`|`", "``|", "<!--|-->", "\\"])
def test_pipes_never_part_a_cell(text: str) -> None:
    assert _cells(_table([text, Name(text)]))[1] == [text, text]


@pytest.mark.parametrize("text", ["@octocat", "see #12", "https://evil.example", "www.evil.com"])
def test_words_call_nobody_and_link_nowhere(text: str) -> None:
    said = audit_markdown(_document(Words(text)))
    assert not re.search(r"(?<!\w)@\w|#\d|://\w|www\.", said)


def test_k_of_pass_at_k_is_no_mention() -> None:
    assert "pass@k" in audit_markdown(_document(Words("mean pass@k")))


@pytest.mark.parametrize("text", ["# no heading", "1. no list", "- no list", "> no quote", "==="])
def test_a_paragraph_is_never_another_block(text: str) -> None:
    tokens = _parsed(audit_markdown(_document(Words(text))))
    kinds = {token.type for token in tokens}
    assert not kinds & {"ordered_list_open", "bullet_list_open", "blockquote_open"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2", "h3"]


def test_a_fence_is_longer_than_any_in_an_output() -> None:
    pairs, _ = pair_lines(b"a\n````\nb\n", b"a\n")
    said = audit_markdown(_document(Sides("Expected", "Actual", pairs), Words("after")))
    fences = [token for token in _parsed(said) if token.type == "fence"]
    assert [fence.info for fence in fences] == ["diff"]
    assert fences[0].content == "  a\n- ````\n- b\n"


def test_a_diff_has_all_lines_that_go_before_those_that_come() -> None:
    pairs, _ = pair_lines(b"1\n2\n3\n", b"1\nx\ny\n")
    said = audit_markdown(_document(Sides("Expected", "Actual", pairs)))
    assert "  1\n- 2\n- 3\n+ x\n+ y\n" in said


def test_hostile_texts_make_no_markup() -> None:
    said = audit_markdown(
        Document(
            HOSTILE,
            HOSTILE,
            HOSTILE,
            [Card(HOSTILE, HOSTILE, HOSTILE)],
            [HOSTILE],
            [
                Section(
                    HOSTILE,
                    [
                        Words(HOSTILE),
                        Points([Point(HOSTILE, HOSTILE)]),
                        Rows(HOSTILE, [Column(HOSTILE), Column("n", Kind.NUMBER)],
                             [[Name(HOSTILE), HOSTILE]]),
                        Fold(Name(HOSTILE), HOSTILE, [Patch(["+ a", "- b"])]),
                    ],
                )
            ],
            [HOSTILE],
        )
    )  # fmt: skip
    outside = re.sub(r"</?(details|summary|code)>", "", said)
    assert "<" not in outside
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert not re.search(r"(?<![\w`])@octocat", said)
    for token in _parsed(said):
        assert not [each for each in token.children or [] if each.type in ("link_open", "image")]


def test_a_summary_reads_as_it_was_for_it_is_html() -> None:
    said = audit_markdown(_document(Fold(Name("a_b"), "`x` < *y* & [z] @you", [Words("inside")])))
    (block, *_) = [token for token in _parsed(said) if token.type == "html_block"]
    shown = unescape(re.sub(r"<[^>]*>", "", block.content)).strip()
    assert shown == "a_b `x` < *y* & [z] @\u200byou"


def test_stays_below_what_a_tracker_takes_and_says_so() -> None:
    blocks = [Words("x" * 500) for _ in range(500)]
    said = audit_markdown(_document(*blocks))
    assert len(said) < MOST_CHARACTERS + 2_000
    assert "more parts are in report.html" in said


def test_counts_the_rows_that_it_leaves_out() -> None:
    rows = [[str(at)] for at in range(40)]
    said = audit_markdown(_document(Rows("", [Column("a")], rows)))
    assert len(_cells(said)) == 26
    assert "*15 more rows are in report.json.*" in said
