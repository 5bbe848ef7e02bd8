"""Amounts in whole cents, and a book of accounts."""
