"""The family `arith`: word problems in templates, worked in steps, ending in `#### answer`.

Held-out means: the templates of a problem together with all its numbers never occur in training,
whatever the names and things in it.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from vervet.generation.embedded.training.family import Family, Sequence

__all__ = ["FAMILY", "Puzzle", "Stories", "draw_puzzle", "stories", "words"]

LARGEST = 199
HELD_OUT_PER_STEPS = 60
# One combination of templates and numbers in so many is set aside for held-out problems.
SET_ASIDE = 8
STEP_WEIGHTS = {1: 0.2, 2: 0.3, 3: 0.3, 4: 0.2}

# fmt: off
NAMES = (
    "Ann", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo",
    "Ines", "Jon", "Kofi", "Lena", "Mei", "Noor", "Omar", "Pia",
)
THINGS = (
    "apples", "pencils", "marbles", "stickers", "shells", "coins",
    "cards", "stamps", "buttons", "cookies", "books", "pebbles",
)
# fmt: on

_WORD = re.compile(r" ?[A-Za-z]+| \d+| ?[^\sA-Za-z\d]+|\n[^\s]*")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with the operation that it stands for.

    `{a}` and `{b}` are people, `{o}` things, `{n}` (and `{m}`) the numbers; `second` draws the
    number that joins the running value, or gives None where no number fits.
    """

    text: str
    sign: str
    second: Callable[[random.Random, int], int | None]


def _up_to(most: int) -> Callable[[random.Random, int], int | None]:
    return lambda rng, value: rng.randint(2, min(most, LARGEST - value)) if value < 190 else None


def _part(rng: random.Random, value: int) -> int | None:
    return rng.randint(1, value - 1) if value > 2 else None


def _factor(most: int) -> Callable[[random.Random, int], int | None]:
    def draw(rng: random.Random, value: int) -> int | None:
        top = min(most, LARGEST // max(value, 1))
        return rng.randint(2, top) if top >= 2 and value else None

    return draw


def _divisor(rng: random.Random, value: int) -> int | None:
    fitting = [n for n in range(2, 13) if value % n == 0 and value > n]
    return rng.choice(fitting) if fitting else None


def _two(sign: str) -> Callable[[random.Random, int], int | None]:
    def draw(_: random.Random, value: int) -> int | None:
        if sign == "*":
            return 2 if 0 < 2 * value <= LARGEST else None
        return 2 if value and value % 2 == 0 else None

    return draw


# What begins a story; with a sign, the sentence has two numbers and makes the first step.
STARTS = (
    Template(" {a} has {n} {o}.", "", _up_to(99)),
    Template(" {a} starts the day with {n} {o}.", "", _up_to(99)),
    Template(" {a} has {n} boxes with {m} {o} in each.", "*", _factor(20)),
    Template(" {a} finds {n} {o} in the morning and {m} in the evening.", "+", _up_to(99)),
    Template(" {b} has {n} {o} and {a} has {m} more than {b}.", "+", _up_to(99)),
    Template(" {b} has {n} {o} and {a} has {m} fewer than {b}.", "-", _part),
)
MIDDLES = (
    Template(" {a} buys {n} more.", "+", _up_to(99)),
    Template(" {b} gives {a} {n} more {o}.", "+", _up_to(60)),
    Template(" {a} gives {n} of them to {b}.", "-", _part),
    Template(" {a} loses {n} of the {o}.", "-", _part),
    Template(" Then {a} doubles the number of {o}.", "*", _two("*")),
    Template(" Soon {a} has {n} times as many.", "*", _factor(9)),
    Template(" {a} shares them evenly among {n} bags and keeps only one bag.", "/", _divisor),
    Template(" {a} gives half of them to {b}.", "/", _two("/")),
)
ENDS = (
    Template(" How many {o} does {a} have now?", "", _part),
    Template(" What is the number of {o} that {a} has in the end?", "", _part),
    Template(
        " {a} sells all of them for {n} dollars each. How many dollars is that?", "*", _factor(9)
    ),
)


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A story with its working; `key` names templates and numbers, not people and things."""

    prompt: str
    working: str
    answer: int
    steps: int
    key: str

    @property
    def set_aside(self) -> bool:
        """Whether the combination belongs to the held-out side."""
        return hashlib.sha256(self.key.encode()).digest()[0] % SET_ASIDE == 0


def _apply(sign: str, value: int, number: int) -> int:
    return {
        "+": value + number,
        "-": value - number,
        "*": value * number,
        "/": value // number,
    }[sign]


def draw_puzzle(steps: int, rng: random.Random) -> Puzzle:
    """A random story with that many steps (1 to 4), on either side of the split."""
    while True:
        found = _try_puzzle(steps, rng)
        if found is not None:
            return found


def _try_puzzle(steps: int, rng: random.Random) -> Puzzle | None:
    a, b = rng.sample(NAMES, 2)
    thing = rng.choice(THINGS)
    start = rng.choice(STARTS)
    end = rng.choice(ENDS) if rng.random() < 0.6 else ENDS[0]
    count = steps - bool(start.sign) - bool(end.sign)
    if count < 0:
        return None
    value = rng.randint(2, 20 if start.sign == "*" else 99)
    lines: list[str] = []
    parts: list[Any] = []
    text = "Q:"
    for place, template in enumerate((start, *(rng.choice(MIDDLES) for _ in range(count)), end)):
        number = template.second(rng, value) if template.sign else None
        if template.sign and number is None:
            return None
        shown = {"n": value, "m": number} if place == 0 else {"n": number}
        text += template.text.format(a=a, b=b, o=thing, **shown)
        parts += [template.text, value if place == 0 else "", number]
        if number is not None:
            result = _apply(template.sign, value, number)
            lines.append(f" {value} {template.sign} {number} = {result}")
            value = result
    if not 0 <= value <= LARGEST:
        return None
    working = ";".join(lines) + f"\n#### {value}"
    return Puzzle(text + "\nA:", working, value, steps, json.dumps(parts))


def words(text: str) -> list[str]:
    """The tokens of a text of this family.

    Raises:
        ValueError: where it is not made of words, numbers and signs.
    """
    found = _WORD.findall(text)
    if "".join(found) != text:
        raise ValueError(f"not a text of the family arith: {text!r}")
    return found


def _vocabulary() -> list[str]:
    fixed = [" {a}", " {b}", " {o}", " {n}", " {m}"]
    texts = [t.text for t in (*STARTS, *MIDDLES, *ENDS)]
    for place in fixed:
        texts = [text.replace(place, "") for text in texts]
    tokens = [f" {n}" for n in range(LARGEST + 1)]
    tokens += [f" {word}" for word in (*NAMES, *THINGS)]
    tokens += ["Q", ":", "\nA:", "\n####", ";", " +", " -", " *", " /", " ="]
    return list(dict.fromkeys(tokens + [word for text in texts for word in words(text)]))


@dataclass(frozen=True, slots=True)
class Stories:
    """What one seed makes: held-out problems, and the endless rest to train on."""

    held_out: list[Puzzle]
    seed: int

    def draw(self, rng: random.Random, progress: float) -> Sequence:
        """A sequence whose combination of templates and numbers is on the training side."""
        deepest = 2 if progress < 0.15 else 4
        shares = {steps: share for steps, share in STEP_WEIGHTS.items() if steps <= deepest}
        while True:
            steps = rng.choices(list(shares), list(shares.values()))[0]
            puzzle = draw_puzzle(steps, rng)
            if not puzzle.set_aside:
                prompt = words(puzzle.prompt)
                return Sequence(prompt, words(puzzle.working), len(prompt))

    def digest(self) -> str:
        """SHA-256 of templates, words, the rule of the split and the held-out problems."""
        texts = [[t.text, t.sign] for t in (*STARTS, *MIDDLES, *ENDS)]
        rows = [texts, NAMES, THINGS, SET_ASIDE, self.seed, [p.prompt for p in self.held_out]]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def facts(self) -> dict[str, Any]:
        """Counts for the card."""
        return {
            "templates": len(STARTS) + len(MIDDLES) + len(ENDS),
            "share of combinations set aside": f"1 in {SET_ASIDE}",
            "held-out problems": len(self.held_out),
            "held-out problems by steps": dict(
                sorted(Counter(p.steps for p in self.held_out).items())
            ),
        }


@cache
def stories(seed: int) -> Stories:
    """The held-out problems of a seed, one to four steps in turn."""
    rng = random.Random(f"arith/{seed}")
    held_out: list[Puzzle] = []
    keys: set[str] = set()
    while len(held_out) < HELD_OUT_PER_STEPS * len(STEP_WEIGHTS):
        puzzle = draw_puzzle(1 + len(held_out) % len(STEP_WEIGHTS), rng)
        if puzzle.set_aside and puzzle.key not in keys:
            keys.add(puzzle.key)
            held_out.append(puzzle)
    return Stories(held_out, seed)


_CAN = """
It reads a story of one to four steps (`Q: ... A:`), writes one equation a step and then
`#### answer`. All numbers are whole and from 0 to 199.
"""
_CANNOT = """
It knows only the words of its templates: a prompt with another word is refused. Other ways of
telling a story, larger numbers, fractions and steps that need an earlier value again are outside.
Its arithmetic is learnt and often wrong; it is no calculator.
"""
_HELD_OUT = """
A story's templates in their order together with all its numbers make a combination. One
combination in eight (by the SHA-256 of its text, so whatever the names and things in it) is set
aside: the held-out problems come from these, and training never draws one. So no held-out
question occurs in training, nor the same story with other people or things. Single equations,
such as 12 + 5 = 17, do occur within other stories.
"""

FAMILY = Family(
    name="arith",
    tokens=_vocabulary(),
    numbers={f" {n}": n for n in range(LARGEST + 1)},
    corpus=stories,
    steps=1000,
    about="Grade-school word problems from templates, worked in steps, ending in `#### answer`.",
    can=_CAN,
    cannot=_CANNOT,
    held_out=_HELD_OUT,
)
