"""Reads a folder of weights (`config.json`, `model.safetensors`) without torch; never writes one.

A folder that is missing, damaged or not a plain Llama is refused with the file and the reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vervet.core.errors import ModelError

__all__ = ["Config", "Weights", "read_config", "read_tensors", "read_weights"]

Array = npt.NDArray[np.float32]

_HINT = "Give a folder that `make train-model` wrote, or the name of a family: code, arith."
_LARGEST_HEADER = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Config:
    """What inference needs of `config.json`; sizes are counts of numbers or of layers."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    context: int
    rope_theta: float
    eps: float
    end: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's tensors, each (outputs, inputs) as stored; norms are (hidden,)."""

    before_attention: Array
    q: Array
    k: Array
    v: Array
    out: Array
    before_feed: Array
    gate: Array
    up: Array
    down: Array


@dataclass(frozen=True, slots=True)
class Weights:
    """A whole model in float32."""

    config: Config
    embedding: Array
    layers: tuple[Layer, ...]
    norm: Array
    head: Array


def read_config(folder: Path) -> Config:
    """Read `config.json`.

    Raises:
        ModelError: if it is missing, no JSON, not a Llama, or asks for what we do not compute.
    """
    path = folder / "config.json"
    document = _json(path)
    if document.get("model_type") != "llama":
        raise ModelError(
            f"{path}: model_type is {document.get('model_type')!r}, not 'llama'", hint=_HINT
        )
    scaling = document.get("rope_parameters") or document.get("rope_scaling") or {}
    refused = {
        "hidden_act": document.get("hidden_act", "silu") != "silu",
        "attention_bias": bool(document.get("attention_bias")),
        "mlp_bias": bool(document.get("mlp_bias")),
        "rope_parameters": scaling.get("rope_type", "default") != "default",
    }
    if any(refused.values()):
        names = ", ".join(name for name, bad in refused.items() if bad)
        raise ModelError(
            f"{path}: the embedded engine does not compute {names} as given",
            hint="Serve this model with vLLM and sample it by URL.",
        )
    try:
        heads = int(document["num_attention_heads"])
        hidden = int(document["hidden_size"])
        theta = scaling.get("rope_theta", document.get("rope_theta", 10000.0))
        found = Config(
            vocab_size=int(document["vocab_size"]),
            hidden_size=hidden,
            intermediate_size=int(document["intermediate_size"]),
            layers=int(document["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(document.get("num_key_value_heads", heads)),
            head=int(document.get("head_dim") or hidden // heads),
            context=int(document["max_position_embeddings"]),
            rope_theta=float(theta),
            eps=float(document["rms_norm_eps"]),
            end=int(document["eos_token_id"]),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ModelError(f"{path}: missing or unreadable setting ({error})", hint=_HINT) from error
    sizes = (found.vocab_size, hidden, found.intermediate_size, found.layers, heads, found.context)
    if min(sizes) < 1 or found.kv_heads < 1 or heads % found.kv_heads or found.head % 2:
        raise ModelError(f"{path}: the sizes make no Llama", hint=_HINT)
    if not 0 <= found.end < found.vocab_size:
        raise ModelError(f"{path}: eos_token_id {found.end} is outside the vocabulary", hint=_HINT)
    return found


def read_tensors(path: Path) -> dict[str, Array]:
    """Every tensor of a safetensors file, as float32.

    Raises:
        ModelError: if the file is missing, cut short or damaged, or holds other types of numbers
            than F32, F16 and BF16.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})", hint=_HINT) from error
    try:
        size = int.from_bytes(data[:8], "little")
        if len(data) < 8 or size > min(len(data) - 8, _LARGEST_HEADER):
            raise ValueError("the header is cut short")
        header = json.loads(data[8 : 8 + size])
        if not isinstance(header, dict):
            raise ValueError("the header is no JSON object")
        header.pop("__metadata__", None)
        body = memoryview(data)[8 + size :]
        _check_spans(header, len(body))
        return {str(name): _tensor(entry, body) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelError(
            f"{path}: damaged safetensors file ({error})",
            hint="Restore the file, for instance with git, or train it again.",
        ) from error


def read_weights(folder: Path) -> Weights:
    """Read a whole model and check every shape against `config.json`.

    Raises:
        ModelError: as `read_config` and `read_tensors` do, and for a tensor that is missing, left
            over, of a wrong shape, or holds a number that is not finite.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder of weights", hint=_HINT)
    config = read_config(folder)
    path = folder / "model.safetensors"
    tensors = read_tensors(path)
    hidden, width = config.hidden_size, config.intermediate_size
    queries, keys = config.heads * config.head, config.kv_heads * config.head

    def take(name: str, *shape: int) -> Array:
        tensor = tensors.pop(name, None)
        if tensor is None:
            raise ModelError(f"{path}: tensor {name} is missing", hint=_HINT)
        if tensor.shape != shape:
            raise ModelError(
                f"{path}: tensor {name} has shape {tensor.shape}, config.json asks for {shape}",
                hint=_HINT,
            )
        if not np.isfinite(tensor).all():
            raise ModelError(f"{path}: tensor {name} holds numbers that are not finite", hint=_HINT)
        return tensor

    def layer(number: int) -> Layer:
        at = f"model.layers.{number}."
        return Layer(
            before_attention=take(f"{at}input_layernorm.weight", hidden),
            q=take(f"{at}self_attn.q_proj.weight", queries, hidden),
            k=take(f"{at}self_attn.k_proj.weight", keys, hidden),
            v=take(f"{at}self_attn.v_proj.weight", keys, hidden),
            out=take(f"{at}self_attn.o_proj.weight", hidden, queries),
            before_feed=take(f"{at}post_attention_layernorm.weight", hidden),
            gate=take(f"{at}mlp.gate_proj.weight", width, hidden),
            up=take(f"{at}mlp.up_proj.weight", width, hidden),
            down=take(f"{at}mlp.down_proj.weight", hidden, width),
        )

    embedding = take("model.embed_tokens.weight", config.vocab_size, hidden)
    tied = "lm_head.weight" not in tensors
    weights = Weights(
        config=config,
        embedding=embedding,
        layers=tuple(layer(number) for number in range(config.layers)),
        norm=take("model.norm.weight", hidden),
        head=embedding if tied else take("lm_head.weight", config.vocab_size, hidden),
    )
    if tensors:
        raise ModelError(f"{path}: config.json knows nothing of {min(tensors)}", hint=_HINT)
    return weights


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})", hint=_HINT) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: no JSON ({error})", hint=_HINT) from error
    if not isinstance(document, dict):
        raise ModelError(f"{path}: no JSON object", hint=_HINT)
    return document


def _check_spans(header: dict[str, Any], size: int) -> None:
    """Refuse offsets that overlap, leave gaps or reach past the end of the file."""
    spans = sorted((int(e["data_offsets"][0]), int(e["data_offsets"][1])) for e in header.values())
    place = 0
    for start, stop in spans:
        if start != place or stop < start:
            raise ValueError("tensors overlap or leave gaps")
        place = stop
    if place != size:
        raise ValueError(f"{size} bytes of numbers, the header tells of {place}")


def _tensor(entry: dict[str, Any], body: memoryview) -> Array:
    start, stop = (int(offset) for offset in entry["data_offsets"])
    shape = tuple(int(length) for length in entry["shape"])
    raw = body[start:stop]
    kind = entry["dtype"]
    if kind == "F32":
        flat = np.frombuffer(raw, dtype="<f4").astype(np.float32)
    elif kind == "F16":
        flat = np.frombuffer(raw, dtype="<f2").astype(np.float32)
    elif kind == "BF16":
        wide = np.frombuffer(raw, dtype="<u2").astype(np.uint32) << np.uint32(16)
        flat = wide.view(np.float32)
    else:
        raise ValueError(f"numbers of type {kind}")
    return flat.reshape(shape)
