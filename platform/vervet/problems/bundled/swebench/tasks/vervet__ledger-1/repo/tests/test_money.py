import pytest

from ledger.money import parse, show, split


@pytest.mark.parametrize(
    ("text", "cents"), [("12.34", 1234), ("7", 700), ("-0.5", -50), ("3.05", 305)]
)
def test_amounts_are_read(text, cents):
    assert parse(text) == cents


@pytest.mark.parametrize("text", ["", "1.234", "ten"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="no amount"):
        parse(text)


@pytest.mark.parametrize(("cents", "text"), [(1234, "12.34"), (5, "0.05"), (-50, "-0.50")])
def test_amounts_are_shown(cents, text):
    assert show(cents) == text


def test_equal_shares():
    assert split(900, 3) == [300, 300, 300]


def test_no_shares_are_refused():
    with pytest.raises(ValueError, match="0 shares"):
        split(900, 0)
