from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from vervet.analysis.cost import ModelShape
from vervet.core.errors import ConfigError
from vervet.pipeline.price_file import read_prices
from vervet.store.prices import ALWAYS, PriceRow

GOOD = """
prices:
  - {model: m, provider: p, input_usd: 2.5, output_usd: 10, valid_from: 2024-10-02, source: page}
  - {model: m, provider: p, input_usd: 5, output_usd: 15}
shapes:
  - {model: own, parameters: 1000, layers: 2, width: 8}
cpu_usd_hour: 0.04
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.yaml"
    path.write_text(text)
    return path


def test_a_file_of_prices_and_shapes_is_read(tmp_path: Path) -> None:
    found = read_prices(written(tmp_path, GOOD))
    dated = PriceRow("m", "p", 2.5, 10.0, datetime(2024, 10, 2, tzinfo=UTC), "page")
    assert found.rows == (dated, PriceRow("m", "p", 5.0, 15.0, ALWAYS))
    assert found.price_of("vllm:m") == (dated,)
    assert found.price_of("other") == ()
    assert found.shape_of("vllm:own") == ModelShape(1000, 2, 8)
    assert found.cpu_usd_hour == 0.04


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices: [{model: m, input_usd: -1, output_usd: 1}]", r"prices\.0\.input_usd"),
        ("prices: [{model: m, input_usd: .nan, output_usd: 1}]", r"prices\.0\.input_usd"),
        ("prices: [{model: m, output_usd: 1}]", r"prices\.0\.input_usd: Field required"),
        ("price: []", "price: Extra inputs"),
        ("prices: [", "is no YAML"),
        ("- 1", "the file: "),
        ("shapes: [{model: m, parameters: 1.5, layers: 1, width: 1}]", r"shapes\.0\.parameters"),
    ],
)
def test_a_broken_file_is_named_with_the_entry(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_prices(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml cannot be read"):
        read_prices(tmp_path / "none.yaml")
