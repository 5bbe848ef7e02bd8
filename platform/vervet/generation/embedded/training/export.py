"""Writes a trained network as a folder that transformers, vLLM and `weights` load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from vervet.generation.embedded.training.network import Llama, Shape
from vervet.generation.embedded.training.vocabulary import (
    END,
    PAD,
    SPECIAL,
    tokenizer_config,
    tokenizer_json,
)

__all__ = ["config", "tensors", "write_model"]


def config(shape: Shape) -> dict[str, Any]:
    """The content of `config.json`."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocab_size,
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "head_dim": shape.head,
        "max_position_embeddings": shape.context,
        "rope_theta": shape.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_theta},
        "rms_norm_eps": shape.eps,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": SPECIAL.index(END),
        "pad_token_id": SPECIAL.index(PAD),
        "torch_dtype": "float32",
        "use_cache": True,
    }


def tensors(network: Llama) -> dict[str, Tensor]:
    """The weights under the names of LlamaForCausalLM, float32."""
    with torch.no_grad():
        named = {
            "model.embed_tokens.weight": network.table(),
            "model.norm.weight": network.norm.weight,
            "lm_head.weight": network.lm_head.weight,
        }
        for number, block in enumerate(network.blocks):
            at = f"model.layers.{number}."
            q, k, v = block.projections()
            named |= {
                f"{at}input_layernorm.weight": block.before_attention.weight,
                f"{at}self_attn.q_proj.weight": q,
                f"{at}self_attn.k_proj.weight": k,
                f"{at}self_attn.v_proj.weight": v,
                f"{at}self_attn.o_proj.weight": block.out.weight,
                f"{at}post_attention_layernorm.weight": block.before_feed.weight,
                f"{at}mlp.gate_proj.weight": block.gate.weight,
                f"{at}mlp.up_proj.weight": block.up.weight,
                f"{at}mlp.down_proj.weight": block.down.weight,
            }
        return {name: weight.detach().float().clone() for name, weight in named.items()}


def write_model(network: Llama, tokens: list[str], folder: Path) -> None:
    """Write config, generation config, tokenizer and weights into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    end, pad = SPECIAL.index(END), SPECIAL.index(PAD)
    files = {
        "config.json": json.dumps(config(network.shape), indent=1) + "\n",
        "generation_config.json": json.dumps({"eos_token_id": end, "pad_token_id": pad}, indent=1)
        + "\n",
        "tokenizer.json": tokenizer_json(tokens),
        "tokenizer_config.json": tokenizer_config(network.shape.context),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    data = save(tensors(network), metadata={"format": "pt"})
    (folder / "model.safetensors").write_bytes(data)
