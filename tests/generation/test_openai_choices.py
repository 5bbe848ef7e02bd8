"""Reading of choices: cutting and the sharing of tokens."""

from hypothesis import given
from hypothesis import strategies as st

from vervet.generation.openai_choices import cut_at_stop, share_out


@given(st.integers(0, 10_000), st.lists(st.integers(0, 1000), min_size=1, max_size=50))
def test_shares_add_up_and_stay_within_one_of_the_proportion(
    total: int, weights: list[int]
) -> None:
    shares = share_out(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        exact = total * weight / whole if whole else total / len(weights)
        assert abs(share - exact) < 1 + 1e-6


@given(st.text("ab\n"), st.lists(st.text("ab\n", min_size=1), max_size=6))
def test_cut_text_is_a_beginning_without_any_stop_string(text: str, stop: list[str]) -> None:
    kept = cut_at_stop(text, stop)
    assert text.startswith(kept)
    assert not any(one in kept for one in stop)
    if kept != text:
        assert any(text[len(kept) :].startswith(one) for one in stop)
