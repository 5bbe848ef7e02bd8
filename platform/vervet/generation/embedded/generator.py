"""The generator `embedded`: samples a bundled family, or any folder that the training wrote.

Owns the loop over tokens, seeds and stop conditions; BLAS runs on one thread inside it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from vervet.core.digests import digest_file
from vervet.core.errors import ModelError, PromptError, UnknownNameError, UsageError
from vervet.core.sampling import Completion, GeneratorInfo, Sampling
from vervet.generation.embedded.model import Model, Rows
from vervet.generation.embedded.sampler import draw
from vervet.generation.embedded.tokenizer import Tokenizer
from vervet.generation.embedded.weights import read_weights

__all__ = ["EmbeddedGenerator", "families", "family_folder"]

_WEIGHTS = Path(__file__).parent / "weights"
# So many samples step together; more would leave the processor's cache.
_TOGETHER = 256


def families() -> list[str]:
    """Names of the families whose weights are bundled."""
    return sorted(path.parent.name for path in _WEIGHTS.glob("*/config.json"))


def family_folder(name: str) -> Path:
    """The folder of a bundled family.

    Raises:
        UnknownNameError: where none has that name.
    """
    if name not in families():
        raise UnknownNameError("embedded model", name, families())
    return _WEIGHTS / name


class EmbeddedGenerator:
    """Samples the embedded model. Not safe for use by several threads at once.

    The same prompt, `n`, sampling and seed give the same completions again on the same machine
    (another machine may round differently).
    """

    def __init__(self, folder_or_family: str | Path) -> None:
        """Load the weights; raises `ModelError` or `UnknownNameError` if that cannot be done."""
        folder = Path(folder_or_family)
        named = isinstance(folder_or_family, str) and folder_or_family in families()
        if isinstance(folder_or_family, str) and (named or not folder.is_dir()):
            if "/" in folder_or_family:
                raise ModelError(
                    f"{folder_or_family}: no such folder of weights",
                    hint=f"Bundled families: {', '.join(families())}.",
                )
            folder = family_folder(folder_or_family)
        weights = read_weights(folder)
        self._tokenizer = Tokenizer.read(folder)
        known, end = len(self._tokenizer.texts), weights.config.end
        if known > weights.config.vocab_size or end not in self._tokenizer.special:
            raise ModelError(
                f"{folder}: tokenizer.json and config.json do not belong together",
                hint="Restore the folder, for instance with git, or train it again.",
            )
        self._model = Model(weights)
        # Padding, special tokens but the end, and ids without a text are never drawn.
        never = [n for n in self._tokenizer.special if n != end]
        self._never = [*never, *range(known, weights.config.vocab_size)]
        self._controller = ThreadpoolController()
        bundled = folder.parent == _WEIGHTS
        digest = digest_file(folder / "model.safetensors")
        name = folder.name if bundled else str(folder)
        self._info = GeneratorInfo("embedded", name, digest[:12], digest)

    def info(self) -> GeneratorInfo:
        """Engine `embedded`, the family's name (or the folder) and the digest of its weights."""
        return self._info

    @property
    def end(self) -> int:
        """The id of the token that ends a completion."""
        return self._model.config.end

    def close(self) -> None:
        """Nothing is held but memory."""

    def generate(self, prompt: str, *, n: int, sampling: Sampling, seed: int) -> list[Completion]:
        """Exactly `n` completions; the count of tokens includes the end token.

        Raises:
            UsageError: if `n` is less than 1.
            PromptError: if the prompt is empty, too long, or holds what the model cannot read.
        """
        if n < 1:
            raise UsageError(f"{n} completions were asked for", hint="Ask for 1 or more.")
        tokens = self._tokenizer.encode(prompt)
        context = self._model.config.context
        if not 0 < len(tokens) < context:
            raise PromptError(
                f"the prompt has {len(tokens)} tokens, the model reads 1 to {context - 1}",
                hint="Shorten the prompt, or use another model.",
            )
        key = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "little")
        found: list[Completion] = []
        with self._controller.limit(limits=1, user_api="blas"):
            for start in range(0, n, _TOGETHER):
                rows = self._model.start(tokens, min(_TOGETHER, n - start))
                random = np.random.default_rng([seed % 2**64, key, start])
                found.extend(self._sample(rows, sampling, random))
        return [replace(completion, prompt_tokens=len(tokens)) for completion in found]

    def _sample(
        self, rows: Rows, sampling: Sampling, random: np.random.Generator
    ) -> list[Completion]:
        """Write all rows to their ends; finished ones are dropped from the computation."""
        count = len(rows.logits)
        written: list[list[int]] = [[] for _ in range(count)]
        logprob = np.zeros(count)
        done: dict[int, Completion] = {}
        alive = np.arange(count)
        room = min(sampling.max_tokens, rows.room)
        for step in range(1, room + 1):
            rows.logits[:, self._never] = -np.inf
            # Every row has its own numbers, whichever other rows have finished.
            uniform = random.random(count, dtype=np.float32)[alive]
            tokens, chosen = draw(
                rows.logits, uniform, temperature=sampling.temperature, top_p=sampling.top_p
            )
            logprob[alive] += chosen
            going = tokens != self.end
            for row, token in zip(alive[going].tolist(), tokens[going].tolist(), strict=True):
                written[row].append(token)
            if sampling.stop:
                going &= self._unstopped(alive, written, sampling.stop)
            for row, more in zip(alive.tolist(), going.tolist(), strict=True):
                if not more or step == room:
                    reason = "length" if more else "stop"
                    mean = float(logprob[row]) / step
                    done[row] = self._completion(written[row], step, mean, reason, sampling.stop)
            alive = alive[going]
            if step == room or not len(alive):
                break
            if not going.all():
                rows.keep(going)
            rows.advance(tokens[going])
        return [done[row] for row in range(count)]

    def _unstopped(
        self, alive: npt.NDArray[np.int64], written: list[list[int]], stop: tuple[str, ...]
    ) -> npt.NDArray[np.bool_]:
        texts = [self._tokenizer.decode(written[row]) for row in alive.tolist()]
        return np.array([not any(s in text for s in stop) for text in texts], dtype=np.bool_)

    def _completion(
        self, tokens: list[int], count: int, logprob: float, reason: str, stop: tuple[str, ...]
    ) -> Completion:
        text = self._tokenizer.decode(tokens)
        cuts = [text.index(string) for string in stop if string in text]
        return Completion(text[: min(cuts)] if cuts else text, reason, count, logprob)
