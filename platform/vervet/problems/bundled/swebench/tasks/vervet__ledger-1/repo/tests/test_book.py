import pytest

from ledger.book import COLOURS, Book


@pytest.fixture
def book():
    made = Book()
    made.open("cash", 1000)
    made.open("bank", 500)
    return made


def test_an_amount_is_moved(book):
    book.transfer("cash", "bank", 300)
    assert (book.balance("cash"), book.balance("bank")) == (700, 800)


def test_an_account_is_opened_once(book):
    with pytest.raises(ValueError, match="open already"):
        book.open("cash")


def test_too_much_is_refused(book):
    with pytest.raises(ValueError, match="does not hold"):
        book.transfer("cash", "bank", 1001)


def test_nothing_is_refused(book):
    with pytest.raises(ValueError, match="positive"):
        book.transfer("cash", "bank", 0)


def test_a_colour_is_one_of_those_there_are(book):
    assert book.colour("cash") in COLOURS


def test_two_accounts_have_different_colours(book):
    assert book.colour("cash") != book.colour("bank")
