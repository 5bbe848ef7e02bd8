"""Drawing from logits: frequencies, greedy, top_p and log-probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from vervet.generation.embedded.sampler import draw

CHANCES = np.array([0.5, 0.25, 0.15, 0.1], dtype=np.float32)
MANY = 20_000


def drawn(temperature: float, top_p: float) -> np.ndarray:
    logits = np.tile(np.log(CHANCES), (MANY, 1))
    uniform = np.random.default_rng(5).random(MANY, dtype=np.float32)
    tokens, _ = draw(logits, uniform, temperature=temperature, top_p=top_p)
    return np.bincount(tokens, minlength=4) / MANY


@pytest.mark.parametrize(
    ("temperature", "top_p", "expected"),
    [
        (1.0, 1.0, CHANCES),
        (0.5, 1.0, CHANCES**2 / (CHANCES**2).sum()),
        (2.0, 1.0, CHANCES**0.5 / (CHANCES**0.5).sum()),
        (0.0, 1.0, [1, 0, 0, 0]),
        (1.0, 0.74, [2 / 3, 1 / 3, 0, 0]),
        (1.0, 0.76, [0.5 / 0.9, 0.25 / 0.9, 0.15 / 0.9, 0]),
        (1.0, 0.01, [1, 0, 0, 0]),
    ],
)
def test_frequencies(temperature: float, top_p: float, expected: np.ndarray) -> None:
    np.testing.assert_allclose(drawn(temperature, top_p), expected, atol=0.015)


def test_log_probabilities_are_the_models_own_at_any_temperature() -> None:
    logits = np.log(CHANCES)[None] + 3.0
    for temperature in (0.0, 0.7, 1.0):
        tokens, logprob = draw(
            logits, np.array([0.6], dtype=np.float32), temperature=temperature, top_p=1.0
        )
        assert logprob[0] == pytest.approx(float(np.log(CHANCES[tokens[0]])), abs=1e-5)


def test_a_token_without_a_chance_is_never_drawn() -> None:
    logits = np.array([[-np.inf, 0.0, -np.inf]], dtype=np.float32)
    for uniform in (0.0, 0.5, np.nextafter(np.float32(1), np.float32(0))):
        tokens, _ = draw(logits, np.array([uniform], dtype=np.float32), temperature=1.0, top_p=1.0)
        assert tokens.tolist() == [1]
