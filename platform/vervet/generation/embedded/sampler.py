"""Draws next tokens from logits: temperature, top_p, and the log-probability of what was drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["draw"]

Floats = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int64]


def draw(
    logits: Floats, uniform: Floats, *, temperature: float, top_p: float
) -> tuple[Tokens, Floats]:
    """One token a row, and its log-probability in nats under the model itself (temperature 1).

    Args:
        logits: (rows, vocab).
        uniform: (rows,) numbers in [0, 1) that decide; unused when `temperature` is 0.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    if temperature == 0.0:
        tokens = shifted.argmax(axis=1)
        weights = np.exp(shifted)
        total = weights.sum(axis=1)
    else:
        weights = np.exp(shifted / np.float32(temperature))
        chances = _nucleus(weights, top_p) if top_p < 1.0 else weights
        rising = chances.cumsum(axis=1)
        # `uniform` is below 1, but the product may round up to the whole: stay on the last rise.
        wanted = np.minimum(uniform * rising[:, -1], np.nextafter(rising[:, -1], np.float32(0)))
        tokens = (rising <= wanted[:, None]).sum(axis=1)
        total = (weights if temperature == 1.0 else np.exp(shifted)).sum(axis=1)
    chosen = np.take_along_axis(shifted, tokens[:, None], axis=1)[:, 0]
    return tokens, chosen - np.log(total)


def _nucleus(weights: Floats, top_p: float) -> Floats:
    """The weights with all but the fewest likeliest tokens that reach `top_p` set to zero."""
    order = np.argsort(-weights, axis=1, kind="stable")
    falling = np.take_along_axis(weights, order, axis=1)
    before = falling.cumsum(axis=1) - falling
    falling[before >= top_p * weights.sum(axis=1, keepdims=True)] = 0.0
    kept = np.zeros_like(weights)
    np.put_along_axis(kept, order, falling, axis=1)
    return kept
