"""The Llama network in torch, as small as the training loop needs it; saved by `export`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Llama", "Shape", "fourier"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network, in the words of `config.json`."""

    vocab_size: int
    hidden_size: int = 128
    intermediate_size: int = 344
    layers: int = 4
    heads: int = 4
    context: int = 256
    rope_theta: float = 500.0
    eps: float = 1e-5

    @property
    def head(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.heads


def fourier(number: int, width: int) -> Tensor:
    """Features (width,) of an integer: sines and cosines of periods 2 to 200 that counting needs.

    Periods 2, 3, 5, 10 and 100 are exact, so that parity, remainders and last digits are linear.
    """
    periods = [2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 26.0, 50.0, 100.0, 200.0]
    extra = width // 2 - len(periods)
    periods += [2.0 * 100.0 ** (k / max(extra - 1, 1)) for k in range(extra)]
    angles = torch.tensor([2.0 * math.pi * number / p for p in periods[: width // 2]])
    return torch.cat([angles.cos(), angles.sin()])


class RmsNorm(nn.Module):  # type: ignore[misc, unused-ignore]
    """Root mean square normalisation over the last axis."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to the same shape."""
        return functional.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Block(nn.Module):  # type: ignore[misc, unused-ignore]
    """Attention and gated feed-forward with residuals; q, k and v are fused.

    The rows of `qkv` are the left halves of all heads of q and of k, then all right halves, then
    v: so rotary positions are plain products of long rows. `projections` undoes it.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        wide = shape.hidden_size
        self.heads, self.head = shape.heads, shape.head
        self.before_attention = RmsNorm(wide, shape.eps)
        self.qkv = nn.Linear(wide, 3 * wide, bias=False)
        self.out = nn.Linear(wide, wide, bias=False)
        self.before_feed = RmsNorm(wide, shape.eps)
        self.gate = nn.Linear(wide, shape.intermediate_size, bias=False)
        self.up = nn.Linear(wide, shape.intermediate_size, bias=False)
        self.down = nn.Linear(shape.intermediate_size, wide, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """(batch, length, hidden) to the same shape; causal."""
        batch, length, wide = x.shape
        mixed = self.qkv(self.before_attention(x))
        left, right, v = mixed.split(wide, dim=-1)
        parts = (batch, length, 2, self.heads, self.head // 2)
        turned = torch.cat(
            [
                (left * cos - right * sin).view(parts),
                (right * cos + left * sin).view(parts),
            ],
            dim=-1,
        )
        q, k = turned.permute(2, 0, 3, 1, 4).reshape(2, -1, length, self.head)
        v = v.reshape(batch, length, self.heads, self.head).transpose(1, 2)
        v = v.reshape(-1, length, self.head)
        # Written out, since the fused kernel's backward pass is three times slower on CPUs.
        scores = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=self.head**-0.5)
        mixed = torch.bmm(scores.softmax(-1), v).view(batch, self.heads, length, self.head)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, wide))
        normed = self.before_feed(x)
        fed: Tensor = x + self.down(functional.silu(self.gate(normed)) * self.up(normed))
        return fed

    def projections(self) -> tuple[Tensor, Tensor, Tensor]:
        """The weights of q, k and v, each (hidden, hidden), in Llama's own order of rows."""
        wide = self.qkv.weight.shape[1]
        left, right, v = self.qkv.weight.split(wide)
        halves = (2, self.heads, self.head // 2, wide)
        q, k = torch.cat([left.view(halves), right.view(halves)], dim=2).reshape(2, wide, wide)
        return q, k, v


class Llama(nn.Module):  # type: ignore[misc, unused-ignore]
    """The whole network; `twin_of[i]` is the token whose embedding token `i` shares, or itself."""

    twin_of: Tensor
    is_twin: Tensor
    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape, twin_of: list[int]) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocab_size, shape.hidden_size) * 0.5)
        self.offset = nn.Parameter(torch.randn(shape.hidden_size) * 0.5)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RmsNorm(shape.hidden_size, shape.eps)
        self.lm_head = nn.Linear(shape.hidden_size, shape.vocab_size, bias=False)
        twins = torch.tensor(twin_of)
        self.register_buffer("twin_of", twins, persistent=False)
        moved = (twins != torch.arange(len(twin_of))).float()[:, None]
        self.register_buffer("is_twin", moved, persistent=False)
        half = shape.head // 2
        speed = shape.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
        angles = torch.arange(shape.context, dtype=torch.float64)[:, None] * speed
        angles = angles.repeat(1, 2 * shape.heads)
        self.register_buffer("cos", angles.cos().float(), persistent=False)
        self.register_buffer("sin", angles.sin().float(), persistent=False)
        self._start()

    def _start(self) -> None:
        deep = 1.0 / math.sqrt(2 * self.shape.layers)
        for name, weight in self.named_parameters():
            if weight.dim() == 2 and name != "embedding":
                scale = deep if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(weight, std=scale / math.sqrt(weight.shape[1]))
        nn.init.normal_(self.lm_head.weight, std=0.02)

    def table(self) -> Tensor:
        """The embedding (vocab, hidden) with twins resolved."""
        return self.embedding[self.twin_of] + self.is_twin * self.offset

    def forward(self, tokens: Tensor) -> Tensor:
        """Hidden states (batch, length, hidden) after the last norm, for tokens (batch, length)."""
        length = tokens.shape[1]
        x = functional.embedding(tokens, self.table())
        cos, sin = self.cos[:length], self.sin[:length]
        if torch.is_autocast_enabled("cpu"):
            cos, sin = cos.bfloat16(), sin.bfloat16()
        mask = torch.full((length, length), -math.inf, dtype=cos.dtype).triu(1)
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        normed: Tensor = self.norm(x)
        return normed
