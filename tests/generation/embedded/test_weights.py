"""Folders of weights that must be refused, each with the file and the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.generation.embedded import tiny
from vervet.core.errors import ModelError
from vervet.generation.embedded.weights import read_tensors, read_weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write_folder(tmp_path / "model")


def test_a_good_folder_is_read_as_it_is(folder: Path) -> None:
    weights = read_weights(folder)
    expected = tiny.tensors()
    np.testing.assert_array_equal(weights.embedding, expected["model.embed_tokens.weight"])
    np.testing.assert_array_equal(
        weights.layers[1].down, expected["model.layers.1.mlp.down_proj.weight"]
    )


def test_bfloat16_and_float16_become_float32(tmp_path: Path) -> None:
    header = {
        "b": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
        "h": {"dtype": "F16", "shape": [1, 1], "data_offsets": [4, 6]},
    }
    text = json.dumps(header).encode()
    numbers = bytes([0x80, 0x3F, 0x20, 0xC0]) + np.array([0.5], dtype="<f2").tobytes()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)
    found = read_tensors(path)
    assert found["b"].tolist() == [1.0, -2.5]
    assert found["h"].tolist() == [[0.5]]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model_type": "gpt2"}, "gpt2"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"attention_bias": True}, "attention_bias"),
        ({"rope_parameters": {"rope_type": "llama3"}}, "rope_parameters"),
        ({"hidden_size": "wide"}, "unreadable setting"),
        ({"num_attention_heads": 0}, "unreadable setting|no Llama"),
        ({"num_key_value_heads": 2}, "no Llama"),
        ({"eos_token_id": 99}, "eos_token_id"),
        ({"hidden_size": 16}, "shape"),
        ({"num_hidden_layers": 3}, r"layers\.2.* is missing"),
        ({"num_hidden_layers": 1}, "knows nothing of"),
        ({"vocab_size": 17}, "embed_tokens"),
    ],
)
def test_config_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        read_weights(tiny.write_folder(tmp_path / "model", **changes))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:0],
        lambda data: data[:5],
        lambda data: data[:200],
        lambda data: data[:-4],
        lambda data: data + b"\0\0\0\0",
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data.replace(b'"F32"', b'"I32"', 1),
        lambda data: data.replace(b'"dtype"', b'"dtipe"', 1),
        lambda data: data.replace(b'"data_offsets": [0,', b'"data_offsets": [4,', 1),
        lambda data: data[:8] + b"[" * (len(data) - 8),
    ],
)
def test_a_damaged_file_is_refused(folder: Path, spoil: Callable[[bytes], bytes]) -> None:
    path = folder / "model.safetensors"
    data = path.read_bytes()
    spoiled = spoil(data)
    assert spoiled != data
    path.write_bytes(spoiled)
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        read_weights(folder)


def test_numbers_that_are_not_finite_are_refused(folder: Path) -> None:
    arrays = tiny.tensors()
    arrays["model.norm.weight"][3] = np.nan
    (folder / "model.safetensors").write_bytes(tiny.safetensors(arrays))
    with pytest.raises(ModelError, match=r"model\.norm\.weight.*not finite"):
        read_weights(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        read_weights(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "[" * 100_000])
def test_config_that_is_no_object_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError, match=r"config\.json"):
        read_weights(folder)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        read_weights(tmp_path / "nothing")
