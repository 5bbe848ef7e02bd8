"""Enumerates every behaviour of the little language up to four statements, shortest program first.

Two programs count as one behaviour here when they agree on all probes; that is only the coarse
net. What keeps training and held-out apart is `leaks`, which runs programs on real examples.
"""

from __future__ import annotations

import hashlib
import marshal
import random
from dataclasses import dataclass
from typing import Any

from vervet.generation.embedded.training.grammar import (
    BY_INPUT,
    PRIMITIVES,
    NoValueError,
    Program,
    Type,
    displayable,
    step,
)
from vervet.generation.embedded.training.inputs import draw_input, is_telling

__all__ = ["DEEPEST", "Behaviour", "enumerate_behaviours"]

DEEPEST = 4
PROBES = 24
# The share of probes on which a program must have a displayable output.
USABLE = 0.6
# Stands for "no value here" in a row of outputs.
_NOTHING = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A program that no shorter program of the language equals on the probes."""

    program: Program
    takes: Type

    @property
    def depth(self) -> int:
        """The number of statements."""
        return len(self.program)

    @property
    def types(self) -> str:
        """Input and output type, such as `list->int`."""
        return f"{self.takes}->{PRIMITIVES[self.program[-1]].gives}"


def enumerate_behaviours(seed: int, deepest: int = DEEPEST) -> list[Behaviour]:
    """Every behaviour with a telling, displayable output on most probes, in a fixed order.

    Args:
        seed: decides the probes.
        deepest: the most statements of a program.
    """
    rng = random.Random(f"probes/{seed}")
    found: list[Behaviour] = []
    for takes in Type:
        probes = [draw_input(takes, rng) for _ in range(PROBES)]
        found.extend(_of_type(takes, probes, deepest))
    return found


def _of_type(takes: Type, probes: list[Any], deepest: int) -> list[Behaviour]:
    found: list[Behaviour] = []
    # The identity is known from the start: what equals it is no behaviour.
    seen = {_digest(takes, probes)}
    level: list[tuple[Program, Type, list[Any]]] = [((), takes, probes)]
    for depth in range(1, deepest + 1):
        following: list[tuple[Program, Type, list[Any]]] = []
        for program, kind, row in level:
            for primitive in BY_INPUT[kind]:
                outputs = [_try(primitive, value) for value in row]
                present = [output for output in outputs if output is not _NOTHING]
                if len(present) < USABLE * PROBES:
                    continue
                gives = PRIMITIVES[primitive].gives
                digest = _digest(gives, outputs)
                if digest in seen:
                    continue
                seen.add(digest)
                extended = (*program, primitive)
                if depth < deepest:
                    following.append((extended, gives, outputs))
                shown = [output for output in present if displayable(output)]
                if len(shown) >= USABLE * PROBES and _varied(shown):
                    found.append(Behaviour(extended, takes))
        level = following
    return found


def _varied(outputs: list[Any]) -> bool:
    """A weaker form of `is_telling`, since a small output type cannot differ everywhere."""
    return is_telling(outputs[:6]) or len({repr(output) for output in outputs}) >= 5


def _try(primitive: int, value: Any) -> Any:
    if value is _NOTHING:
        return _NOTHING
    try:
        return step(primitive, value)
    except NoValueError:
        return _NOTHING


def _digest(kind: Type, row: list[Any]) -> bytes:
    # Format 2 of marshal has no references, so equal rows have equal bytes.
    return hashlib.blake2b(marshal.dumps((str(kind), row), 2), digest_size=16).digest()
