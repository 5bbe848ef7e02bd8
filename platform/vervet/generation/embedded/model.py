"""Llama inference in NumPy float32: one prefill a prompt, then all its samples step together.

Owns arithmetic and the cache of keys and values; knows nothing of text, sampling or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.generation.embedded.weights import Weights

__all__ = ["Model", "Rows"]

Array = npt.NDArray[np.float32]
_FIRST_CAPACITY = 16


@dataclass(slots=True)
class _Layer:
    """One layer, transposed for `x @ w`; the norms' weights are folded into what follows them."""

    qkv: Array
    out: Array
    gate_up: Array
    down: Array


class Model:
    """A Llama that was read from a folder. Not safe for use by several threads at once."""

    def __init__(self, weights: Weights) -> None:
        config = weights.config
        self.config = config
        self.embedding = weights.embedding
        self._layers = [
            _Layer(
                qkv=_folded(layer.before_attention, layer.q, layer.k, layer.v),
                out=np.ascontiguousarray(layer.out.T),
                gate_up=_folded(layer.before_feed, layer.gate, layer.up),
                down=np.ascontiguousarray(layer.down.T),
            )
            for layer in weights.layers
        ]
        self._head = _folded(weights.norm, weights.head)
        half = config.head // 2
        speed = config.rope_theta ** (-np.arange(half, dtype=np.float64) / half)
        angles = np.arange(config.context)[:, None] * speed
        # (context, 1, head): the same for all heads; the left half of `sin` is negative.
        self._cos = np.tile(np.cos(angles), 2).astype(np.float32)[:, None]
        self._sin = np.concatenate([-np.sin(angles), np.sin(angles)], 1).astype(np.float32)[:, None]

    def start(self, prompt: list[int], rows: int) -> Rows:
        """Prefill a prompt once, for `rows` continuations of it.

        Args:
            prompt: at least one token id, at most `config.context` of them.
        """
        config = self.config
        length = len(prompt)
        group = config.heads // config.kv_heads
        x: Array = self.embedding[prompt]
        mask = np.triu(np.full((length, length), -np.inf, dtype=np.float32), 1)
        keys: list[Array] = []
        values: list[Array] = []
        for layer in self._layers:
            q, k, v = self._project(layer, x, self._cos[:length], self._sin[:length])
            keys.append(k.transpose(1, 0, 2).copy())
            values.append(v.transpose(1, 0, 2).copy())
            # (kv heads, group, length, head) against (kv heads, 1, length, head).
            q = q.reshape(length, config.kv_heads, group, config.head).transpose(1, 2, 0, 3)
            scores: Array = q @ keys[-1][:, None].transpose(0, 1, 3, 2) + mask
            mixed: Array = _softmax(scores) @ values[-1][:, None]
            x = x + mixed.transpose(2, 0, 1, 3).reshape(length, -1) @ layer.out
            x = x + self._feed(layer, x)
        return Rows(self, keys, values, self._logits(x[-1:]), rows)

    def _project(
        self, layer: _Layer, x: Array, cos: Array, sin: Array
    ) -> tuple[Array, Array, Array]:
        """Queries (scaled), keys and values of x (count, hidden), each (count, heads, head)."""
        config = self.config
        split = config.heads + config.kv_heads
        mixed = (_unit(x, config.eps) @ layer.qkv).reshape(len(x), -1, config.head)
        turning: Array = mixed[:, :split]
        half = config.head // 2
        swapped: Array = np.concatenate([turning[..., half:], turning[..., :half]], axis=-1)
        turned: Array = turning * cos + swapped * sin
        scale = np.float32(config.head**-0.5)
        return turned[:, : config.heads] * scale, turned[:, config.heads :], mixed[:, split:]

    def _feed(self, layer: _Layer, x: Array) -> Array:
        both = _unit(x, self.config.eps) @ layer.gate_up
        width = self.config.intermediate_size
        gate, up = both[:, :width], both[:, width:]
        # exp may overflow to infinity for a very negative gate; the quotient is then -0, as due.
        with np.errstate(over="ignore"):
            fed: Array = (gate / (1.0 + np.exp(-gate)) * up) @ layer.down
        return fed

    def _logits(self, x: Array) -> Array:
        logits: Array = _unit(x, self.config.eps) @ self._head
        return logits


class Rows:
    """The continuations of one prompt that are still being written.

    `logits` (rows, vocab) are those of the next token; at first all rows are equal. Keys and
    values of the prompt are kept once; only those of the new tokens are kept per row.
    """

    def __init__(
        self, model: Model, keys: list[Array], values: list[Array], logits: Array, rows: int
    ) -> None:
        config = model.config
        self._model = model
        self._prompt_keys = [k.transpose(0, 2, 1).copy() for k in keys]
        self._prompt_values = values
        self._length: int = keys[0].shape[1]
        self._written = 0
        shape = (config.layers, rows, config.kv_heads, _FIRST_CAPACITY, config.head)
        self._keys = np.empty(shape, dtype=np.float32)
        self._values = np.empty(shape, dtype=np.float32)
        self.logits: Array = np.repeat(logits, rows, axis=0)

    @property
    def room(self) -> int:
        """How many more tokens fit the context."""
        return self._model.config.context - self._length - self._written

    def keep(self, alive: npt.NDArray[np.bool_]) -> None:
        """Drop the rows where `alive` (rows,) is false."""
        self.logits = self.logits[alive]
        self._keys = self._keys[:, alive]
        self._values = self._values[:, alive]

    def advance(self, tokens: npt.NDArray[np.int64]) -> None:
        """Append one token to every row and compute the next logits.

        Args:
            tokens: (rows,) ids.

        Raises:
            IndexError: when `room` is 0.
        """
        model = self._model
        if self.room <= 0:
            raise IndexError("the context is full")
        place = self._length + self._written
        self._written += 1
        self._grow()
        cos, sin = model._cos[place], model._sin[place]
        x = model.embedding[tokens]
        for number, layer in enumerate(model._layers):
            q, k, v = model._project(layer, x, cos, sin)
            self._keys[number, :, :, self._written - 1] = k
            self._values[number, :, :, self._written - 1] = v
            x = x + self._attend(number, q) @ layer.out
            x = x + model._feed(layer, x)
        self.logits = model._logits(x)

    def _attend(self, number: int, q: Array) -> Array:
        """Attention of q (rows, heads, head) over the shared prompt and the row's own tokens."""
        config = self._model.config
        rows, group = len(q), config.heads // config.kv_heads
        own_keys = self._keys[number, :, :, : self._written]
        own_values = self._values[number, :, :, : self._written]
        # The prompt's part is one matrix product a head for all rows together.
        grouped = q.reshape(rows, config.kv_heads, group, config.head)
        flat = grouped.transpose(1, 0, 2, 3).reshape(config.kv_heads, rows * group, config.head)
        old = (flat @ self._prompt_keys[number]).reshape(config.kv_heads, rows, group, -1)
        new = (own_keys @ grouped.transpose(0, 1, 3, 2)).transpose(1, 0, 3, 2)
        weights = _softmax(np.concatenate([old, new], axis=-1))
        past, recent = weights[..., : self._length], weights[..., self._length :]
        past = past.reshape(config.kv_heads, rows * group, self._length)
        mixed = (past @ self._prompt_values[number]).reshape(config.kv_heads, rows, group, -1)
        total = mixed.transpose(1, 0, 2, 3) + recent.transpose(1, 0, 2, 3) @ own_values
        return total.reshape(rows, -1)

    def _grow(self) -> None:
        capacity = self._keys.shape[3]
        if self._written > capacity:
            self._keys = _wider(self._keys)
            self._values = _wider(self._values)


def _wider(cache: Array) -> Array:
    """A copy with room for twice as many tokens (axis 3)."""
    layers, rows, heads, capacity, head = cache.shape
    wider = np.empty((layers, rows, heads, 2 * capacity, head), dtype=np.float32)
    wider[:, :, :, :capacity] = cache
    return wider


def _folded(norm: Array, *matrices: Array) -> Array:
    """Several (outputs, inputs) as one (inputs, all outputs), each input scaled by its norm."""
    return np.ascontiguousarray((np.concatenate(matrices) * norm).T)


def _unit(x: Array, eps: float) -> Array:
    """Rows of x (count, hidden) divided by their root mean square."""
    square = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    unit: Array = x / np.sqrt(square + np.float32(eps))[:, None]
    return unit


def _softmax(x: Array) -> Array:
    raised: Array = np.exp(x - x.max(axis=-1, keepdims=True))
    raised /= raised.sum(axis=-1, keepdims=True)
    return raised
