"""Heavy: transformers and vLLM load the bundled folders and write the same greedy tokens as we do.

Their Python is named by `VERVET_VLLM_PYTHON`; without it, this one must have both packages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generation.embedded.test_bundled import bundled
from vervet.core.sampling import Sampling
from vervet.generation.embedded.generator import EmbeddedGenerator, family_folder
from vervet.generation.embedded.tokenizer import Tokenizer
from vervet.generation.embedded.training.family import FAMILIES

SCRIPT = Path(__file__).with_name("foreign_engine.py")
PROMPTS = 24


@pytest.mark.heavy_vllm
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(FAMILIES))
@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_the_same_greedy_tokens(engine: str, name: str) -> None:
    folder = family_folder(name)
    prompts = [problem["prompt"] for problem in bundled(name)[:PROMPTS]]
    done = subprocess.run(
        [os.environ.get("VERVET_VLLM_PYTHON", sys.executable), str(SCRIPT), engine, str(folder)],
        input=json.dumps(prompts),
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    theirs = json.loads(done.stdout)
    tokenizer = Tokenizer.read(folder)
    generator = EmbeddedGenerator(name)
    assert len(theirs) == len(prompts)
    for prompt, their in zip(prompts, theirs, strict=True):
        assert their["prompt"] == tokenizer.encode(prompt)
        ours = generator.generate(prompt, n=1, sampling=Sampling(temperature=0), seed=0)[0]
        assert ours.text == their["text"]
        assert ours.finish_reason == "stop"
        end = [generator.end]
        assert [*tokenizer.encode(ours.text), *end] == [*_without(their["new"], end[0]), *end]
        assert ours.tokens == len(_without(their["new"], end[0])) + 1


def _without(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens
