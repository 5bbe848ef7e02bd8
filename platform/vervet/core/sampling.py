"""How completions are sampled, and what one sampled completion is."""

from __future__ import annotations

from dataclasses import dataclass

from vervet.core.errors import UsageError

__all__ = ["Completion", "GeneratorInfo", "Sampling"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters of sampling; `temperature` 0 is greedy.

    Raises `UsageError` for values that no generator can use.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 64
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature <= 10.0:
            raise UsageError(
                f"sampling.temperature is {self.temperature}", hint="Use a number from 0 to 10."
            )
        if not 0.0 < self.top_p <= 1.0:
            raise UsageError(
                f"sampling.top_p is {self.top_p}", hint="Use a number above 0 and at most 1."
            )
        if self.max_tokens < 1:
            raise UsageError(
                f"sampling.max_tokens is {self.max_tokens}", hint="Use a whole number from 1 on."
            )


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled text: without the prompt, without the stop string that ended it.

    `finish_reason` is "stop" or "length"; `mean_logprob` is per token, in nats; `prompt_tokens`
    is what the model read, None if it does not say.
    """

    text: str
    finish_reason: str = "stop"
    tokens: int = 0
    mean_logprob: float | None = None
    prompt_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class GeneratorInfo:
    """What made the completions: engine, model name, revision and digest of the weights.

    `server` is the URL of the server that sampled, without user name and password.
    """

    engine: str
    model: str
    revision: str | None = None
    digest: str | None = None
    server: str | None = None
