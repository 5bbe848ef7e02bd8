"""Our reader of tokenizer.json: round trips, refusals, and the library `tokenizers` beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from tests.generation.embedded import tiny
from vervet.core.errors import ModelError, PromptError
from vervet.generation.embedded.tokenizer import Tokenizer
from vervet.generation.embedded.training.vocabulary import SPECIAL, tokenizer_json


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_folder(tmp_path_factory.mktemp("tiny"))


@given(parts=st.lists(st.sampled_from(tiny.TOKENS)))
def test_round_trip_and_equal_to_the_library(folder: Path, parts: list[str]) -> None:
    text = "".join(parts)
    ours = Tokenizer.read(folder)
    tokens = ours.encode(text)
    assert ours.decode(tokens) == text
    library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokens == library.encode(text, add_special_tokens=False).ids
    assert library.decode(tokens, skip_special_tokens=True) == text


@given(text=st.text())
def test_any_text_round_trips_or_is_refused(folder: Path, text: str) -> None:
    tokenizer = Tokenizer.read(folder)
    try:
        tokens = tokenizer.encode(text)
    except PromptError:
        return
    assert tokenizer.decode(tokens) == text


def test_the_longest_token_wins(folder: Path) -> None:
    tokenizer = Tokenizer.read(folder)
    assert [tokenizer.texts[t] for t in tokenizer.encode("abcab77a")] == ["abc", "ab", "77", "a"]


def test_a_refusal_says_where(folder: Path) -> None:
    with pytest.raises(PromptError, match=r"line 2 .* 'def g\(\)' \(character 3 of 10\)"):
        Tokenizer.read(folder).encode("ab\ndef g()")


def test_special_tokens_give_no_text_and_are_not_read_from_text(folder: Path) -> None:
    tokenizer = Tokenizer.read(folder)
    assert tokenizer.decode([0, 3, 1, 2, 4, 99]) == "ab"
    with pytest.raises(PromptError):
        tokenizer.encode(SPECIAL[1])


def _change(path: list[str], value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _change(["model", "type"], "BPE"),
        _change(["pre_tokenizer", "pattern"], {"String": " "}),
        _change(["pre_tokenizer", "pattern"], {"Regex": "("}),
        _change(["pre_tokenizer", "invert"], True),
        _change(["decoder"], None),
        _change(["normalizer"], {"type": "NFC"}),
        _change(["post_processor"], {"type": "TemplateProcessing"}),
        _change(["model", "vocab"], {"a": 0, "b": 5}),
        _change(["model", "vocab"], {}),
        _change(["added_tokens"], [{"content": "<none>"}]),
    ],
)
def test_another_kind_of_tokenizer_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    document = json.loads(tokenizer_json(tiny.TOKENS))
    change(document)
    (tmp_path / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        Tokenizer.read(tmp_path)
