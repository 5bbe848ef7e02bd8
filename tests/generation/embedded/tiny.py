"""A tiny Llama with random weights in a folder: for tests that need no bundled weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vervet.generation.embedded.training.vocabulary import (
    SPECIAL,
    tokenizer_config,
    tokenizer_json,
)

TOKENS = ["a", "b", "ab", " ", "\n", "7", "77", "abc", "é", "x[::-1]"]
HIDDEN, WIDTH, LAYERS, HEADS, KV_HEADS, HEAD, CONTEXT = 12, 20, 2, 3, 1, 4, 40


def config(**changes: Any) -> dict[str, Any]:
    return {
        "model_type": "llama",
        "vocab_size": 16,
        "hidden_size": HIDDEN,
        "intermediate_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD,
        "max_position_embeddings": CONTEXT,
        "rope_theta": 50.0,
        "rms_norm_eps": 1e-5,
        "eos_token_id": 1,
        **changes,
    }


def tensors(seed: int = 0) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    rng = np.random.default_rng(seed)

    def make(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return (rng.standard_normal(shape) * 0.6).astype(np.float32)

    found = {
        "model.embed_tokens.weight": make(16, HIDDEN),
        "model.norm.weight": 1 + make(HIDDEN) / 3,
        "lm_head.weight": make(16, HIDDEN),
    }
    for number in range(LAYERS):
        at = f"model.layers.{number}."
        found |= {
            f"{at}input_layernorm.weight": 1 + make(HIDDEN) / 3,
            f"{at}self_attn.q_proj.weight": make(HEADS * HEAD, HIDDEN),
            f"{at}self_attn.k_proj.weight": make(KV_HEADS * HEAD, HIDDEN),
            f"{at}self_attn.v_proj.weight": make(KV_HEADS * HEAD, HIDDEN),
            f"{at}self_attn.o_proj.weight": make(HIDDEN, HEADS * HEAD),
            f"{at}post_attention_layernorm.weight": 1 + make(HIDDEN) / 3,
            f"{at}mlp.gate_proj.weight": make(WIDTH, HIDDEN),
            f"{at}mlp.up_proj.weight": make(WIDTH, HIDDEN),
            f"{at}mlp.down_proj.weight": make(HIDDEN, WIDTH),
        }
    return found


def safetensors(arrays: dict[str, Any]) -> bytes:
    """The bytes of a safetensors file of float32 arrays, written here by the format's own rules."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        data = np.ascontiguousarray(array, dtype="<f4").tobytes()
        spans = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": spans}
        body += data
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def write_folder(folder: Path, seed: int = 0, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config(**changes)))
    (folder / "tokenizer.json").write_text(tokenizer_json(TOKENS))
    (folder / "tokenizer_config.json").write_text(tokenizer_config(CONTEXT))
    (folder / "model.safetensors").write_bytes(safetensors(tensors(seed)))
    return folder


assert len(SPECIAL) + len(TOKENS) <= 16
