"""Greedy tokens of a folder by transformers or vLLM; run by their own Python, imports no vervet.

python foreign_engine.py transformers|vllm FOLDER < prompts.json > tokens.json
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

CONTEXT = 256
LONGEST = 64


def with_transformers(folder: str, prompts: list[str]) -> list[dict[str, Any]]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # Two threads that wait for each other are slower than one where the machine is busy.
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    found = []
    for prompt in prompts:
        given = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
        start = given["input_ids"].shape[1]
        out = model.generate(**given, do_sample=False, max_new_tokens=LONGEST)[0]
        text = tokenizer.decode(out[start:], skip_special_tokens=True)
        found.append({"prompt": out[:start].tolist(), "new": out[start:].tolist(), "text": text})
    return found


def with_vllm(folder: str, prompts: list[str]) -> list[dict[str, Any]]:
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    from vllm import LLM, SamplingParams

    engine = LLM(
        model=folder,
        dtype="float32",
        enforce_eager=True,
        max_model_len=CONTEXT,
        max_num_seqs=64,
        block_size=32,
    )
    greedy = SamplingParams(temperature=0.0, max_tokens=LONGEST)
    return [
        {
            "prompt": list(done.prompt_token_ids),
            "new": list(done.outputs[0].token_ids),
            "text": done.outputs[0].text,
        }
        for done in engine.generate(prompts, greedy)
    ]


def main() -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    # The engines log to standard output, so the answer has a file descriptor of its own.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    engine, folder = sys.argv[1:]
    prompts = json.load(sys.stdin)
    run = {"transformers": with_transformers, "vllm": with_vllm}[engine]
    json.dump(run(folder, prompts), answer)
    answer.flush()


if __name__ == "__main__":
    main()
