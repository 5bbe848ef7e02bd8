"""The generator on a tiny model: counts, seeds, stops, limits and a user's mistakes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.generation.embedded import tiny
from vervet.core.errors import ModelError, PromptError, UnknownNameError, UsageError
from vervet.core.sampling import Sampling
from vervet.generation.embedded.generator import EmbeddedGenerator
from vervet.generation.protocol import Generator

PROMPT = "ab a\n77"


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedGenerator:
    return EmbeddedGenerator(tiny.write_folder(tmp_path_factory.mktemp("tiny")))


def test_it_is_a_generator_and_says_what_it_is(generator: EmbeddedGenerator) -> None:
    assert isinstance(generator, Generator)
    info = generator.info()
    assert info.engine == "embedded"
    assert info.digest is not None
    assert info.digest.startswith(str(info.revision))


@pytest.mark.parametrize("n", [1, 7, 300])
def test_the_same_seed_gives_the_same_completions(generator: EmbeddedGenerator, n: int) -> None:
    sampling = Sampling(max_tokens=8)
    first = generator.generate(PROMPT, n=n, sampling=sampling, seed=3)
    assert len(first) == n
    assert first == generator.generate(PROMPT, n=n, sampling=sampling, seed=3)
    if n > 1:
        assert first != generator.generate(PROMPT, n=n, sampling=sampling, seed=4)
        assert len({completion.text for completion in first}) > 1


def test_batches_beyond_the_first_are_not_copies_of_it(generator: EmbeddedGenerator) -> None:
    found = generator.generate(PROMPT, n=512, sampling=Sampling(max_tokens=8), seed=0)
    assert [c.text for c in found[:256]] != [c.text for c in found[256:]]


def test_greedy_completions_are_equal(generator: EmbeddedGenerator) -> None:
    found = generator.generate(PROMPT, n=4, sampling=Sampling(temperature=0), seed=1)
    assert len({completion.text for completion in found}) == 1


def test_reasons_and_counts(generator: EmbeddedGenerator) -> None:
    found = generator.generate(PROMPT, n=200, sampling=Sampling(max_tokens=5), seed=1)
    assert {completion.finish_reason for completion in found} == {"stop", "length"}
    for completion in found:
        assert 1 <= completion.tokens <= 5
        assert completion.finish_reason == "stop" or completion.tokens == 5
        assert completion.mean_logprob is not None
        assert completion.mean_logprob < 0
        assert "<" not in completion.text


def test_the_context_ends_a_completion(generator: EmbeddedGenerator) -> None:
    long = "ab" * (tiny.CONTEXT - 2)
    found = generator.generate(long, n=50, sampling=Sampling(max_tokens=64), seed=1)
    assert max(completion.tokens for completion in found) == 2
    assert "length" in {completion.finish_reason for completion in found}


def test_stop_strings_cut_and_end(generator: EmbeddedGenerator) -> None:
    free = generator.generate(PROMPT, n=100, sampling=Sampling(max_tokens=12), seed=2)
    common = Counter("".join(completion.text for completion in free)).most_common(1)[0][0]
    sampling = Sampling(max_tokens=12, stop=(common, "never"))
    cut = generator.generate(PROMPT, n=100, sampling=sampling, seed=2)
    assert all(common not in completion.text for completion in cut)
    for before, after in zip(free, cut, strict=True):
        assert after.text == before.text.split(common)[0]
        assert after.tokens <= before.tokens
        if common in before.text:
            assert after.finish_reason == "stop"


@pytest.mark.parametrize("prompt", ["", "ab" * tiny.CONTEXT, "what?"])
def test_prompts_that_cannot_be_read(generator: EmbeddedGenerator, prompt: str) -> None:
    with pytest.raises(PromptError):
        generator.generate(prompt, n=1, sampling=Sampling(), seed=0)


@pytest.mark.parametrize("n", [0, -3])
def test_no_completions_were_asked_for(generator: EmbeddedGenerator, n: int) -> None:
    with pytest.raises(UsageError):
        generator.generate(PROMPT, n=n, sampling=Sampling(), seed=0)


def test_an_unknown_family_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="code"):
        EmbeddedGenerator("codes")


def test_a_path_that_does_not_exist_is_no_family(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        EmbeddedGenerator(str(tmp_path / "nothing"))


def test_parts_of_two_models_are_refused(tmp_path: Path) -> None:
    folder = tiny.write_folder(tmp_path / "mixed", eos_token_id=4)
    with pytest.raises(ModelError, match="do not belong together"):
        EmbeddedGenerator(folder)
