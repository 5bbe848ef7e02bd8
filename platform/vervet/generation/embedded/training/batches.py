"""Turns a corpus into padded batches of token ids with the places that the loss counts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vervet.generation.embedded.training.family import Corpus, Family, Sequence
from vervet.generation.embedded.training.vocabulary import END, PAD, SPECIAL

__all__ = ["POOL", "Batch", "batches", "encode", "ids", "pools"]

# So many batches are drawn together and sorted by length, so that little is padded.
POOL = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids (batch, length) and, of the same shape, 1 where a token is to be predicted."""

    tokens: npt.NDArray[np.int64]
    counted: npt.NDArray[np.bool_]


def ids(family: Family) -> dict[str, int]:
    """Token ids by text, the special ones first."""
    return {text: number for number, text in enumerate([*SPECIAL, *family.tokens])}


def encode(sequence: Sequence, vocabulary: dict[str, int]) -> tuple[list[int], int]:
    """Token ids of prompt, completion and end, and the place of the first one that counts."""
    tokens = [vocabulary[t] for t in (*sequence.prompt, *sequence.completion, END)]
    return tokens, sequence.learn_from


def pools(
    corpus: Corpus, size: int, seed: int, progress: Callable[[], float]
) -> Iterator[list[Sequence]]:
    """Endless pools of `size` x POOL sequences: all text of a training, in its order."""
    rng = random.Random(f"sequences/{seed}")
    while True:
        yield [corpus.draw(rng, progress()) for _ in range(size * POOL)]


def batches(
    family: Family, corpus: Corpus, size: int, seed: int, progress: Callable[[], float]
) -> Iterator[Batch]:
    """Endless batches; `progress()` is asked for the place in the curriculum."""
    rng = random.Random(f"batches/{seed}")
    vocabulary = ids(family)
    for pool in pools(corpus, size, seed, progress):
        rows = sorted((encode(sequence, vocabulary) for sequence in pool), key=_length)
        starts = list(range(0, len(rows), size))
        rng.shuffle(starts)
        for start in starts:
            yield _pad(rows[start : start + size])


def _length(row: tuple[list[int], int]) -> int:
    return len(row[0])


def _pad(rows: list[tuple[list[int], int]]) -> Batch:
    length = max(len(tokens) for tokens, _ in rows)
    tokens = np.full((len(rows), length), SPECIAL.index(PAD), dtype=np.int64)
    counted = np.zeros((len(rows), length), dtype=np.bool_)
    for number, (row, first) in enumerate(rows):
        tokens[number, : len(row)] = row
        counted[number, max(first, 1) : len(row)] = True
    return Batch(tokens, counted)
