"""Spans of time as text: "1h30m" is 5400 seconds."""

import re

UNITS = {"h": 3600, "m": 60, "s": 1}


def seconds(text):
    """The seconds of a span such as "1h30m"."""
    total = 0
    for number, unit in re.findall(r"(\d+)([hms])", text):
        total += int(number) * UNITS[unit]
    return total


def show(total):
    """The shortest text of so many seconds."""
    if total < 0:
        raise ValueError("a span is not negative")
    parts = []
    for unit, size in UNITS.items():
        number, total = divmod(total, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
