"""Amounts of money, in whole cents."""

import re


def parse(text):
    """Cents of an amount such as "12.34", "-0.5" or "7"."""
    match = re.fullmatch(r"(-?)(\d+)(?:\.(\d{1,2}))?", text.strip())
    if match is None:
        raise ValueError(f"no amount: {text!r}")
    sign, whole, part = match.groups()
    cents = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -cents if sign else cents


def show(cents):
    """The amount as text, with two digits after the point."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole}.{part:02d}"


def split(cents, shares):
    """Divide an amount into so many shares."""
    if shares < 1:
        raise ValueError(f"cannot split into {shares} shares")
    return [cents // shares] * shares
