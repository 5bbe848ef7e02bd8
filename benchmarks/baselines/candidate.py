"""Owns the trusted candidate that every way of running runs, and how its inputs are made.

Imports the standard library alone: environments without Vervet read it, too.
"""

from __future__ import annotations

import random

__all__ = ["ENTRY", "FUNCTION", "PROGRAM", "cases", "stdin_of", "stdout_of"]

ENTRY = "largest_gap"
FUNCTION = '''
def largest_gap(values):
    """The largest difference between neighbours once the values are sorted."""
    ordered = sorted(values)
    return max((b - a for a, b in zip(ordered, ordered[1:])), default=0)
'''
PROGRAM = FUNCTION + f"\nprint({ENTRY}([int(word) for word in input().split()]))\n"


def cases(count: int) -> list[tuple[list[int], int]]:
    """`count` inputs with what the function gives for them, the same in every process."""
    dice = random.Random(4)
    found = []
    for _ in range(count):
        gap, start = dice.randint(50, 99), dice.randint(0, 9)
        near = [start + i for i in range(8)]
        values = [*near, near[-1] + gap]
        dice.shuffle(values)
        found.append((values, gap))
    return found


def stdin_of(values: list[int]) -> bytes:
    """The input of the program for these values."""
    return (" ".join(map(str, values)) + "\n").encode()


def stdout_of(answer: int) -> bytes:
    """What a right program prints."""
    return f"{answer}\n".encode()
