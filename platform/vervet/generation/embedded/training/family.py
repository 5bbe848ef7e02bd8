"""What the training loop needs of a family: its vocabulary and a stream of sequences."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

__all__ = ["FAMILIES", "SEED", "WEIGHTS", "Corpus", "Family", "Sequence", "family"]

# Module that holds `FAMILY`, by name; a new family is one module and one line.
FAMILIES: Mapping[str, str] = {"code": "code", "arith": "arith"}
# The seed of everything that is bundled.
SEED = 20261125
# Where the folders of weights are bundled.
WEIGHTS = Path(__file__).parents[1] / "weights"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A prompt with its completion, as token texts; the end token is added by the loop.

    `learn_from` is the place of the first token of the prompt that the loss counts.
    """

    prompt: list[str]
    completion: list[str]
    learn_from: int

    @property
    def text(self) -> str:
        """Prompt and completion as one text."""
        return "".join(self.prompt) + "".join(self.completion)


class Corpus(Protocol):
    """Everything that a seed decides about the training data."""

    def draw(self, rng: random.Random, progress: float) -> Sequence:
        """One sequence; `progress` from 0 to 1 is the place in the curriculum."""

    def digest(self) -> str:
        """SHA-256 of what sequences are drawn from."""

    def facts(self) -> dict[str, Any]:
        """Counts for the card."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of weights.

    `numbers` gives the integer that a token stands for, `letters` a letter's place in the
    alphabet; `twins` maps a token to the one whose embedding it shares up to a common offset (the
    number after a comma, the number without one); `about`, `can`, `cannot` and `held_out` are
    paragraphs of the card.
    """

    name: str
    tokens: list[str]
    numbers: Mapping[str, int]
    corpus: Callable[[int], Corpus]
    steps: int
    about: str
    can: str
    cannot: str
    held_out: str
    twins: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, int] = field(default_factory=dict)


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        KeyError: where there is none.
    """
    module = import_module(f"vervet.generation.embedded.training.{FAMILIES[name]}")
    found: Family = module.FAMILY
    return found
