"""What every generator can do; engines are one module each and registered as entry points."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vervet.core.sampling import Completion, GeneratorInfo, Sampling

__all__ = ["Generator"]


@runtime_checkable
class Generator(Protocol):
    """A source of completions. Not safe for use by several threads at once."""

    def info(self) -> GeneratorInfo:
        """What the model is: recorded with the run."""
        ...

    def generate(self, prompt: str, *, n: int, sampling: Sampling, seed: int) -> list[Completion]:
        """Exactly `n` completions of `prompt`. Raises `GenerationError` if it cannot."""
        ...

    def close(self) -> None:
        """Free what the generator holds; calling it twice is harmless."""
        ...
