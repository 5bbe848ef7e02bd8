"""Our own reader of `tokenizer.json`: whole-word tokens, longest match first, nothing normalised.

It reads only the kind of file that the training writes, and equals the library `tokenizers` there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vervet.core.errors import ModelError, PromptError

__all__ = ["Tokenizer"]

_HINT = "Give a folder that `make train-model` wrote, or serve the model with vLLM."


class Tokenizer:
    """Text to token ids and back; `decode(encode(text)) == text` for every text it accepts."""

    def __init__(self, vocabulary: dict[str, int], pattern: str, special: Iterable[str]) -> None:
        self.vocabulary = vocabulary
        self.special = frozenset(vocabulary[text] for text in special)
        self.texts = [""] * (max(vocabulary.values()) + 1)
        for text, number in vocabulary.items():
            if number not in self.special:
                self.texts[number] = text
        self._pattern = re.compile(pattern)

    @classmethod
    def read(cls, folder: Path) -> Tokenizer:
        """Read `tokenizer.json` of a folder.

        Raises:
            ModelError: if it is missing, damaged or of another kind.
        """
        path = folder / "tokenizer.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return cls(*_parts(document))
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror})", hint=_HINT) from error
        except (ValueError, KeyError, TypeError, IndexError, RecursionError, re.error) as error:
            raise ModelError(
                f"{path}: not a tokenizer of the embedded engine ({error})", hint=_HINT
            ) from error

    def encode(self, text: str) -> list[int]:
        """Token ids of a text.

        Raises:
            PromptError: where the text holds something that no token stands for.
        """
        tokens: list[int] = []
        place = 0
        for match in self._pattern.finditer(text):
            if match.start() != place:
                break
            tokens.append(self.vocabulary[match.group()])
            place = match.end()
        if place != len(text):
            line = text.count("\n", 0, place) + 1
            raise PromptError(
                f"line {line} of the prompt: the model has no token for "
                f"{text[place : place + 20]!r} (character {place} of {len(text)})",
                hint="The embedded model reads only the prompts of its own family; "
                "use one of its suites or another model.",
            )
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of token ids; special tokens and ids without a text give nothing."""
        texts, known = self.texts, len(self.texts)
        return "".join(texts[token] for token in tokens if token < known)


def _parts(document: dict[str, Any]) -> tuple[dict[str, int], str, list[str]]:
    model, split = document["model"], document["pre_tokenizer"]
    kinds = (model["type"], split["type"], split["behavior"], document["decoder"]["type"])
    if kinds != ("WordLevel", "Split", "Isolated", "Fuse") or split["invert"]:
        raise ValueError(f"parts {', '.join(map(str, kinds))}")
    if document.get("normalizer") or document.get("post_processor"):
        raise ValueError("it normalises or adds tokens")
    vocabulary = {str(text): int(number) for text, number in model["vocab"].items()}
    numbers = sorted(vocabulary.values())
    if numbers != list(range(len(numbers))):
        raise ValueError("ids are not 0, 1, 2, ...")
    special = [str(entry["content"]) for entry in document["added_tokens"]]
    return vocabulary, str(split["pattern"]["Regex"]), special
