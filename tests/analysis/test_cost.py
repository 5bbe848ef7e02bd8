from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.analysis.cost import ModelShape, Price, Usage, flops_per_token, inference_flops, usd
from vervet.analysis.cost_curves import Axis, Spender, cheapest, cost_curve
from vervet.analysis.cost_published import check_published, published_row
from vervet.analysis.cost_shapes import known_shape, shape_of_config
from vervet.core.errors import AnalysisError

LLAMA_8B = ModelShape(8_030_261_248, 32, 4096)
LLAMA_70B = ModelShape(70_553_706_496, 80, 8192)


@pytest.mark.parametrize(
    ("shape", "flops"), [(LLAMA_8B, 335_603_077_120_000), (LLAMA_70B, 2_924_513_796_096_000)]
)
def test_the_flops_of_the_papers_formula(shape: ModelShape, flops: int) -> None:
    assert inference_flops(shape, 500, 200, 100) == flops


@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 9))
def test_the_closed_form_is_the_sum_over_positions(prompt: int, decoded: int, samples: int) -> None:
    shape = ModelShape(1000, 3, 7)
    read = sum(flops_per_token(shape, at) for at in range(1, prompt + 1))
    made = sum(flops_per_token(shape, at) for at in range(prompt + 1, prompt + decoded + 1))
    assert inference_flops(shape, prompt, decoded, samples) == read + samples * made


def test_usd_pays_the_prompt_once_a_request() -> None:
    price = Price(input_usd=3.0, output_usd=15.0)
    assert usd(price, 1000, 200, 10) == pytest.approx(10 * (0.003 + 0.003))
    assert usd(price, 1000, 200, 10, prompts_billed=1) == pytest.approx(0.003 + 10 * 0.003)


@pytest.mark.parametrize(
    "name", ["Pythia 12B", "vllm:EleutherAI/pythia-12b", "pythia-12b-deduped", "PYTHIA_12B"]
)
def test_a_published_shape_is_found_by_any_of_its_names(name: str) -> None:
    assert known_shape(name) == ModelShape(11_846_072_320, 36, 5120)


def test_an_unknown_shape_is_not_guessed() -> None:
    assert known_shape("embedded:code") is None
    assert known_shape("pythia") is None
    assert known_shape("meta-llama/Meta-Llama-3-8B-Instruct") == LLAMA_8B


def test_the_weights_of_a_config_are_counted() -> None:
    """As Llama 3 8B and SmolLM2 135M are published, the latter with tied embeddings."""
    llama = {
        "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "vocab_size": 128256, "tie_word_embeddings": False,
    }  # fmt: skip
    small = {
        "model_type": "llama", "hidden_size": 576, "num_hidden_layers": 30,
        "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
        "vocab_size": 49152, "tie_word_embeddings": True,
    }  # fmt: skip
    assert shape_of_config(llama) == LLAMA_8B
    assert shape_of_config(small) == ModelShape(134_515_008, 30, 576)
    assert shape_of_config({"model_type": "mamba"}) is None
    assert shape_of_config({"model_type": "llama"}) is None


# The comparison of attempts at SWE-bench Lite, as printed, and as printed later.
FIRST = [
    ("DeepSeek-Coder-V2-Instruct", "0.008", "5", "29.62", "12", "1x"),
    ("GPT-4o", "0.13", "1", "24.00", "39", "3.25x"),
    ("Claude 3.5 Sonnet", "0.17", "1", "26.70", "51", "4.25x"),
]
LATER = [
    ("DeepSeek-Coder-V2-Instruct", "0.0072", "5", "29.62", "10.8", "1x"),
    ("GPT-4o", "0.13", "1", "24.00", "39", "3.6x"),
    ("Claude 3.5 Sonnet", "0.17", "1", "26.70", "51", "4.7x"),
]


@pytest.mark.parametrize("table", [FIRST, LATER])
def test_the_published_comparisons_agree_with_themselves(table: list[Any]) -> None:
    assert check_published([published_row(*row) for row in table], problems=300) == ()


@pytest.mark.parametrize("table", [FIRST, LATER])
@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(range(1, 6), 2)))
def test_a_copy_with_two_columns_swapped_is_inconsistent(
    table: list[Any], one: int, other: int
) -> None:
    swapped = [list(row) for row in table]
    for row in swapped:
        row[one], row[other] = row[other], row[one]
    assert check_published([published_row(*row) for row in swapped], problems=300)


def test_an_inconsistency_says_what_was_expected() -> None:
    rows = [published_row("a", 0.5, 2, 10, 99, 1)]
    [found] = check_published(rows, problems=30)
    assert (found.label, found.column) == ("a", "total")
    assert found.reason == "the total is 99, and 0.5 x 2 attempts x 30 problems is 30"


@pytest.mark.parametrize("broken", ["", "much", "nan", "inf", None])
def test_a_cell_that_is_no_number_is_named(broken: object) -> None:
    with pytest.raises(AnalysisError, match="total of 'a'"):
        published_row("a", 1, 1, 1, broken, 1)


def test_cost_and_coverage_of_k_candidates() -> None:
    """Two problems, one always solved: coverage 0.5; 90 USD of output per million tokens."""
    use = Usage(prompt_tokens=0, decoded_tokens=100, verifier_s=36.0)
    spender = Spender(use, ModelShape(10, 1, 1), Price(0, 90.0), cpu_usd_hour=0.5)
    curve = cost_curve("m", 4, [4, 0], spender, ks=[1, 4])
    assert curve.coverage.tolist() == [0.5, 0.5]
    assert curve.verifier_s.tolist() == [72.0, 288.0]
    np.testing.assert_allclose(curve.usd, [2 * (0.009 + 0.005), 8 * (0.009 + 0.005)])
    np.testing.assert_allclose(curve.flops, [2 * 22_200, 8 * 22_200])
    assert curve.per_solved(Axis.USD)[0] == pytest.approx(0.028)  # one of two is solved


def test_candidates_of_one_request_share_its_prompt() -> None:
    spender = Spender(Usage(1_000_000, 0), price=Price(1.0, 1.0), prompts_share=4)
    curve = cost_curve("m", 8, [1], spender, ks=[1, 4, 5, 8])
    assert curve.usd is not None
    assert curve.usd.tolist() == [1.0, 1.0, 2.0, 2.0]


def test_nothing_solved_has_no_cost_per_solved_problem() -> None:
    curve = cost_curve("m", 4, [0, 0], Spender(Usage(1, 1), price=Price(1, 1)), ks=[1])
    assert curve.per_solved(Axis.USD) == (None,)
    assert curve.per_solved(Axis.FLOPS) == (None,)


def test_the_cheapest_way_to_a_target_may_be_many_of_a_small_model() -> None:
    ks = [1, 10, 100]
    small = cost_curve("small", 100, [10] * 9, Spender(Usage(0, 1), price=Price(0, 1)), ks=ks)
    large = cost_curve("large", 100, [99] * 9, Spender(Usage(0, 99), price=Price(0, 1)), ks=ks)
    weak = cost_curve("weak", 100, [0] * 9, Spender(Usage(0, 1), price=Price(0, 1)), ks=ks)
    free = cost_curve("free", 100, [99] * 9, Spender(Usage(0, 1)), ks=ks)
    # With c = 10 of n = 100, pass@8 is 0.583 and pass@9 is 0.629.
    options, rest = cheapest([large, small, weak, free], 0.6, Axis.USD)
    assert [(option.label, option.k) for option in options] == [("small", 9), ("large", 1)]
    assert [(each.label, each.reason) for each in rest] == [
        ("weak", "0 is the most it reaches, with k = 100"),
        ("free", "its price is unknown"),
    ]


def test_a_sure_way_takes_the_lower_end_of_the_interval() -> None:
    c = [20] * 5 + [60] * 5
    curve = cost_curve("m", 100, c, Spender(Usage(0, 1), price=Price(0, 1)))
    [[likely], _] = cheapest([curve], 0.6, Axis.USD)
    [[sure], _] = cheapest([curve], 0.6, Axis.USD, surely=True)
    assert likely.k < sure.k


@pytest.mark.parametrize(
    "make",
    [
        lambda: ModelShape(0, 1, 1),
        lambda: ModelShape(1, 1, -1),
        lambda: Price(-1.0, 0.0),
        lambda: Price(float("nan"), 0.0),
        lambda: Usage(-1, 0),
        lambda: Usage(float("nan"), 0),
        lambda: Spender(Usage(1, 1), prompts_share=0),
        lambda: Spender(Usage(1, 1), cpu_usd_hour=float("inf")),
        lambda: inference_flops(LLAMA_8B, -1, 0),
        lambda: cheapest([], 0.0, Axis.USD),
        lambda: cheapest([], float("nan"), Axis.USD),
        lambda: check_published([], 300),
    ],
)
def test_what_cannot_be_is_refused(make: Any) -> None:
    with pytest.raises(AnalysisError):
        make()
