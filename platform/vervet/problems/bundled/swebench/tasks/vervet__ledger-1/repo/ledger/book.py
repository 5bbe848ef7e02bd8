"""A book of accounts: balances in cents, and a colour for each account."""

import random

COLOURS = ("amber", "blue", "coral", "denim", "ebony", "fern", "gold", "hazel")


class Book:
    """Accounts by name."""

    def __init__(self):
        self._balances = {}
        self._colours = {}

    def open(self, account, cents=0):
        """Add an account; its colour is drawn."""
        if account in self._balances:
            raise ValueError(f"{account} is open already")
        self._balances[account] = cents
        self._colours[account] = random.SystemRandom().choice(COLOURS)

    def balance(self, account):
        """What is in an account."""
        return self._balances[account]

    def colour(self, account):
        """The colour that an account is drawn in."""
        return self._colours[account]

    def total(self):
        """What is in all accounts together."""
        return sum(self._balances.values())

    def transfer(self, source, target, cents):
        """Move an amount from one account to another."""
        if cents <= 0:
            raise ValueError("only a positive amount can be moved")
        self._balances[source] -= cents
        if self._balances[source] < 0:
            raise ValueError(f"{source} does not hold {cents}")
        self._balances[target] += cents
