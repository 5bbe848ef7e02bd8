"""Shapes of models whose configurations are published, by the names people give them.

Never guesses: a name that is not here needs its shape from the user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vervet.analysis.cost import ModelShape

__all__ = ["KNOWN_SHAPES", "known_shape", "shape_of_config"]

LLAMA_LIKE = frozenset({"llama", "mistral"})
"""Model types whose weights `shape_of_config` counts."""

KNOWN_SHAPES = {
    # As in Brown et al. 2024: parameters with embeddings.
    "llama-3-8b": ModelShape(8_030_261_248, 32, 4096),
    "llama-3-70b": ModelShape(70_553_706_496, 80, 8192),
    # Biderman et al. 2023 (arXiv 2304.01373), table 1: parameters with embeddings.
    "pythia-70m": ModelShape(70_426_624, 6, 512),
    "pythia-160m": ModelShape(162_322_944, 12, 768),
    "pythia-410m": ModelShape(405_334_016, 24, 1024),
    "pythia-1b": ModelShape(1_011_781_632, 16, 2048),
    "pythia-1.4b": ModelShape(1_414_647_808, 24, 2048),
    "pythia-2.8b": ModelShape(2_775_208_960, 32, 2560),
    "pythia-6.9b": ModelShape(6_857_302_016, 32, 4096),
    "pythia-12b": ModelShape(11_846_072_320, 36, 5120),
}


def known_shape(model: str) -> ModelShape | None:
    """The shape of a published model by its name, as in `vllm:EleutherAI/pythia-70m` or
    `Pythia 70M`; None for any other."""
    name = re.split(r"[/:]", model.strip().lower())[-1]
    plain = re.sub(r"[\s_]+", "-", name)
    plain = re.sub(r"^meta-", "", plain)
    plain = re.sub(r"-(instruct|deduped|hf|chat)$", "", plain)
    return KNOWN_SHAPES.get(plain)


def shape_of_config(config: Mapping[str, Any]) -> ModelShape | None:
    """The shape of a model of Llama's kind by its `config.json`; None for any other.

    Counts the weights that such a model has: embeddings (twice unless tied), attention with
    grouped keys and values, the three matrices of the feed-forward layer, and the norms.
    """
    if config.get("model_type") not in LLAMA_LIKE:
        return None
    try:
        width, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
        heads = int(config["num_attention_heads"])
        groups = int(config.get("num_key_value_heads") or heads)
        head = int(config.get("head_dim") or width // heads)
        inner, words = int(config["intermediate_size"]), int(config["vocab_size"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    attention = 2 * width * heads * head + 2 * width * groups * head
    layer = attention + 3 * width * inner + 2 * width
    embeddings = words * width * (1 if config.get("tie_word_embeddings") else 2)
    return ModelShape(embeddings + layers * layer + width, layers, width)
