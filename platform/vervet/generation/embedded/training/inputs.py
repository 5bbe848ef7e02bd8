"""Random inputs of the family `code` and examples made with them; owns no programs."""

from __future__ import annotations

import random

from vervet.generation.embedded.training.grammar import (
    NoValueError,
    Program,
    Type,
    Value,
    displayable,
    evaluate,
)

__all__ = ["Example", "draw_example_set", "draw_input", "is_telling"]

# An input and the output that belongs to it.
Example = tuple[Value, Value]

FREQUENT = "aeiolnrst"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def draw_input(kind: Type, rng: random.Random) -> Value:
    """One input: an integer 0-30, a list of 3-5 integers 0-12 or a string of 3-6 letters."""
    if kind is Type.INT:
        return rng.randrange(31)
    if kind is Type.LIST:
        return [rng.randrange(13) for _ in range(rng.randint(3, 5))]
    length = rng.randint(3, 6)
    return "".join(rng.choice(FREQUENT if rng.random() < 0.5 else LETTERS) for _ in range(length))


def is_telling(outputs: list[Value]) -> bool:
    """Whether outputs say something about the program: at least half of them differ."""
    return len({repr(output) for output in outputs}) * 2 >= len(outputs)


def draw_example_set(
    program: Program, takes: Type, count: int, rng: random.Random, tries: int = 60
) -> list[Example] | None:
    """`count` displayable examples with distinct inputs, or None where the tries ran out."""
    examples: list[Example] = []
    seen: set[str] = set()
    for _ in range(tries):
        value = draw_input(takes, rng)
        key = repr(value)
        if key in seen:
            continue
        try:
            output = evaluate(program, value)
        except NoValueError:
            continue
        if displayable(output):
            seen.add(key)
            examples.append((value, output))
            if len(examples) == count:
                return examples if is_telling([output for _, output in examples]) else None
    return None
