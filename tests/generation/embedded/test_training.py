"""The training: its batches and schedule in the ordinary run, minutes of it in the heavy ones.

Torch's Python is named by `VERVET_TRAIN_PYTHON`; without it, this one must have torch.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import tokenizers

from vervet.core.sampling import Sampling
from vervet.generation.embedded.generator import EmbeddedGenerator, family_folder
from vervet.generation.embedded.tokenizer import Tokenizer
from vervet.generation.embedded.training.arith import draw_puzzle, stories
from vervet.generation.embedded.training.batches import POOL, batches, ids, pools
from vervet.generation.embedded.training.family import FAMILIES, SEED, family
from vervet.generation.embedded.training.vocabulary import END, PAD, tokenizer_json

PLATFORM = Path(family.__code__.co_filename).parents[4]


def test_batches_count_the_completion_and_its_end_and_no_padding() -> None:
    chosen = family("arith")
    vocabulary = ids(chosen)
    batch = next(batches(chosen, stories(1), 6, 1, lambda: 1.0))
    assert batch.tokens.shape == batch.counted.shape
    answers = vocabulary["\nA:"]
    for tokens, counted in zip(batch.tokens.tolist(), batch.counted.tolist(), strict=True):
        first, end = tokens.index(answers) + 1, tokens.index(vocabulary[END])
        assert [place for place, counts in enumerate(counted) if counts] == [*range(first, end + 1)]
        assert set(tokens[end + 1 :]) <= {vocabulary[PAD]}


def test_batches_are_decided_by_the_seed() -> None:
    chosen = family("arith")

    def some(seed: int) -> list[list[list[int]]]:
        made = batches(chosen, stories(1), 4, seed, lambda: 0.5)
        return [batch.tokens.tolist() for batch in itertools.islice(made, POOL + 2)]

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_a_vocabulary_with_a_token_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="distinct"):
        tokenizer_json(["a", "b", "a"])


def test_the_side_of_a_story_does_not_depend_on_people_and_things() -> None:
    rng = random.Random(2)
    sides: dict[str, bool] = {}
    prompts: dict[str, set[str]] = {}
    for _ in range(20_000):
        puzzle = draw_puzzle(1, rng)
        assert sides.setdefault(puzzle.key, puzzle.set_aside) == puzzle.set_aside
        prompts.setdefault(puzzle.key, set()).add(puzzle.prompt)
    assert max(map(len, prompts.values())) > 1
    assert 0.05 < sum(sides.values()) / len(sides) < 0.2


@pytest.mark.heavy_train
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "minutes", "below"), [("code", 3, 0.75), ("arith", 1, 0.5)])
def test_minutes_of_training_lower_the_loss(
    tmp_path: Path, name: str, minutes: float, below: float
) -> None:
    python = os.environ.get("VERVET_TRAIN_PYTHON", sys.executable)
    module = "vervet.generation.embedded.training.train"
    done = subprocess.run(
        [python, "-m", module, "--family", name, "--out", str(tmp_path), "--minutes", str(minutes)],
        env={**os.environ, "PYTHONPATH": str(PLATFORM)},
        capture_output=True,
        text=True,
        timeout=60 * minutes + 240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    losses = [loss for _, _, loss in record["loss"]["rows"]]
    assert len(losses) >= 2
    assert losses[-1] < below * losses[0]
    assert losses[-1] <= min(losses) * 1.1
    assert record["data_digest"] == family(name).corpus(SEED).digest()
    generator = EmbeddedGenerator(tmp_path)
    corpus = family(name).corpus(SEED)
    prompt = "".join(corpus.draw(random.Random(1), 1.0).prompt)
    assert len(generator.generate(prompt, n=8, sampling=Sampling(), seed=1)) == 8


@pytest.mark.heavy_train
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_tokenizer_equals_the_library_on_all_training_text(name: str) -> None:
    """Draws the text of the whole training again, in its order and with its curriculum."""
    folder = family_folder(name)
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    ours = Tokenizer.read(folder)
    library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    drawn = [0]
    corpus = family(name).corpus(SEED)
    for pool in pools(corpus, record["batch"], SEED, lambda: drawn[0] / record["sequences"]):
        texts = [sequence.text for sequence in pool]
        theirs = library.encode_batch(texts)
        for sequence, text, their in zip(pool, texts, theirs, strict=True):
            tokens = ours.encode(text)
            assert tokens == their.ids
            assert [ours.texts[t] for t in tokens] == [*sequence.prompt, *sequence.completion]
            assert ours.decode(tokens) == text
        drawn[0] += len(pool)
        if drawn[0] >= record["sequences"]:
            break
    assert drawn[0] >= record["sequences"]
