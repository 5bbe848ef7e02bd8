"""NumPy inference against a slow Llama in plain Python, written from the definition."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.generation.embedded import tiny
from vervet.generation.embedded.model import Model
from vervet.generation.embedded.weights import read_weights


def norm(x: list[float], weight: list[float]) -> list[float]:
    root = math.sqrt(sum(v * v for v in x) / len(x) + 1e-5)
    return [v / root * w for v, w in zip(x, weight, strict=True)]


def times(matrix: list[list[float]], x: list[float]) -> list[float]:
    return [sum(m * v for m, v in zip(row, x, strict=True)) for row in matrix]


def turn(x: list[float], place: int) -> list[float]:
    """Rotary positions of one head: component j turns with component j + half."""
    half = len(x) // 2
    out = list(x)
    for j in range(half):
        angle = place * 50.0 ** (-j / half)
        out[j] = x[j] * math.cos(angle) - x[j + half] * math.sin(angle)
        out[j + half] = x[j + half] * math.cos(angle) + x[j] * math.sin(angle)
    return out


def slow_logits(tokens: list[int]) -> list[float]:
    """The logits after the last token, without a cache, in double precision."""
    w = {name: array.astype(float).tolist() for name, array in tiny.tensors().items()}
    states = [w["model.embed_tokens.weight"][token] for token in tokens]
    for number in range(tiny.LAYERS):
        at = f"model.layers.{number}."
        normed = [norm(x, w[f"{at}input_layernorm.weight"]) for x in states]
        parts = {
            name: [times(w[f"{at}self_attn.{name}_proj.weight"], x) for x in normed]
            for name in "qkv"
        }
        following = []
        for here in range(len(tokens)):
            mixed: list[float] = []
            for head in range(tiny.HEADS):
                shared = head // (tiny.HEADS // tiny.KV_HEADS) * tiny.HEAD
                span, own = slice(shared, shared + tiny.HEAD), head * tiny.HEAD
                q = turn(parts["q"][here][own : own + tiny.HEAD], here)
                scores = [
                    sum(a * b for a, b in zip(q, turn(parts["k"][t][span], t), strict=True))
                    / math.sqrt(tiny.HEAD)
                    for t in range(here + 1)
                ]
                raised = [math.exp(s) for s in scores]
                mixed += [
                    sum(r * parts["v"][t][span][d] for t, r in enumerate(raised)) / sum(raised)
                    for d in range(tiny.HEAD)
                ]
            out = times(w[f"{at}self_attn.o_proj.weight"], mixed)
            following.append([a + b for a, b in zip(states[here], out, strict=True)])
        states = following
        for here, x in enumerate(states):
            fed = norm(x, w[f"{at}post_attention_layernorm.weight"])
            gate = times(w[f"{at}mlp.gate_proj.weight"], fed)
            up = times(w[f"{at}mlp.up_proj.weight"], fed)
            product = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up, strict=True)]
            down = times(w[f"{at}mlp.down_proj.weight"], product)
            states[here] = [a + b for a, b in zip(x, down, strict=True)]
    return times(w["lm_head.weight"], norm(states[-1], w["model.norm.weight"]))


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return Model(read_weights(tiny.write_folder(tmp_path / "tiny")))


def test_equals_the_definition_at_every_step_and_in_every_row(model: Model) -> None:
    prompt = [3, 7, 4, 9, 3]
    rows = model.start(prompt, 3)
    written: list[list[int]] = [[], [], []]
    for step in range(6):
        for row, own in enumerate(written):
            expected = slow_logits(prompt + own)
            np.testing.assert_allclose(rows.logits[row], expected, atol=2e-4, rtol=1e-4)
        tokens = np.array([(5 * step + 3 * row) % 13 for row in range(3)])
        for own, token in zip(written, tokens.tolist(), strict=True):
            own.append(token)
        rows.advance(tokens)


def test_dropping_rows_leaves_the_others_as_they_were(model: Model) -> None:
    whole, part = model.start([4, 5], 4), model.start([4, 5], 4)
    for rows in (whole, part):
        rows.advance(np.array([3, 6, 9, 12]))
    part.keep(np.array([False, True, False, True]))
    whole.advance(np.array([5, 6, 7, 8]))
    part.advance(np.array([6, 8]))
    np.testing.assert_allclose(part.logits, whole.logits[[1, 3]], atol=1e-5)


def test_the_cache_grows_past_its_first_capacity_up_to_the_context(model: Model) -> None:
    rows = model.start([3, 4], 2)
    tokens = [3 + step % 9 for step in range(tiny.CONTEXT - 2)]
    for token in tokens:
        rows.advance(np.array([token, token]))
    np.testing.assert_allclose(rows.logits[1], slow_logits([3, 4, *tokens]), atol=5e-4, rtol=1e-3)
    assert rows.room == 0
    with pytest.raises(IndexError):
        rows.advance(np.array([3, 3]))
