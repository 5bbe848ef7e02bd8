"""Writes a family's vocabulary as `tokenizer.json`: whole-word tokens, longest match first."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["END", "PAD", "SPECIAL", "UNKNOWN", "tokenizer_config", "tokenizer_json"]

PAD = "<pad>"
END = "<end>"
UNKNOWN = "<unk>"
# They come first in every vocabulary, so their ids are 0, 1 and 2.
SPECIAL = (PAD, END, UNKNOWN)


def tokenizer_json(tokens: list[str]) -> str:
    """The text of `tokenizer.json` (a WordLevel model behind a Split on the words themselves).

    Args:
        tokens: the distinct tokens after the special ones, in the order of their ids.
    """
    if len(set(tokens)) != len(tokens) or set(tokens) & set(SPECIAL):
        raise ValueError("the tokens of a vocabulary must be distinct and not special")
    longest_first = sorted(tokens, key=lambda token: (-len(token), token))
    split = {
        "type": "Split",
        "pattern": {"Regex": "|".join(re.escape(token) for token in longest_first)},
        "behavior": "Isolated",
        "invert": False,
    }
    added = [
        {
            "id": number,
            "content": text,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for number, text in enumerate(SPECIAL)
    ]
    document: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": split,
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {
            "type": "WordLevel",
            "vocab": {text: number for number, text in enumerate([*SPECIAL, *tokens])},
            "unk_token": UNKNOWN,
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def tokenizer_config(context: int) -> str:
    """The text of `tokenizer_config.json`, for transformers and vLLM."""
    document = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": PAD,
        "eos_token": END,
        "unk_token": UNKNOWN,
        "clean_up_tokenization_spaces": False,
        "model_max_length": context,
    }
    return json.dumps(document, indent=1) + "\n"
