"""The family `code`: vocabulary, prompts, the held-out set and the stream of training sequences."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from vervet.generation.embedded.training.behaviours import Behaviour, enumerate_behaviours
from vervet.generation.embedded.training.family import Family, Sequence
from vervet.generation.embedded.training.grammar import (
    ASSIGN,
    PRIMITIVES,
    RETURN,
    Type,
    Value,
    pieces,
    type_of,
)
from vervet.generation.embedded.training.inputs import Example, draw_example_set
from vervet.generation.embedded.training.leaks import ProgramTree, find_leaks, passes

__all__ = ["FAMILY", "HeldOut", "Universe", "prompt_pieces", "universe"]

VISIBLE = 4
HIDDEN = 12
# How many held-out problems of each depth, and how many easy ones.
HELD_OUT = {1: 6, 2: 90, 3: 110, 4: 44}
EASY = 120
EASY_DEPTHS = (1, 2, 3)
# If more programs than this pass the visible examples, they say too little about the function.
MOST_PASSING = 12
INPUT_WEIGHTS = {Type.LIST: 0.5, Type.INT: 0.25, Type.STR: 0.25}
# Share of each depth at the end of the curriculum. There are only some hundred short programs:
# shown more often they would be learnt by heart, and the held-out ones with them as never right.
DEPTH_WEIGHTS = {1: 0.03, 2: 0.17, 3: 0.42, 4: 0.38}

_OPEN = {Type.INT: "", Type.LIST: "[", Type.STR: "'"}
_CLOSE = {Type.INT: "", Type.LIST: "]", Type.STR: "'"}
_DEFINE = "def f(x):"


def _value_pieces(value: Value) -> list[str]:
    if isinstance(value, list):
        return [f", {item}" if place else str(item) for place, item in enumerate(value)]
    return list(value) if isinstance(value, str) else [str(value)]


def prompt_pieces(examples: list[Example]) -> list[str]:
    """The tokens of a prompt: one line `# f(input) == output` an example, then `def f(x):`."""
    parts: list[str] = []
    for value, output in examples:
        takes, gives = type_of(value), type_of(output)
        parts.append(f"# f({_OPEN[takes]}")
        parts.extend(_value_pieces(value))
        parts.append(f"{_CLOSE[takes]}) == {_OPEN[gives]}")
        parts.extend(_value_pieces(output))
        parts.append(f"{_CLOSE[gives]}\n")
    return [*parts, _DEFINE]


def _vocabulary() -> list[str]:
    frame = [f"# f({_OPEN[t]}" for t in Type]
    frame += [f"{_CLOSE[t]}) == {_OPEN[g]}" for t in Type for g in Type]
    frame += [f"{_CLOSE[t]}\n" for t in Type]
    words = [_DEFINE, ASSIGN, RETURN, *(part for p in PRIMITIVES for part in p.pieces)]
    numbers = [str(n) for n in range(100)]
    letters = [chr(97 + n) for n in range(26)]
    tokens = [*numbers, *(f", {n}" for n in numbers), *letters, *frame, *words]
    return list(dict.fromkeys(tokens))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A problem with all its examples; the first `VISIBLE` are the prompt's."""

    name: str
    behaviour: Behaviour
    examples: list[Example]

    @property
    def prompt(self) -> str:
        """The prompt's text."""
        return "".join(prompt_pieces(self.examples[:VISIBLE]))


@dataclass(frozen=True, slots=True)
class Universe:
    """What one seed makes of the language: programs to train on, held-out and easy problems."""

    training: list[Behaviour]
    held_out: list[HeldOut]
    easy: list[HeldOut]
    behaviours: int
    leaked: int
    pools: dict[tuple[int, Type], list[Behaviour]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def draw(self, rng: random.Random, progress: float) -> Sequence:
        """A sequence whose prompt is none of the bundled ones."""
        while True:
            depths = _curriculum(progress)
            depth = rng.choices(list(depths), list(depths.values()))[0]
            takes = rng.choices(list(INPUT_WEIGHTS), list(INPUT_WEIGHTS.values()))[0]
            pool = self.pools[depth, takes]
            behaviour = pool[rng.randrange(len(pool))]
            examples = draw_example_set(behaviour.program, takes, VISIBLE, rng)
            if examples is None:
                continue
            prompt = prompt_pieces(examples)
            if "".join(prompt) in self.taken:
                continue
            first = len(prompt_pieces(examples[:1])) - 1
            return Sequence(prompt, pieces(behaviour.program), first)

    def digest(self) -> str:
        """SHA-256 of the training programs and of the prompts that are kept out."""
        rows: list[Any] = [[b.takes, list(b.program)] for b in self.training]
        text = json.dumps([[p.text for p in PRIMITIVES], rows, sorted(self.taken)])
        return hashlib.sha256(text.encode()).hexdigest()

    def facts(self) -> dict[str, Any]:
        """Counts for the card."""
        return {
            "primitives": len({p.text for p in PRIMITIVES}),
            "behaviours": self.behaviours,
            "training programs": len(self.training),
            "training programs by statements": dict(
                sorted(Counter(b.depth for b in self.training).items())
            ),
            "programs dropped by the leak filter": self.leaked,
            "held-out problems": len(self.held_out),
            "easy problems": len(self.easy),
        }


def _curriculum(progress: float) -> dict[int, float]:
    """The share of each depth: one and two statements at first, all four from a fifth on."""
    deepest = 2 if progress < 0.06 else 3 if progress < 0.20 else 4
    return {depth: share for depth, share in DEPTH_WEIGHTS.items() if depth <= deepest}


@cache
def universe(seed: int) -> Universe:
    """Enumerate, set problems aside and filter; some ten seconds, remembered per seed."""
    behaviours = enumerate_behaviours(seed)
    rng = random.Random(f"held-out/{seed}")
    every = ProgramTree((b.takes, b.program) for b in behaviours)
    held_out = _balanced(
        [p for depth, n in HELD_OUT.items() for p in _choose(behaviours, every, depth, n, rng)],
        "code",
    )
    leaks = find_leaks(
        ((b.takes, b.program) for b in behaviours), {p.name: p.examples for p in held_out}
    )
    leaking = {program for found in leaks.values() for program in found}
    training = [b for b in behaviours if b.program not in leaking]
    each = EASY // len(EASY_DEPTHS)
    easy = _balanced(
        [p for depth in EASY_DEPTHS for p in _choose(training, every, depth, each, rng)],
        "code-easy",
    )
    pools: dict[tuple[int, Type], list[Behaviour]] = {}
    for behaviour in training:
        pools.setdefault((behaviour.depth, behaviour.takes), []).append(behaviour)
    taken = frozenset(p.prompt for p in [*held_out, *easy])
    return Universe(training, held_out, easy, len(behaviours), len(leaking), pools, taken)


def _choose(
    behaviours: list[Behaviour], every: ProgramTree, depth: int, count: int, rng: random.Random
) -> list[HeldOut]:
    """Problems of one depth: few programs pass their examples, and none with fewer statements."""
    chosen: list[HeldOut] = []
    quota = {takes: round(count * share) for takes, share in INPUT_WEIGHTS.items()}
    quota[Type.LIST] += count - sum(quota.values())
    for takes, wanted in quota.items():
        pool = [b for b in behaviours if b.depth == depth and b.takes is takes]
        rng.shuffle(pool)
        kept: list[HeldOut] = []
        for behaviour in pool:
            if len(kept) == wanted:
                break
            if any(passes(behaviour.program, other.examples) for other in kept):
                continue
            examples = draw_example_set(behaviour.program, takes, VISIBLE + HIDDEN, rng, tries=200)
            if examples is None or not _is_fair(examples):
                continue
            plausible = every.passing(examples[:VISIBLE])
            if len(plausible) > MOST_PASSING:
                continue
            passing = [program for program in plausible if passes(program, examples)]
            if min(map(len, passing)) == depth:
                kept.append(HeldOut("", behaviour, examples))
        chosen += kept
    return chosen


def _is_fair(examples: list[Example]) -> bool:
    """Whether the visible examples alone show at least three different outputs."""
    return len({repr(output) for _, output in examples[:VISIBLE]}) >= 3


def _balanced(problems: list[HeldOut], name: str) -> list[HeldOut]:
    """Number the problems in an order of which every beginning mixes depths and types evenly."""
    groups: dict[tuple[int, Type], list[HeldOut]] = {}
    for problem in problems:
        groups.setdefault((problem.behaviour.depth, problem.behaviour.takes), []).append(problem)
    placed = sorted(
        (
            ((place + 0.5) / len(group), key, problem)
            for key, group in groups.items()
            for place, problem in enumerate(group)
        ),
        key=lambda row: (row[0], row[1]),
    )
    return [
        HeldOut(f"{name}/{number:04d}", problem.behaviour, problem.examples)
        for number, (_, _, problem) in enumerate(placed, start=1)
    ]


_CAN = """
It reads four lines `# f(input) == output` and `def f(x):`, and writes up to four statements
`x = ...` or `return ...` made of 33 expressions over integers, lists of integers and lower-case
strings. Sampled often at temperature 1, it solves many problems that it rarely solves at first:
that is what it is for.
"""
_CANNOT = """
It knows no other words: a prompt with anything else is refused. Numbers beyond 0 to 99, more than
8 items or 10 letters, loops, conditions, names and comments are outside its language. It does not
know English and was never shown a human's program.
"""
_HELD_OUT = """
All functions of the little language with up to four statements are enumerated. A held-out problem
has 16 examples, 4 visible and 12 hidden; its depth is the fewest statements with which any
enumerated program passes all 16. Every enumerated program was run on every held-out problem, and
each one that passes all 16 examples was taken out of the training set. The suite `code-easy` is
another thing: its functions were trained on, only its prompts are new. Single inputs may occur
in training; no bundled prompt does.
"""


def _numbers() -> dict[str, int]:
    return {f"{comma}{n}": n for comma in ("", ", ") for n in range(100)}


FAMILY = Family(
    name="code",
    tokens=_vocabulary(),
    numbers=_numbers(),
    letters={chr(97 + n): n for n in range(26)},
    corpus=universe,
    steps=7000,
    about="Programming by example: the prompt shows four inputs and outputs of a hidden function, "
    "the completion is the body of a short Python function.",
    can=_CAN,
    cannot=_CANNOT,
    held_out=_HELD_OUT,
    twins={f", {n}": str(n) for n in range(100)},
)
