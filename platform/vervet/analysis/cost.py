"""What candidates cost: FLOPs of a dense transformer, USD of a price, time of the verifier.

Pure arithmetic on token counts; never looks a price up.
"""

from __future__ import annotations

from dataclasses import dataclass

from vervet.core.errors import AnalysisError

__all__ = ["ModelShape", "Price", "Usage", "flops_per_token", "inference_flops", "usd"]

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What of a dense transformer decides its FLOPs.

    `parameters` P, `layers` L and `width` d (of the residual stream). Raises `AnalysisError`
    unless all are positive whole numbers.
    """

    parameters: int
    layers: int
    width: int

    def __post_init__(self) -> None:
        for name in ("parameters", "layers", "width"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise AnalysisError(
                    f"a model's {name} are {value!r}", hint="Use whole numbers from 1 on."
                )


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens of prompt (`input_usd`) and of completion (`output_usd`).

    Raises `AnalysisError` for a negative price and for one that is not a number.
    """

    input_usd: float
    output_usd: float

    def __post_init__(self) -> None:
        for name in ("input_usd", "output_usd"):
            value = getattr(self, name)
            if not 0.0 <= value < float("inf"):
                raise AnalysisError(
                    f"{name} is {value!r}", hint="Prices are USD per million tokens, from 0 on."
                )


@dataclass(frozen=True, slots=True)
class Usage:
    """What one problem takes on average: tokens of its prompt, and per candidate the tokens
    decoded and the seconds of processor time that verifying it took."""

    prompt_tokens: float
    decoded_tokens: float
    verifier_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("prompt_tokens", "decoded_tokens", "verifier_s"):
            value = getattr(self, name)
            if not 0.0 <= value < float("inf"):
                raise AnalysisError(
                    f"{name.replace('_', ' ')} are {value!r}", hint="Use a number from 0 on."
                )


def flops_per_token(shape: ModelShape, context: int) -> int:
    """2 (P + 2 L d ctx): FLOPs of one token at a context of `context`, itself included.

    Source: Brown et al. 2024 (arXiv 2407.21787v3), section 2.4 and appendix on FLOPs: two for
    each parameter, and attention over the context by L layers of width d.
    """
    return 2 * (shape.parameters + 2 * shape.layers * shape.width * context)


def inference_flops(
    shape: ModelShape, prompt_tokens: float, decoded_tokens: float, samples: int = 1
) -> float:
    """FLOPs of `samples` candidates of one prompt, which is read once; exact for whole numbers.

    The sum of `flops_per_token` over prompt positions, from 1 on, once, and over the decoded
    positions that follow, `samples` times. In closed form, so that means of token counts serve
    too: then it is the FLOPs of a problem of exactly those lengths.
    Source: as `flops_per_token`. Raises `AnalysisError` for negative counts.
    """
    if min(prompt_tokens, decoded_tokens, samples) < 0:
        raise AnalysisError(
            f"{prompt_tokens} tokens of prompt, {decoded_tokens} decoded and {samples} samples "
            "cannot be counted",
            hint="Counts begin at 0.",
        )
    end = prompt_tokens + decoded_tokens
    prompt = _upto(shape, prompt_tokens)
    return prompt + samples * (_upto(shape, end) - prompt)


def usd(
    price: Price,
    prompt_tokens: float,
    decoded_tokens: float,
    samples: int = 1,
    *,
    prompts_billed: int | None = None,
) -> float:
    """USD of `samples` candidates of one prompt.

    `prompts_billed` is how often the prompt is paid for: once a request, so `samples` times if
    each candidate is a request of its own (the default), once if one request asks for all.
    """
    billed = samples if prompts_billed is None else prompts_billed
    paid = billed * prompt_tokens * price.input_usd + samples * decoded_tokens * price.output_usd
    return paid / MILLION


def _upto(shape: ModelShape, tokens: float) -> float:
    """FLOPs of the first `tokens` positions: whole numbers stay whole, so nothing is rounded."""
    attention = 2 * shape.layers * shape.width * tokens * (tokens + 1)
    return 2 * shape.parameters * tokens + attention
